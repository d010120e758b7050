"""What one look at an image tells, and who looks at them all."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from app.core.datasets.near_copies import CopyPair

THUMBNAIL_SIDE = 16

Tell: TypeAlias = Callable[[int, int], None]
"""Told how many of how many are done; may be called often."""


@dataclass(frozen=True)
class ImageFacts:
    """Of one image: pixels after EXIF orientation, Pillow's mode, the format told by its content, frames or pages.

    `brightness` is the mean of the gray image, 0 to 255, `mean_color` that of red, green and blue; `thumbnail` are
    16×16 gray pixels, row by row.
    """

    height: int
    width: int
    mode: str
    format: str
    frames: int
    brightness: float
    mean_color: tuple[float, float, float]
    thumbnail: bytes


class Examination(Protocol):
    """One look at a number of images. Digests go in, each once."""

    def facts(self, tell: Tell) -> Mapping[str, ImageFacts | str]:
        """Decode each image once; what it is, or why it cannot be used."""
        ...

    def copies(self, digests: Sequence[str], tell: Tell) -> list[CopyPair]:
        """Pairs that are copies of one photograph, enough to connect each group, among images that have facts."""
        ...


class Images(Protocol):
    """Decodes images, bounded in bytes and pixels."""

    def thumbnail(self, content: bytes, *, size: int) -> bytes:
        """A PNG whose longer side is at most `size` pixels; BrokenImageError where there is none."""
        ...

    def examination(self, digests: Sequence[str]) -> AbstractContextManager[Examination]:
        """Look at images, in processes that are gone at the end of the block; OutOfSpaceError where there is no room."""
        ...
