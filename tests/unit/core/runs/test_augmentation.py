"""What is drawn for an image, and what becomes of its pixels."""

from typing import Any

import cv2
import numpy as np
import pytest

from app.adapters.augmented_images import augmented
from app.core.runs.augmentation import Augmentation, draw

SIZE = (24, 32)
IMAGES = np.random.default_rng(4).integers(0, 256, (3, *SIZE, 3), dtype=np.uint8)
EVERYTHING: dict[str, Any] = {
    "flip": "both", "rotation": 30, "shift": 0.2, "zoom": 0.2, "brightness": 0.2, "contrast": 0.3, "noise": 0.1
}  # fmt: skip


def made(images: Any = IMAGES, *, epoch: int = 0, seed: int = 1, **ranges: Any) -> Any:
    augmentation = Augmentation(**ranges)
    drawn = [
        draw(augmentation, seed=seed, epoch=epoch, place=place, size=images.shape[1:3]) for place in range(len(images))
    ]
    return augmented(images, drawn, augmentation)


def test_nothing_asked_for_changes_nothing() -> None:
    np.testing.assert_allclose(made(), IMAGES.astype(np.float32) / 255, atol=1e-6)


def test_what_is_drawn_follows_from_seed_epoch_and_place_alone() -> None:
    np.testing.assert_array_equal(made(**EVERYTHING), made(**EVERYTHING))
    assert not np.array_equal(made(**EVERYTHING), made(epoch=1, **EVERYTHING))
    assert not np.array_equal(made(**EVERYTHING), made(seed=2, **EVERYTHING))
    # The order in which images come to be batched changes nothing.
    np.testing.assert_array_equal(made(IMAGES[:1], **EVERYTHING)[0], made(**EVERYTHING)[0])


def test_switching_one_change_on_leaves_what_is_drawn_for_the_others() -> None:
    alone, both = (
        draw(Augmentation(rotation=20, noise=noise), seed=1, epoch=2, place=3, size=SIZE) for noise in (0.0, 0.5)
    )
    np.testing.assert_array_equal(alone.matrix, both.matrix)


def test_values_stay_between_black_and_white() -> None:
    found = made(**EVERYTHING | {"brightness": 1, "noise": 1})
    assert found.dtype == np.float32
    assert found.shape == IMAGES.shape
    assert 0 <= found.min() <= found.max() <= 1


def test_images_of_one_channel_keep_it() -> None:
    assert made(IMAGES[:, :, :, :1], **EVERYTHING).shape == (3, *SIZE, 1)


def test_a_flip_is_one_of_numpys_and_each_happens() -> None:
    plain = IMAGES[:1].astype(np.float32) / 255
    seen = set()
    for epoch in range(40):
        found = made(IMAGES[:1], epoch=epoch, flip="both")[0]
        flips = {"": plain[0], "h": plain[0][:, ::-1], "v": plain[0][::-1], "hv": plain[0][::-1, ::-1]}
        seen |= {name for name, image in flips.items() if np.allclose(found, image, atol=1e-5)}
    assert seen == {"", "h", "v", "hv"}


@pytest.mark.parametrize("epoch", range(4))
def test_a_rotation_is_opencvs_about_the_middle(epoch: int) -> None:
    augmentation = Augmentation(rotation=45)
    drawn = draw(augmentation, seed=9, epoch=epoch, place=0, size=SIZE)
    angle = np.rad2deg(np.arctan2(drawn.matrix[1, 0], drawn.matrix[0, 0]))
    assert abs(angle) <= 45
    centre = ((SIZE[1] - 1) / 2, (SIZE[0] - 1) / 2)
    oracle = cv2.invertAffineTransform(cv2.getRotationMatrix2D(centre, angle, 1.0))
    np.testing.assert_allclose(drawn.matrix, oracle, atol=1e-9)


@pytest.mark.parametrize(("name", "low", "high"), [("brightness", -0.3, 0.3), ("contrast", 0.7, 1.3)])
def test_draws_fill_their_range(name: str, low: float, high: float) -> None:
    augmentation = Augmentation(**{name: 0.3})
    found = [getattr(draw(augmentation, seed=1, epoch=epoch, place=0, size=SIZE), name) for epoch in range(300)]
    assert low <= min(found) < low + 0.05
    assert high - 0.05 < max(found) <= high
