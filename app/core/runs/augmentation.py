"""How training images are changed at random, each epoch anew: what is drawn for an image, and from what.

What is drawn depends on the seed, the epoch and the image's place only, so that a continued run sees the same images.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from app.core.datasets.preparation import Preparation
from app.core.values import Value

LARGEST_SIDE = 1024


class Augmentation(Value):
    """Ranges to draw from; zero leaves that alone. Shifts are shares of height and width, brightness of white."""

    flip: Literal["none", "horizontal", "vertical", "both"] = Field(default="none", title="Flip")
    rotation: float = Field(default=0.0, ge=0, le=180, allow_inf_nan=False, title="Rotation (± degrees)")
    shift: float = Field(default=0.0, ge=0, le=1, allow_inf_nan=False, title="Shift (± share)")
    zoom: float = Field(default=0.0, ge=0, lt=1, allow_inf_nan=False, title="Zoom (± share)")
    brightness: float = Field(default=0.0, ge=0, le=1, allow_inf_nan=False, title="Brightness (± share)")
    contrast: float = Field(default=0.0, ge=0, lt=1, allow_inf_nan=False, title="Contrast (± share)")
    noise: float = Field(default=0.0, ge=0, le=1, allow_inf_nan=False, title="Noise (deviation)")

    @property
    def moves(self) -> bool:
        """Whether pixels change their places."""
        return self.flip != "none" or any((self.rotation, self.shift, self.zoom))


class AugmentedPreparation(Preparation, Augmentation):
    """An image as a network is fed it in training: how it becomes an array, and the ranges to change that by.

    `draw` says which of the draws is meant. Sides are shorter than of a preparation alone: floats take four times the room.
    """

    height: int = Field(ge=1, le=LARGEST_SIDE)
    width: int = Field(ge=1, le=LARGEST_SIDE)
    draw: int = Field(default=0, ge=0, lt=2**31)


@dataclass(frozen=True)
class Drawn:
    """What was drawn for one image; `matrix` (2, 3) takes places (x, y, 1) of the result to places of the image."""

    matrix: NDArray[np.float64]
    contrast: float
    brightness: float
    noise_seed: int


def draw(augmentation: Augmentation, *, seed: int, epoch: int, place: int, size: tuple[int, int]) -> Drawn:
    """What happens to the image at a place of the training images in an epoch (from 0); size is height, width."""
    rng = np.random.default_rng([seed, epoch, place, 0x5EED])
    # All are drawn, used or not: switching one on leaves the others as they were.
    flips, (turn, down, right, zoom, bright, contrast) = rng.random(2) < 0.5, rng.uniform(-1, 1, 6)
    height, width = size
    horizontal = flips[0] and augmentation.flip in {"horizontal", "both"}
    vertical = flips[1] and augmentation.flip in {"vertical", "both"}
    angle = np.deg2rad(turn * augmentation.rotation)
    scale = 1 / (1 + zoom * augmentation.zoom)
    turned = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = turned @ np.diag([-1.0 if horizontal else 1.0, -1.0 if vertical else 1.0])
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    moved = centre + np.array([right * augmentation.shift * width, down * augmentation.shift * height])
    return Drawn(
        matrix=np.column_stack([turned, centre - turned @ moved]),
        contrast=1 + contrast * augmentation.contrast,
        brightness=bright * augmentation.brightness,
        noise_seed=int(rng.integers(2**63)),
    )
