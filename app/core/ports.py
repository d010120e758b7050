"""What the use cases need from outside, as Protocols that adapters implement."""

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.core.architectures.architecture import Architecture, ArchitectureSummary, StoredArchitecture
from app.core.architectures.catalogue import Catalogue
from app.core.architectures.layer_table import LayerTable
from app.core.datasets.browsing import ImageStore
from app.core.datasets.dataset import Dataset, DatasetState, Finding
from app.core.datasets.file_store import DatasetFiles
from app.core.datasets.sample_dice.plan import PlannedImage
from app.core.datasets.sample_dice.request import SampleRequest
from app.core.datasets.statistics import StatisticsStore
from app.core.datasets.version_store import DatasetVersions
from app.core.logins import LoginSecrets
from app.core.names import TaskName
from app.core.runs.exports import Exports
from app.core.runs.report import Reports
from app.core.runs.run import Event
from app.core.runs.run_store import Runs
from app.core.storage import BlobUses, StoredBlob
from app.core.values import JsonObject, Sort
from app.core.workers import Worker

Clock: TypeAlias = Callable[[], datetime]
"""Tells the time, timezone-aware in UTC."""

NewId: TypeAlias = Callable[[], str]
"""Makes an opaque random id."""


class Architectures(Protocol):
    """Kept architectures. Pages are newest first; a cursor is what the page before answered."""

    def add(self, stored: StoredArchitecture) -> None: ...
    def get(self, architecture_id: str) -> StoredArchitecture:
        """Raise NotFoundError where nothing has this id."""
        ...

    def by_digest(self, digest: str, *, name: str) -> StoredArchitecture | None: ...
    def rename(self, architecture_id: str, name: str) -> None: ...
    def delete(self, architecture_id: str) -> None: ...
    def page(
        self, *, limit: int = 50, cursor: str | None = None, q: str | None = None, sort: Sort = "-created"
    ) -> tuple[list[StoredArchitecture], str | None]: ...
    def summary(self, architecture_id: str) -> ArchitectureSummary: ...
    def summaries(
        self, *, limit: int = 50, cursor: str | None = None, q: str | None = None, sort: Sort = "-created"
    ) -> tuple[list[ArchitectureSummary], str | None]:
        """The same page without the definitions, which may be large."""
        ...


class Sources(Protocol):
    """Texts that definitions were read from, by their digests; the texts themselves are blobs."""

    def keep(self, digest: str, *, read_at: datetime, architectures: Collection[str]) -> None:
        """Note that it is there and what was read from it; its row is locked until the transaction ends."""
        ...

    def take_unused(self, *, read_before: datetime, limit: int) -> list[str]:
        """Remove those that were not read since and of whose architectures none is left; answer their digests."""
        ...


class Datasets(DatasetFiles, DatasetVersions, Protocol):
    """Datasets, the files that have arrived for them, and their versions."""

    def add(self, dataset: Dataset) -> None: ...
    def get(self, dataset_id: str) -> Dataset: ...
    def rename(self, dataset_id: str, name: str) -> None: ...
    def delete(self, dataset_id: str) -> None: ...
    def page(
        self, *, limit: int = 50, cursor: str | None = None, q: str | None = None, sort: Sort = "-created"
    ) -> tuple[list[Dataset], str | None]: ...
    def held_state(self, dataset_id: str) -> DatasetState:
        """The state, which nobody else changes until this transaction has ended."""
        ...

    def set_state(self, dataset_id: str, state: DatasetState, *, expected: Sequence[DatasetState]) -> bool:
        """Move to a state if it is in an expected one; False where it was not."""
        ...

    def claim_check(self, dataset_id: str, *, lease_seconds: float) -> bool:
        """Take the check of a dataset in `checking` whose lease is free or has run out (by database time)."""
        ...

    def waiting_checks(self) -> list[str]:
        """Datasets in `checking` that nobody holds."""
        ...

    def claim_rendering(self, dataset_id: str, *, lease_seconds: float) -> bool:
        """Take the rendering of a dataset in `rendering` whose lease is free or has run out (by database time)."""
        ...

    def waiting_renderings(self) -> list[str]:
        """Datasets in `rendering` that nobody holds."""
        ...

    def set_checked(self, dataset_id: str, checked: int, *, lease_seconds: float) -> None:
        """Note how many files are checked, or rendered, and renew the lease."""
        ...

    def set_stage(self, dataset_id: str, stage: str, share: float, *, lease_seconds: float) -> None:
        """Note what is being done after that and how far it is (0 to 1), and renew the lease."""
        ...

    def reject(self, dataset_id: str, findings: Sequence[Finding]) -> None: ...


class Workers(Protocol):
    """Signs of life of workers, by database time."""

    def beat(self, worker: Worker) -> None: ...
    def is_draining(self, name: str) -> bool: ...
    def set_draining(self, name: str) -> None: ...
    def remove(self, name: str) -> None: ...
    def take_turn(self, what: str, *, every_seconds: float) -> bool:
        """Whether nobody did it in that time, by database time; whoever is told so does it now."""
        ...

    def all(self, *, alive_within_seconds: float) -> list[Worker]: ...
    def forget_unseen(self, *, for_seconds: float) -> None:
        """Remove those that gave no sign of life for so long."""
        ...


class Transaction(Protocol):
    """Everything the database keeps, in one transaction."""

    architectures: Architectures
    sources: Sources
    datasets: Datasets
    images: ImageStore
    statistics: StatisticsStore
    runs: Runs
    exports: Exports
    reports: Reports
    workers: Workers
    login_secrets: LoginSecrets
    blobs: BlobUses


class Database(Protocol):
    """The truth."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Commit at the end of the block, roll back where it raises."""
        ...

    def ping(self) -> None:
        """Raise UnavailableError where the database does not answer."""
        ...


class BlobStore(Protocol):
    """Bytes under keys made by us, never by a user."""

    def put_bytes(self, key: str, content: bytes) -> bool:
        """Write whole or not at all; False where the key was there already (content-addressed: the same bytes)."""
        ...

    def put_file(self, key: str, path: Path) -> None:
        """Write a file whole or not at all, replacing what was there; NotFoundError where there is no such file."""
        ...

    def get_bytes(self, key: str) -> bytes:
        """Raise NotFoundError where nothing has this key."""
        ...

    def stream(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from start up to (not including) end, in chunks."""
        ...

    def exists(self, key: str) -> bool: ...

    def size(self, key: str) -> int | None:
        """How many bytes the key has; None where it is not there."""
        ...

    def flush(self) -> None:
        """Have everything that was put survive a loss of power."""
        ...

    def delete(self, key: str) -> None: ...
    def list(self, prefix: str) -> Iterator[StoredBlob]: ...
    def ping(self) -> None: ...


class TaskQueue(Protocol):
    """Messages to workers: hints that may be lost."""

    def send(self, task: TaskName, argument: str, *, to: str | None = None) -> bool:
        """Send within about 2 s; False where the broker did not answer (the reconciler will send again).

        To the workers of the task's usual pool, or to those of the pool, or the one worker, that `to` names.
        """
        ...

    def length(self, task: TaskName, *, to: str | None = None) -> int | None:
        """How many messages wait there; None where the broker does not answer."""
        ...


class EventLog(Protocol):
    """The live tail of events; may be lost at any time, the database has them all."""

    def append(self, events: Sequence[Event]) -> None:
        """Add events under their seq; never raises, never waits long."""
        ...


class Inspector(Protocol):
    """Builds architectures without weights, in a process of its own; UnavailableError where it does not answer."""

    def layer_table(self, architecture: Architecture) -> LayerTable:
        """What is known of every row; a layer that cannot be built is the table's failure, not an error."""
        ...

    def layer_tables(self, architectures: Sequence[Architecture]) -> list[LayerTable]:
        """The tables of several, in one request: variants of one network cost little more than the first."""
        ...

    def catalogue(self) -> Catalogue:
        """Signatures of all of Keras's layers and objects that can be built here."""
        ...

    def application(self, name: str, options: JsonObject) -> Architecture:
        """A network of `keras.applications`; InvalidError where Keras refuses the options."""
        ...


EncodeImage: TypeAlias = Callable[[NDArray[np.uint8]], bytes]
"""Makes a file of pixels, uint8 (height, width, 3)."""

RenderDice: TypeAlias = Callable[[SampleRequest, Iterable[PlannedImage]], Generator[bytes, None, None]]
"""Each picture's file in order; what it takes to render is let go at the end, and when the generator is closed."""
