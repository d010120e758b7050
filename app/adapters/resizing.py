"""Images to arrays of one shape, antialiased, through Pillow."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from app.core.datasets.preparation import Preparation, ResizeMode
from app.core.datasets.preparing_code import PILLOW_MODES

# Pillow widens the filter where it makes images smaller, so that every pixel of the original counts: no aliasing.
_FILTER = Image.Resampling.BILINEAR


def array_of(image: Image.Image, preparation: Preparation) -> NDArray[np.uint8]:
    """An image of 8 bits a channel as uint8 (height, width, channels); what is transparent is taken as its colour."""
    size = (preparation.width, preparation.height)
    converted = image.convert(PILLOW_MODES[preparation.color_mode])
    if preparation.resize_mode is ResizeMode.PAD:
        resized = _padded(converted, size)
    elif preparation.resize_mode is ResizeMode.CROP:
        resized = ImageOps.fit(converted, size, method=_FILTER)
    else:
        resized = converted.resize(size, _FILTER)
    return np.asarray(resized, dtype=np.uint8).reshape(preparation.shape)


def _padded(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """ImageOps.pad, which leaves nothing of slivers whose short side is rounded to no pixel; here one stays."""
    width, height = size
    if image.width / image.height > width / height:
        inner = (width, max(1, round(image.height / image.width * width)))
    else:
        inner = (max(1, round(image.width / image.height * height)), height)
    padded = Image.new(image.mode, size, 0)
    padded.paste(image.resize(inner, _FILTER), (round((width - inner[0]) / 2), round((height - inner[1]) / 2)))
    return padded
