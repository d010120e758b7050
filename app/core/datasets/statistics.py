"""What one look at all images of a version tells: how bright they are, and what those of a class have in common."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.core.datasets.preparation import Preparation
from app.core.values import Value

LOOK = Preparation(height=64, width=64)
"""How images are looked at. Made smaller with every pixel counted, an image is as bright as it was, to about a level."""
BRIGHTNESS_BINS = 32
_GRAY = np.array([0.299, 0.587, 0.114])
"""ITU-R 601-2, as Pillow makes gray."""


class ClassStatistics(Value):
    """Of a class: how many images, how many are how bright (from black to white), its mean colour, 0 to 255 each."""

    images: int
    brightness: tuple[int, ...]
    mean_color: tuple[float, float, float]

    @property
    def mean_brightness(self) -> float:
        """Of its images together, 0 to 255."""
        return float(np.dot(self.mean_color, _GRAY))


class VersionStatistics(Value):
    """Of each class of a version, by name."""

    classes: dict[str, ClassStatistics]


@dataclass(frozen=True)
class Described:
    """How far looking at a version is: `done` of `images`; `statistics` once it is through."""

    images: int
    done: int = 0
    statistics: VersionStatistics | None = None


@dataclass
class ClassSum:
    """What is added up of a class, image by image."""

    images: int = 0
    brightness: NDArray[np.int64] = field(default_factory=lambda: np.zeros(BRIGHTNESS_BINS, dtype=np.int64))
    pixels: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(LOOK.shape, dtype=np.uint32))

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """One more image, uint8 (64, 64, 3)."""
        self.images += 1
        gray = float((pixels @ _GRAY).mean())
        self.brightness[min(BRIGHTNESS_BINS - 1, int(gray * BRIGHTNESS_BINS / 256))] += 1
        self.pixels += pixels

    def mean_image(self) -> NDArray[np.uint8]:
        """The mean of the images, uint8 (64, 64, 3)."""
        return np.rint(self.pixels / max(1, self.images)).astype(np.uint8)

    def statistics(self) -> ClassStatistics:
        """What it comes to."""
        red, green, blue = (round(float(mean), 2) for mean in self.pixels.mean(axis=(0, 1)) / max(1, self.images))
        counts: Sequence[int] = self.brightness.tolist()
        return ClassStatistics(images=self.images, brightness=tuple(counts), mean_color=(red, green, blue))


class StatisticsStore(Protocol):
    """What is remembered of versions, and who is looking at which."""

    def ask(self, version_id: str) -> bool:
        """Have a version looked at; False where it was asked for before."""
        ...

    def claim(self, version_id: str, *, lease_seconds: float) -> bool:
        """Take one that waits, or whose lease has run out (by database time)."""
        ...

    def renew(self, version_id: str, *, done: int, lease_seconds: float) -> None:
        """Note how many images are done."""
        ...

    def keep(self, version_id: str, statistics: VersionStatistics) -> None:
        """Remember what was found."""
        ...

    def get(self, version_id: str) -> tuple[int, VersionStatistics | None] | None:
        """(images done, what was found); None where nobody has asked."""
        ...

    def waiting(self) -> list[str]:
        """Versions that nobody is looking at though somebody asked."""
        ...
