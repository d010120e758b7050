"""Image files as they should not be, by their numbers in the reliability notes."""

import gzip
import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageDraw

from tests.factories.images import png

SMALL = Image.fromarray(np.random.default_rng(9).integers(0, 256, (48, 64, 3), dtype=np.uint8))


def encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, file_format, **options)
    return target.getvalue()


def jpeg() -> bytes:
    return encoded(SMALL, "JPEG", quality=90)


def flipped_byte() -> bytes:
    content = bytearray(jpeg())
    content[len(content) // 2] ^= 0x10
    return bytes(content)


def animated(frames: int = 500) -> bytes:
    pictures = [Image.new("L", (16, 16), number % 250) for number in range(frames)]
    return encoded(pictures[0], "GIF", save_all=True, append_images=pictures[1:])


def pages() -> bytes:
    return encoded(SMALL, "TIFF", save_all=True, append_images=[SMALL, SMALL])


def deep() -> bytes:
    levels = np.linspace(0, 65_535, 64 * 48).reshape(48, 64).astype(np.uint16)
    return encoded(Image.fromarray(levels), "PNG")


def oriented(*, gps: bool = False) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    if gps:
        exif.get_ifd(0x8825)[1] = "N"
    return encoded(SMALL.resize((40, 20)), "JPEG", exif=exif)


def transparent_palette() -> bytes:
    image = SMALL.quantize(16)
    return encoded(image, "PNG", transparency=3)


def huge() -> bytes:
    return encoded(Image.new("1", (30_000, 30_000)), "PNG")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def impossible_width() -> bytes:
    header = struct.pack(">IIBBBBB", 2**31, 10, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(b"\0" * 31))
        + _chunk(b"IEND", b"")
    )


def text_bomb() -> bytes:
    content = png(3, height=48, width=64)
    text = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 10_000_000))
    return content[:33] + text + content[33:]


def fits_bomb() -> bytes:
    return gzip.compress(b"SIMPLE  =                    T" + b" " * 50 + b"\0" * 5_000_000)


def polyglot() -> bytes:
    return b"<html><script>alert(1)</script>" + jpeg()


def webp() -> bytes:
    return encoded(SMALL, "WEBP")


def avif() -> bytes:
    return encoded(SMALL, "AVIF")


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200


def drawn(seed: int) -> bytes:
    """A disc on noise; place, size and colours follow from the seed."""
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.normal(128, 30, (48, 64, 3)).clip(0, 255).astype(np.uint8))
    x, y, radius = (int(number) for number in rng.integers((12, 12, 5), (52, 36, 12)))
    ImageDraw.Draw(image).ellipse(
        (x - radius, y - radius, x + radius, y + radius), fill=tuple(rng.integers(0, 256, 3).tolist())
    )
    return encoded(image, "PNG")
