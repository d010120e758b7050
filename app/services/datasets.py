"""Datasets: images come in under a name, are checked, and become an immutable version."""

from collections.abc import Sequence
from typing import Any

from app.core.datasets.dataset import Dataset, DatasetState, StagedFile, Version
from app.core.datasets.facts import Images
from app.core.datasets.members import ReadArchive, Source
from app.core.datasets.repair import Repair
from app.core.errors import ConflictError
from app.core.names import TaskName
from app.core.ports import BlobStore, Clock, Database, NewId, TaskQueue
from app.core.values import Sort
from app.services.dataset_checks import DatasetChecks
from app.services.dataset_uploads import TAKES_FILES, DatasetUploads, OfferedFile, UploadLimits
from app.services.dataset_versions import DatasetVersionService


class DatasetService:
    """What people do with datasets, and what a worker does to check them."""

    def __init__(
        self,
        *,
        database: Database,
        blobs: BlobStore,
        images: Images,
        queue: TaskQueue,
        clock: Clock,
        new_id: NewId,
        read_archive: ReadArchive,
        limits: UploadLimits,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._images = images
        self._queue = queue
        self._clock = clock
        self._new_id = new_id
        self.limits = limits
        self._uploads = DatasetUploads(database=database, blobs=blobs, read_archive=read_archive)
        self._checks = DatasetChecks(
            database=database, blobs=blobs, images=images, queue=queue, clock=clock, new_id=new_id
        )
        self._versions = DatasetVersionService(database=database, blobs=blobs, clock=clock, new_id=new_id)

    def create(self, name: str) -> Dataset:
        """Begin a dataset that takes files."""
        dataset = Dataset(id=self._new_id(), name=name, state=DatasetState.UPLOADING, created_at=self._clock())
        with self._database.transaction() as transaction:
            transaction.datasets.add(dataset)
        return dataset

    def get(self, dataset_id: str) -> Dataset:
        """Raise NotFoundError where nothing has this id."""
        with self._database.transaction() as transaction:
            return transaction.datasets.get(dataset_id)

    def page(
        self, *, limit: int = 50, cursor: str | None = None, q: str | None = None, sort: Sort = "-created"
    ) -> tuple[list[Dataset], str | None]:
        """Datasets in an order, the newest first unless said, and the cursor of the next page."""
        with self._database.transaction() as transaction:
            return transaction.datasets.page(limit=limit, cursor=cursor, q=q, sort=sort)

    def rename(self, dataset_id: str, name: str) -> Dataset:
        """Give it another name; nothing else changes."""
        with self._database.transaction() as transaction:
            dataset = transaction.datasets.get(dataset_id)
            renamed = Dataset.model_validate({**dataset.model_dump(), "name": name})
            transaction.datasets.rename(dataset_id, renamed.name)
        return renamed

    def delete(self, dataset_id: str) -> None:
        """Forget it; ConflictError while a run uses it. Bytes stay, other datasets may have the same images."""
        with self._database.transaction() as transaction:
            dataset = transaction.datasets.get(dataset_id)
            if transaction.runs.uses_dataset(dataset_id):
                raise ConflictError(
                    f"Runs use the dataset {dataset.name!r}, and their results are about it. Delete those runs first."
                )
            transaction.datasets.delete(dataset_id)

    def receive(self, dataset_id: str, source: Source) -> dict[str, Any]:
        """Take the images of an archive as it comes in; see DatasetUploads."""
        return self._uploads.receive(dataset_id, source)

    def adopt(self, dataset_id: str, offered: Sequence[OfferedFile]) -> dict[str, Any]:
        """Take files whose bytes are here already; see DatasetUploads."""
        return self._uploads.adopt(dataset_id, offered)

    def files(
        self, dataset_id: str, *, limit: int = 10_000, cursor: str | None = None
    ) -> tuple[list[StagedFile], str | None]:
        """What has arrived, by path in pages: a client goes on from it."""
        return self._uploads.files(dataset_id, limit=limit, cursor=cursor)

    def layout(self, dataset_id: str) -> dict[str, Any]:
        """How what has arrived is understood; see DatasetUploads."""
        return self._uploads.layout(dataset_id)

    def commit(self, dataset_id: str) -> Dataset:
        """Have it checked. InvalidError where its folders name no classes; committing twice changes nothing."""
        with self._database.transaction() as transaction:
            dataset = transaction.datasets.get(dataset_id)
            if transaction.datasets.held_state(dataset_id) in TAKES_FILES:
                self._uploads.settle(transaction, dataset_id)
                transaction.datasets.set_state(dataset_id, DatasetState.CHECKING, expected=TAKES_FILES)
                dataset = transaction.datasets.get(dataset_id)
        if dataset.state is DatasetState.CHECKING:
            self._queue.send(TaskName.CHECK_DATASET, dataset_id)
        return dataset

    def check(self, dataset_id: str) -> bool:
        """Decode every image and publish or reject (for workers); False where there was nothing to do."""
        return self._checks.check(dataset_id)

    def recover(self) -> int:
        """Send a message for each check that nobody holds (for the reconciler); answer how many."""
        return self._checks.recover()

    def versions(self, dataset_id: str) -> list[Version]:
        """Its versions, the newest first; empty while it has none."""
        return self._versions.versions(dataset_id)

    def repair(self, dataset_id: str, repair: Repair) -> Version:
        """Make a new version of the newest one, as DatasetVersionService.repair."""
        return self._versions.repair(dataset_id, repair)
