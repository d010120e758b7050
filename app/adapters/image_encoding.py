"""Pixels as files, through Pillow."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

JPEG_QUALITY = 92


def jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """A JPEG as good cameras write it; uint8 (height, width, 3)."""
    return _written(pixels, "JPEG", quality=JPEG_QUALITY, subsampling=0)


def png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG, which keeps every pixel; uint8 (height, width, 3), or (height, width) where it is gray."""
    return _written(pixels, "PNG", compress_level=3)


def _written(pixels: NDArray[np.uint8], kind: str, **options: int) -> bytes:
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, kind, **options)
    return target.getvalue()
