"""Images through Pillow: bounded in pixels, known formats only, told by their content and never by their name."""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from app.adapters.resizing import array_of
from app.core.datasets.preparation import Preparation
from app.core.datasets.preparing_code import steps
from app.core.errors import BrokenImageError
from app.core.values import JsonObject

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
DECODER_VERSION = f"pillow-{PIL.__version__}-1"

_GRAY_MODES = frozenset({"1", "L", "LA", "La", "I", "F", "I;16", "I;16L", "I;16B", "I;16N"})
_ON_ITS_SIDE = {5, 6, 7, 8}
"""EXIF orientations that exchange height and width."""
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, OverflowError, struct.error, zlib.error)


@dataclass(frozen=True)
class ExaminedImage:
    """Height, width and mode after EXIF orientation.

    `pixels` are the image's own or the means of squares of them: uint8 (rows, columns) or (rows, columns, 3).
    """

    height: int
    width: int
    mode: str
    format: str
    frames: int
    pixels: NDArray[np.uint8]


class PillowImages:
    """Reads images; one of more than `largest_pixels` is refused before it is decoded."""

    def __init__(self, largest_pixels: int) -> None:
        self._largest_pixels = largest_pixels

    def examined(self, content: bytes, *, longer_side: int) -> ExaminedImage:
        """Decode fully, once; answer pixels of which the longer side keeps at least `longer_side` where it has so many.

        Raise BrokenImageError with the reason.
        """
        with self._opened(content, longer_side=longer_side) as (image, (width, height), file_format, frames):
            kind = "L" if image.mode in _GRAY_MODES else "RGB"
            # Converting to the mode that it has would copy every pixel.
            eight_bits = image if image.mode == kind else _eight_bits(image).convert(kind)
            # Pillow takes longer to hand over all pixels of a photograph than to average most of them away.
            square = _square(image.size, longer_side)
            pixels = np.asarray(eight_bits.reduce(square) if square > 1 else eight_bits, dtype=np.uint8)
            return ExaminedImage(height, width, image.mode, file_format, frames, pixels)

    def thumbnail(self, content: bytes, *, size: int) -> bytes:
        """A PNG whose longer side is at most `size` pixels; nothing of the original's metadata is in it."""
        with self._opened(content) as (image, _, _, _):
            small = _eight_bits(image).convert("RGB")
            small.thumbnail((size, size))
            target = io.BytesIO()
            clean = Image.new("RGB", small.size)
            clean.paste(small)
            clean.save(target, "PNG")
            return target.getvalue()

    def decode(self, content: bytes, preparation: Preparation) -> NDArray[np.uint8]:
        """uint8 (height, width, channels) as the preparation says; `preprocessing` says it to other programs."""
        with self._opened(content) as (image, _, _, _):
            return array_of(_eight_bits(image), preparation)

    @contextmanager
    def _opened(
        self, content: bytes, *, longer_side: int | None = None
    ) -> Iterator[tuple[Image.Image, tuple[int, int], str, int]]:
        if not content:
            raise BrokenImageError("The file is empty.")
        try:
            opened = self._decoded(content, longer_side)
        except UnidentifiedImageError:
            raise BrokenImageError(f"It is none of the formats {', '.join(FORMATS)}.") from None
        except Image.DecompressionBombError:
            raise BrokenImageError(self._too_large()) from None
        except (*_BROKEN, Warning) as error:
            raise BrokenImageError(f"It cannot be decoded: {_plain(error)}.") from error
        yield opened

    def _decoded(self, content: bytes, longer_side: int | None) -> tuple[Image.Image, tuple[int, int], str, int]:
        """(the image after EXIF orientation, its (width, height) in the file's pixels, its format, its frames or pages).

        With a `longer_side` a JPEG may come at a half, a quarter or an eighth of its size, as long as it keeps that much:
        every byte is read and judged as ever, only the finest waves of each block are not added up.
        """
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            size = image.size
            if image.width * image.height > self._largest_pixels:
                raise BrokenImageError(f"{image.width} by {image.height} pixels: {self._too_large()}")
            if longer_side is not None:
                image.draft(None, (longer_side * size[0] // max(size), longer_side * size[1] // max(size)))
            image.load()
            # Animated images count as their first frame.
            frames = int(getattr(image, "n_frames", 1))
            file_format = str(image.format)
            lies = image.getexif().get(ExifTags.Base.Orientation) in _ON_ITS_SIDE
            ImageOps.exif_transpose(image, in_place=True)
            return image, (size[1], size[0]) if lies else size, file_format, frames

    def _too_large(self) -> str:
        return f"It has more than the {self._largest_pixels:,} pixels that are taken; make it smaller."


def preprocessing(preparation: Preparation) -> JsonObject:
    """How images became arrays, for whoever uses the weights elsewhere; written into run.json."""
    return {
        "decoder": DECODER_VERSION,
        "steps": [*steps(preparation)],
        "deeper_images": "16-bit pixels are divided by 257, floating-point ones up to 1 multiplied by 255, before that",
        **preparation.json_object(),
    }


def _square(size: tuple[int, int], longer_side: int) -> int:
    """The side of the squares to average: as large as may be where they fill the image, else half of that.

    Squares that stick out at the rim would stretch what is there; at half the size that is less than is noticed.
    """
    most = max(size) // longer_side
    fitting = (side for side in range(most, most // 2, -1) if size[0] % side == 0 and size[1] % side == 0)
    return next(fitting, max(1, most // 2))


def _eight_bits(image: Image.Image) -> Image.Image:
    if image.mode == "P" and "transparency" in image.info:
        return image.convert("RGBA")  # Pillow warns about the direct way; the colours are the same
    # Pillow clips instead of scaling what has more than 8 bits, which would turn such images nearly white.
    if image.mode not in {"I", "F"} and not image.mode.startswith("I;16"):
        return image
    pixels = np.asarray(image, dtype=np.float64)
    if image.mode == "F":
        pixels = np.nan_to_num(pixels) * (255 if pixels.size and np.nanmax(pixels) <= 1 else 1)
    else:
        pixels = pixels / 257
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _plain(error: BaseException) -> str:
    text = str(error).strip().rstrip(".") or type(error).__name__
    return text.splitlines()[0][:200]


# Pillow warns where it guesses (truncated EXIF, huge images); a guess is not good enough to train on.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
warnings.filterwarnings("error", category=UserWarning, module=r"PIL\.")
