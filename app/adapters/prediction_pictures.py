"""What is drawn about a prediction: the image as the network sees it, and its heat map."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.adapters.image_encoding import png_address
from app.core.datasets.preparation import Preparation

_COLOURS = np.array([(0, 0, 4), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164)], dtype=np.float64)
"""From cold to hot, ever lighter, so that it reads the same to who does not see colours (matplotlib's inferno)."""


class PillowPictures:
    """Implements predictions.Pictures."""

    def seen(self, pixels: NDArray[np.uint8]) -> str:
        """uint8 (height, width, channels) as it is."""
        return png_address(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)

    def heat_map(self, values: Sequence[Sequence[float]], preparation: Preparation) -> str:
        """Values from 0 to 1, enlarged bilinearly to the size of the image."""
        coarse = Image.fromarray(np.array(values, dtype=np.float32))
        fine = np.asarray(coarse.resize((preparation.width, preparation.height), Image.Resampling.BILINEAR))
        places = np.clip(fine, 0, 1) * (len(_COLOURS) - 1)
        stops = np.arange(len(_COLOURS))
        channels = [np.interp(places, stops, _COLOURS[:, channel]) for channel in range(3)]
        return png_address(np.rint(np.stack(channels, axis=-1)).astype(np.uint8))
