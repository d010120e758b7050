import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from app.adapters.resizing import array_of
from app.core.datasets.preparation import ColorMode, Preparation, ResizeMode

sides = st.integers(1, 60)
targets = st.integers(4, 40)
BILINEAR = Image.Resampling.BILINEAR


def noise(height: int, width: int, *, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def array(image: Image.Image, height: int, width: int, mode: ResizeMode) -> np.ndarray:
    return array_of(image, Preparation(height=height, width=width, resize_mode=mode))


@given(height=sides, width=sides, target_height=targets, target_width=targets)
def test_squashing_is_pillows_resize(height: int, width: int, target_height: int, target_width: int) -> None:
    image = noise(height, width)
    expected = np.asarray(image.resize((target_width, target_height), BILINEAR))
    np.testing.assert_array_equal(array(image, target_height, target_width, ResizeMode.SQUASH), expected)


@given(height=sides, width=sides, target_height=targets, target_width=targets)
def test_cropping_is_pillows_fit(height: int, width: int, target_height: int, target_width: int) -> None:
    image = noise(height, width)
    expected = np.asarray(ImageOps.fit(image, (target_width, target_height), method=BILINEAR))
    np.testing.assert_array_equal(array(image, target_height, target_width, ResizeMode.CROP), expected)


@given(height=sides, width=sides, target_height=targets, target_width=targets)
def test_padding_is_pillows_pad_and_keeps_slivers(
    height: int, width: int, target_height: int, target_width: int
) -> None:
    image = noise(height, width)
    padded = array(image, target_height, target_width, ResizeMode.PAD)
    scale = min(target_height / height, target_width / width)
    if min(height, width) * scale > 0.51:
        expected = np.asarray(ImageOps.pad(image, (target_width, target_height), method=BILINEAR, color=0))
        np.testing.assert_array_equal(padded, expected)
    else:
        # Of these, Pillow keeps nothing: their short side would be rounded to no pixel at all.
        assert padded.any()


@pytest.mark.parametrize("mode", ResizeMode)
@pytest.mark.parametrize(("height", "width"), [(20_000, 1), (1, 20_000), (1, 1)])
def test_every_shape_becomes_an_array(mode: ResizeMode, height: int, width: int) -> None:
    assert array(Image.new("RGB", (width, height), "white"), 32, 48, mode).max() == 255


@pytest.mark.parametrize("mode", ResizeMode)
def test_fine_stripes_become_gray_and_not_a_pattern(mode: ResizeMode) -> None:
    stripes = np.zeros((640, 640, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    small = array(Image.fromarray(stripes), 16, 16, mode)
    assert np.abs(small.astype(int) - 127).max() <= 8


def test_what_is_transparent_is_taken_as_its_colour() -> None:
    image = Image.new("RGBA", (8, 8), (200, 100, 50, 0))
    assert (array(image, 4, 4, ResizeMode.SQUASH) == (200, 100, 50)).all()


def test_padding_is_black_beside_the_whole_image_and_cropping_fills_with_its_middle() -> None:
    image = Image.new("RGB", (30, 10), "red")
    image.paste("white", (10, 0, 20, 10))
    padded = array(image, 30, 30, ResizeMode.PAD)
    assert (padded[:10] == 0).all()
    assert (padded[20:] == 0).all()
    np.testing.assert_array_equal(padded[10:20], np.asarray(image))
    assert (array(image, 10, 10, ResizeMode.CROP) == 255).all()


def test_a_shape_has_as_many_channels_as_its_colours() -> None:
    gray = Preparation(height=5, width=7, color_mode=ColorMode.GRAYSCALE)
    assert array_of(noise(20, 20), gray).shape == gray.shape == (5, 7, 1)
