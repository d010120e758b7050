"""Images as people look at them: as thumbnails, as what their files say, and as what a network is fed."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.adapters.image_encoding import png
from app.adapters.images import FORMATS, PillowImages
from app.core.datasets.browsing import FileFacts
from app.core.datasets.preparation import Preparation
from app.core.errors import BrokenImageError
from app.core.runs.augmentation import AugmentedPreparation, draw

_ORIENTATION = 0x0112


class PillowImageFiles:
    """Implements browsing.ImageFiles."""

    def __init__(self, images: PillowImages) -> None:
        self._images = images

    def thumbnail(self, content: bytes, *, size: int) -> bytes:
        """A PNG whose longer side is at most `size` pixels, without anything of the original's metadata."""
        return self._images.thumbnail(content, size=size)

    def facts(self, content: bytes) -> FileFacts:
        """What the file says of itself, without decoding it."""
        try:
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                orientation = image.getexif().get(_ORIENTATION)
                return FileFacts(
                    format=str(image.format),
                    frames=int(getattr(image, "n_frames", 1)),
                    orientation=orientation if isinstance(orientation, int) else None,
                )
        except (OSError, ValueError, SyntaxError, EOFError, Warning) as error:
            raise BrokenImageError("Its file cannot be read.") from error

    def prepared(self, content: bytes, preparation: Preparation) -> bytes:
        """A PNG of the array that a network is fed."""
        return _written(self._images.decode(content, preparation))

    def augmented(self, content: bytes, asked: AugmentedPreparation) -> bytes:
        """A PNG of what one draw makes of that array, rounded to the 256 levels that a PNG has."""
        # OpenCV is only loaded by a web server that is asked for this.
        from app.adapters.augmented_images import augmented  # noqa: PLC0415

        array = self._images.decode(content, asked)
        # As for the first training image of a run with seed 0, in the epoch of that number.
        drawn = draw(asked, seed=0, epoch=asked.draw, place=0, size=array.shape[:2])
        [changed] = augmented(array[None], [drawn], asked)
        return _written(np.rint(changed * 255).astype(np.uint8))


def _written(array: NDArray[np.uint8]) -> bytes:
    return png(array[:, :, 0] if array.shape[2] == 1 else array)
