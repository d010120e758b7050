"""Copies of one picture are found, other pictures of the same scene are not."""

import random
from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app.adapters.copies import finder
from app.adapters.copies.finder import FoundPair, find_copies
from app.adapters.copies.fingerprint import RECORD, fingerprint, shrunk
from app.adapters.copies.verification import verified
from tests.factories import photographs


def scene(seed: int, *, pips: int = 3, at: tuple[int, int] = (330, 250), noise: int = 0) -> Image.Image:
    """A die on a desk with grain, a cable and a shadow; the same seed is the same desk, 640 by 480."""
    rng = np.random.default_rng(seed)
    grain = cv2.GaussianBlur(rng.normal(0, 60, (480, 640)).astype(np.float32), (0, 0), sigmaX=12, sigmaY=2)
    desk = 150 + grain + np.linspace(-15, 15, 640)[None]
    desk += np.random.default_rng([seed, noise]).normal(0, 2, (480, 640)) if noise else 0
    image = Image.fromarray(np.clip(desk, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    points = [tuple(map(int, point)) for point in rng.integers(0, (640, 480), (4, 2))]
    draw.line(points, fill=35, width=14, joint="curve")
    x, y = at
    draw.polygon([(x - 40, y - 34), (x + 36, y - 40), (x + 44, y + 34), (x - 34, y + 42)], fill=235, outline=90)
    for number in range(pips):
        left, top = x - 24 + 22 * (number % 3), y - 24 + 22 * (number // 3)
        draw.ellipse((left, top, left + 12, top + 12), fill=20)
    return image


def found(images: Sequence[Image.Image]) -> list[FoundPair]:
    pixels: list[NDArray[np.uint8]] = [np.asarray(image.convert("L")) for image in images]
    records = np.zeros(len(pixels), RECORD)
    for record, array in zip(records, pixels, strict=True):
        fingerprint(record, shrunk(array), longer_side=max(array.shape))
    return find_copies(
        records,
        np.arange(len(records)),
        lambda batches: (verified(records, batch) for batch in batches),
        lambda _done, _of_all: None,
    )


def joined(images: Sequence[Image.Image]) -> set[frozenset[int]]:
    return {frozenset((pair.left, pair.right)) for pair in found(images)}


@pytest.mark.parametrize("degrees", range(30, 360, 30))
@pytest.mark.parametrize("fill", photographs.FILLS)
def test_a_turned_copy_is_found_and_its_angle_told(degrees: int, fill: str) -> None:
    image = scene(1)
    [pair] = found([image, photographs.turned(image, degrees, fill), scene(2, at=(200, 180))])
    assert {pair.left, pair.right} == {0, 1}
    how = pair.how if pair.left == 0 else pair.how.reversed
    assert abs((how.degrees - degrees + 180) % 360 - 180) < 2
    assert not how.mirrored


@pytest.mark.parametrize(
    "changed",
    [
        lambda image: photographs.shifted(image, 0.1, -0.05, "black"),
        lambda image: photographs.shifted(image, -0.1, 0.1, "edge"),
        lambda image: photographs.cropped(image, 0.9, random.Random(0)),
        lambda image: photographs.encoded_again(image, 30),
        lambda image: photographs.lighted(image, gain=0.6),
        lambda image: photographs.lighted(image, gain=1.2, offset=20),
        lambda image: photographs.lighted(image, gamma=1.3),
        lambda image: image.resize((320, 240), Image.Resampling.BOX),
        lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    ],
)
def test_what_people_do_to_photographs_is_seen_through(changed) -> None:
    image = scene(1)
    assert joined([image, changed(image), scene(2, at=(200, 180)), scene(3, pips=5)]) == {frozenset((0, 1))}


def test_a_mirrored_copy_is_told_to_be_one() -> None:
    image = scene(1)
    [pair] = found([image, image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)])
    assert pair.how.mirrored
    assert min(pair.how.degrees, 360 - pair.how.degrees) < 2


@pytest.mark.parametrize("other", [{"pips": 4}, {"pips": 2}, {"at": (350, 262)}, {"pips": 6, "at": (200, 300)}])
def test_another_die_on_the_same_desk_is_no_copy(other: dict[str, object]) -> None:
    assert joined([scene(1), scene(1, noise=1, **other)]) == set()  # type: ignore[arg-type]


def test_two_shots_that_differ_by_noise_are_copies() -> None:
    assert joined([scene(1), scene(1, noise=1)]) == {frozenset((0, 1))}


@pytest.mark.parametrize("level", [0, 128, 255])
def test_blank_images_tell_nothing(level: int) -> None:
    assert (
        joined([Image.new("L", (64, 48), level), Image.new("L", (64, 48), level), Image.new("L", (1, 1), level)])
        == set()
    )


def test_a_wave_depends_on_the_images_and_not_on_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    images = [turned for seed in range(4) for turned in (scene(seed), photographs.turned(scene(seed), 90, "black"))]
    first = found(images)
    monkeypatch.setattr(finder, "MOST_PAIRS_AT_ONCE", 3)
    assert found(images) == first
