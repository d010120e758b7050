"""What takes room on disk, what of it may go, and what is asked of whoever keeps it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from app.core.values import Instant, Value

UNTOUCHED = timedelta(hours=24)
"""Bytes are written before the row that names them: what is younger may be waited for."""


class StorageKind(StrEnum):
    """What is kept, by what it is for. The first are blobs, and the value is how their keys begin."""

    IMAGES = "images"
    THUMBNAILS = "thumbs"
    CHECKS = "checks"
    STATISTICS = "statistics"
    ARTIFACTS = "artifacts"
    CURVES = "curves"
    REPORTS = "reports"
    SOURCES = "sources"
    CHECKPOINTS = "checkpoints"
    PREPARED = "prepared"
    SCRATCH = "scratch"
    DATABASE = "database"


BLOBS = (
    StorageKind.IMAGES,
    StorageKind.THUMBNAILS,
    StorageKind.CHECKS,
    StorageKind.STATISTICS,
    StorageKind.ARTIFACTS,
    StorageKind.CURVES,
    StorageKind.REPORTS,
    StorageKind.SOURCES,
)


class StoredBlob(Value):
    """A key of the blob store, its size, and when it was written last."""

    key: str
    bytes: int
    modified: Instant


class Amount(Value):
    """So many things of so many bytes together."""

    count: int = 0
    bytes: int = 0

    def with_one(self, size: int) -> "Amount":
        """One more."""
        return Amount(count=self.count + 1, bytes=self.bytes + size)


class StorageLine(Value):
    """What one kind takes, and what of it may go now."""

    kind: StorageKind
    kept: Amount
    may_go: Amount = Amount()


class StorageReport(Value):
    """Everything that is kept; `free_bytes` of `disk_bytes` are left on the disk of this machine's data folder."""

    items: tuple[StorageLine, ...]
    disk_bytes: int
    free_bytes: int


class BlobUses(Protocol):
    """What the database says of blobs: a transaction that holds them is alone with, or without, their collector."""

    def hold(self) -> None:
        """Nothing is collected until this transaction has ended: what is there now will be."""
        ...

    def hold_alone(self) -> None:
        """Nobody begins to refer to a blob until this transaction has ended."""
        ...

    def unused(self, keys: Sequence[str]) -> set[str]:
        """Those of the keys that nothing refers to."""
        ...

    def ownerless(self, keys: Sequence[str]) -> set[str]:
        """Those of the keys of artifacts and curves whose run is gone: nobody will ever refer to them."""
        ...

    def database_bytes(self) -> int:
        """What the database itself takes."""
        ...


class DataFolder(Protocol):
    """What lies in this machine's data folder beside blobs and database."""

    def checkpoints(self) -> dict[str, int]:
        """Bytes of the checkpoints of each run that has any."""
        ...

    def forget_checkpoints(self, run_id: str) -> None:
        """Remove all of a run's."""
        ...

    def logs(self) -> set[str]:
        """The runs of which there are logs."""
        ...

    def forget_logs(self, run_id: str) -> None:
        """Remove those of all of its attempts."""
        ...

    def prepared(self) -> Iterator[tuple[int, bool]]:
        """(bytes, whether a process uses it) of each set of prepared images."""
        ...

    def forget_prepared(self) -> None:
        """Remove the sets that no process uses."""
        ...

    def scratch(self) -> Iterator[tuple[int, bool]]:
        """(bytes, whether a process uses it) of each folder of files that are needed for a moment."""
        ...

    def forget_scratch(self) -> None:
        """Remove the folders that no process uses: it was killed."""
        ...

    def disk(self) -> tuple[int, int]:
        """(bytes of the disk, bytes free)."""
        ...
