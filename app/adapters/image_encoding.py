"""Pixels as files, through Pillow."""

import base64
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


def png_address(pixels: NDArray[np.uint8]) -> str:
    """The same as the address of an image that carries its bytes."""
    return f"data:image/png;base64,{base64.b64encode(png(pixels)).decode('ascii')}"


def _written(pixels: NDArray[np.uint8], kind: str, **options: int) -> bytes:
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, kind, **options)
    return target.getvalue()
