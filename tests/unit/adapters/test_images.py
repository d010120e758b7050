import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from app.adapters.images import PillowImages, preprocessing
from app.core.datasets.preparation import ColorMode, Preparation, ResizeMode
from app.core.errors import BrokenImageError
from tests.factories.images import png

IMAGES = PillowImages(50_000_000)


def noise(*, height: int = 57, width: int = 83) -> Image.Image:
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def encoded(image: Image.Image, file_format: str = "PNG", **options) -> bytes:
    target = io.BytesIO()
    image.save(target, file_format, **options)
    return target.getvalue()


def rotated_jpeg() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(Image.new("RGB", (40, 20), "red"), "JPEG", exif=exif)


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
def test_every_allowed_format_is_decoded(file_format: str) -> None:
    image = IMAGES.examined(png(file_format=file_format), longer_side=160)
    assert (image.height, image.width, image.format, image.frames) == (12, 16, file_format, 1)
    assert image.pixels.shape[:2] == (12, 16)


def test_exif_orientation_is_applied_everywhere() -> None:
    image = IMAGES.examined(rotated_jpeg(), longer_side=160)
    assert (image.height, image.width, image.pixels.shape) == (40, 20, (40, 20, 3))
    with Image.open(io.BytesIO(IMAGES.thumbnail(rotated_jpeg(), size=10))) as small:
        assert (small.height, small.width, dict(small.getexif())) == (10, 5, {})


@pytest.mark.parametrize(
    "content",
    [b"", b"plain text", png()[:40], png(file_format="JPEG")[:-200], b"<svg xmlns='http://www.w3.org/2000/svg'/>"],
)
def test_what_cannot_be_decoded_says_why(content: bytes) -> None:
    with pytest.raises(BrokenImageError) as caught:
        IMAGES.examined(content, longer_side=160)
    assert caught.value.detail.endswith(".")


def test_a_pixel_bomb_is_refused_before_it_is_decoded() -> None:
    bomb = encoded(Image.new("1", (30_000, 30_000)))
    with pytest.raises(BrokenImageError, match="pixels"):
        IMAGES.examined(bomb, longer_side=160)
    with pytest.raises(BrokenImageError, match="50 by 50"):
        PillowImages(100).examined(encoded(Image.new("L", (50, 50))), longer_side=160)


@pytest.mark.parametrize(("color_mode", "channels"), [("grayscale", 1), ("rgb", 3)])
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK"])
def test_arrays_have_the_asked_shape_whatever_the_mode(mode: str, color_mode: str, channels: int) -> None:
    content = encoded(Image.new(mode, (30, 20)), "TIFF")
    array = IMAGES.decode(content, Preparation(height=7, width=9, color_mode=color_mode))
    assert (array.shape, array.dtype) == ((7, 9, channels), np.uint8)


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    content = encoded(Image.fromarray(np.full((4, 4), 32896, dtype=np.uint16)))
    assert set(IMAGES.decode(content, Preparation(height=4, width=4, color_mode=ColorMode.GRAYSCALE)).ravel()) == {128}


def test_a_palette_with_transparency_is_decoded() -> None:
    content = encoded(Image.new("P", (4, 4)), transparency=bytes([0, 255]))
    assert IMAGES.decode(content, Preparation(height=2, width=2)).shape == (2, 2, 3)


@pytest.mark.parametrize("resize_mode", ResizeMode)
@pytest.mark.parametrize("mode", ["L", "P", "RGB", "RGBA", "CMYK"])
@pytest.mark.parametrize("color_mode", ColorMode)
def test_the_preprocessing_that_is_written_down_repeats_the_array(
    resize_mode: ResizeMode, mode: str, color_mode: ColorMode
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(noise().convert(mode), "TIFF", exif=exif)
    preparation = Preparation(height=17, width=24, color_mode=color_mode, resize_mode=resize_mode)
    scope = {"file": io.BytesIO(content), "Image": Image, "ImageOps": ImageOps, "numpy": np}
    exec("\n".join(preprocessing(preparation)["steps"]), scope)  # type: ignore[arg-type]
    np.testing.assert_array_equal(scope["array"], IMAGES.decode(content, preparation))
