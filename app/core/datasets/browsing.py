"""Looking at the images of a version: which of them, in which order, and what is known of one."""

from dataclasses import dataclass
from typing import Protocol

from app.core.datasets.dataset import Dataset, ImageRecord, Split, Version
from app.core.datasets.preparation import Preparation
from app.core.runs.augmentation import AugmentedPreparation


@dataclass(frozen=True)
class Which:
    """The images of a split, of a class, that a finding (its rule) lists; all where nothing is said."""

    split: Split | None = None
    class_name: str | None = None
    finding: str | None = None


@dataclass(frozen=True)
class ImagePage:
    """Images from position `offset` (from 0) of `total`, ordered by split, class and path."""

    items: list[ImageRecord]
    offset: int
    total: int

    @property
    def placed(self) -> list[tuple[int, ImageRecord]]:
        """The images with their positions."""
        return list(enumerate(self.items, start=self.offset))

    @property
    def next(self) -> int | None:
        """The position where the next page begins; None at the end."""
        following = self.offset + len(self.items)
        return following if self.items and following < self.total else None


@dataclass(frozen=True)
class FileFacts:
    """What a file says of itself: its format, its frames or pages, its EXIF orientation (1 to 8) where it has one."""

    format: str
    frames: int
    orientation: int | None


@dataclass(frozen=True)
class ImageView:
    """One image of the newest version: where it stands, what its file says, and the rules of findings it is in.

    An image whose bytes came several times has several `places`; all else is the same for each.
    """

    dataset: Dataset
    places: list[ImageRecord]
    file: FileFacts | None
    findings: list[str]


class ImageStore(Protocol):
    """The images of versions."""

    def page(self, version: Version, which: Which, *, offset: int, limit: int) -> ImagePage:
        """Images from a position on."""
        ...

    def places(self, version_id: str, digest: str) -> list[ImageRecord]:
        """Every place of an image in a version, by path; empty where it is not in it."""
        ...

    def findings_of(self, version: Version, paths: list[str]) -> list[str]:
        """The rules of the findings that list any of the paths."""
        ...


class ImageFiles(Protocol):
    """Reads images, bounded in bytes and pixels; BrokenImageError where one cannot be decoded."""

    def thumbnail(self, content: bytes, *, size: int) -> bytes:
        """A PNG whose longer side is at most `size` pixels, without anything of the original's metadata."""
        ...

    def facts(self, content: bytes) -> FileFacts:
        """What the file says of itself, without decoding it."""
        ...

    def prepared(self, content: bytes, preparation: Preparation) -> bytes:
        """A PNG of the array that a network is fed."""
        ...

    def augmented(self, content: bytes, asked: AugmentedPreparation) -> bytes:
        """A PNG of what one draw of an augmentation makes of that array."""
        ...
