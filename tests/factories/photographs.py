"""Photographs multiplied as people multiply them: turned, mirrored, shifted, cropped, encoded again, other light."""

import io
import random
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

FILLS = ("black", "edge", "mirror")
_PAD = {"edge": "edge", "mirror": "symmetric"}


def multiplied(image: Image.Image, seed: int) -> Iterator[tuple[str, Image.Image]]:
    """(what was done, the copy): every 30°, mirrored, shifted by up to 10 %, cropped, JPEG again, brightness, all at once."""
    rng = random.Random(seed)
    for degrees in range(30, 360, 30):
        yield f"turned by {degrees}", turned(image, degrees, rng.choice(FILLS))
    yield "turned by any angle", turned(image, rng.uniform(0, 360), rng.choice(FILLS))
    yield (
        "turned on a larger canvas",
        image.rotate(rng.choice((30, 60, 120, 150)), Image.Resampling.BILINEAR, expand=True),
    )
    yield "mirrored", ImageOps.mirror(image)
    yield "upside down", ImageOps.flip(image)
    yield "mirrored and turned", turned(ImageOps.mirror(image), rng.choice(range(30, 360, 30)), rng.choice(FILLS))
    for share in (0.05, 0.1):
        yield (
            f"shifted by {share}",
            shifted(image, rng.choice((-share, share)), rng.choice((-share, share)), rng.choice(FILLS)),
        )
    yield "cropped to 0.9", cropped(image, 0.9, rng)
    yield "cropped to 0.8, enlarged", cropped(image, 0.8, rng).resize(image.size, Image.Resampling.BILINEAR)
    yield "JPEG at 30", encoded_again(image, 30)
    yield (
        "JPEG at 60, half the size",
        encoded_again(image, 60).resize((image.width // 2, image.height // 2), Image.Resampling.BOX),
    )
    yield "darker", lighted(image, gain=0.6)
    yield "lighter", lighted(image, gain=1.2, offset=20)
    yield "gamma", lighted(image, gamma=rng.choice((0.6, 1.6)))
    moved = shifted(image, rng.choice((-0.05, 0.05)), 0, "edge")
    whole = turned(moved, rng.choice(range(30, 360, 30)), rng.choice(FILLS))
    yield "all at once", encoded_again(lighted(whole, gain=rng.uniform(0.7, 1.2)), 50)


def turned(image: Image.Image, degrees: float, fill: str) -> Image.Image:
    """Turned about its middle, counter-clockwise; corners black, or filled from the image."""
    if fill == "black":
        return image.rotate(degrees, Image.Resampling.BILINEAR)
    margin = (image.height // 2, image.width // 2)
    large = _padded(image, margin, fill).rotate(degrees, Image.Resampling.BILINEAR)
    return large.crop((margin[1], margin[0], margin[1] + image.width, margin[0] + image.height))


def shifted(image: Image.Image, right: float, down: float, fill: str) -> Image.Image:
    """Shifted by shares of its width and height."""
    x, y = round(right * image.width), round(down * image.height)
    if fill == "black":
        return image.transform(image.size, Image.Transform.AFFINE, (1, 0, -x, 0, 1, -y))
    margin = (abs(y) + 1, abs(x) + 1)
    large = _padded(image, margin, fill)
    left, top = margin[1] - x, margin[0] - y
    return large.crop((left, top, left + image.width, top + image.height))


def cropped(image: Image.Image, share: float, rng: random.Random) -> Image.Image:
    """A window of that share of each side, anywhere."""
    width, height = int(share * image.width), int(share * image.height)
    x, y = rng.randint(0, image.width - width), rng.randint(0, image.height - height)
    return image.crop((x, y, x + width, y + height))


def encoded_again(image: Image.Image, quality: int) -> Image.Image:
    """Through JPEG."""
    target = io.BytesIO()
    image.save(target, "JPEG", quality=quality)
    target.seek(0)
    with Image.open(target) as again:
        again.load()
        return again.copy()


def lighted(image: Image.Image, *, gain: float = 1, offset: float = 0, gamma: float = 1) -> Image.Image:
    """In other light, each channel alike."""
    curve = np.clip(255 * (np.arange(256) / 255) ** gamma * gain + offset, 0, 255).round().astype(int).tolist()
    return image.point(curve * len(image.getbands()))


def png(image: Image.Image) -> bytes:
    """As PNG, quickly."""
    target = io.BytesIO()
    image.save(target, "PNG", compress_level=3)
    return target.getvalue()


def _padded(image: Image.Image, margin: tuple[int, int], fill: str) -> Image.Image:
    pixels: NDArray[np.uint8] = np.asarray(image)
    widths = (margin[0], margin[0]), (margin[1], margin[1])
    padded = np.pad(pixels, (*widths, (0, 0)) if pixels.ndim == 3 else widths, mode=_PAD[fill])  # type: ignore[call-overload]
    return Image.fromarray(padded)
