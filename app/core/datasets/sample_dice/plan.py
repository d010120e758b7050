"""The pictures that make up a set of rendered dice: the same request gives the same ones."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.datasets.sample_dice import casting
from app.core.datasets.sample_dice.picture import render
from app.core.datasets.sample_dice.request import VALUES, SampleRequest
from app.core.datasets.splits import TEST_SHARE, VALIDATION_SHARE


@dataclass(frozen=True)
class PlannedImage:
    """A picture to be made: where it goes, without the file's ending, and what it is made from."""

    folder: str
    name: str
    value: int
    scene: int
    shot: int

    def render(self, request: SampleRequest) -> NDArray[np.uint8]:
        """The picture, as uint8 (height, width, 3)."""
        scene = casting.scene(request.seed, self.scene)
        shot = casting.shot(request.seed, self.scene, self.shot, self.value)
        return render(scene, shot, height=request.height, width=request.width)


def planned(request: SampleRequest) -> Iterator[PlannedImage]:
    """The pictures in order: train/1/scene-0000-0 and so on.

    A scene (one die, one ground, one light) shows each value equally often, so that nothing but the pips tells the
    value, and belongs to one split only, so that nothing leaks.
    """
    validation = max(1, round(request.images_per_class * VALIDATION_SHARE))
    test = max(1, round(request.images_per_class * TEST_SHARE))
    scene = 0
    for split, count in (("train", request.images_per_class - validation - test), ("val", validation), ("test", test)):
        each = 2 if count >= 20 else 1
        for start in range(0, count, each):
            for shown in range(min(each, count - start)):
                for value in VALUES:
                    number = shown * len(VALUES) + value - 1
                    yield PlannedImage(f"{split}/{value}", f"scene-{scene:04}-{number:02}", value, scene, number)
            scene += 1
