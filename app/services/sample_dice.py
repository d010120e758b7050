"""Rendered dice as a dataset: asked for in a moment, rendered by a worker, checked and committed like any other."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import Protocol

from app.core.datasets.dataset import Dataset, DatasetState, StagedFile
from app.core.datasets.names import image_key
from app.core.datasets.sample_dice.plan import PlannedImage, planned
from app.core.datasets.sample_dice.request import SampleRequest
from app.core.errors import ConflictError, NotFoundError
from app.core.names import TaskName
from app.core.ports import BlobStore, Clock, Database, NewId, RenderDice, TaskQueue
from app.services.kept_blobs import keep_still

LEASE_SECONDS = 60.0
_PIXELS_AT_ONCE = 2_000_000
"""Rendered between two signs of progress: less than a second or two of work."""


class StartsChecks(Protocol):
    """Sends the message for a dataset that is to be checked."""

    def commit(self, dataset_id: str) -> Dataset:
        """Have it checked; where that is so already, send its message."""
        ...


class SampleService:
    """Asks for rendered datasets, and renders them (for workers): as often as wanted, by as many as wanted."""

    def __init__(
        self,
        *,
        database: Database,
        blobs: BlobStore,
        queue: TaskQueue,
        clock: Clock,
        new_id: NewId,
        render_dice: RenderDice,
        datasets: StartsChecks,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._queue = queue
        self._clock = clock
        self._new_id = new_id
        self._render_dice = render_dice
        self._datasets = datasets

    def request(
        self, samples: SampleRequest, *, name: str | None = None, idempotency_key: str | None = None
    ) -> Dataset:
        """Begin a dataset that a worker renders; the same key again answers the dataset that is there."""
        dataset = Dataset(
            id=self._new_id() if idempotency_key is None else _id_of(idempotency_key),
            name=name or _name_of(samples),
            state=DatasetState.RENDERING,
            created_at=self._clock(),
            samples=samples,
        )
        with self._database.transaction() as transaction:
            try:
                known = transaction.datasets.get(dataset.id)
            except NotFoundError:
                transaction.datasets.add(dataset)
                known = dataset
        if known.samples != samples:
            raise ConflictError("This Idempotency-Key was used for other sample dice. Send another key.")
        if known.state is DatasetState.RENDERING:
            self._queue.send(TaskName.RENDER_SAMPLES, known.id)
        return known

    def render(self, dataset_id: str) -> bool:
        """Render what is not there yet, then have it checked (for workers); False where there was nothing to do."""
        with self._database.transaction() as transaction:
            if not transaction.datasets.claim_rendering(dataset_id, lease_seconds=LEASE_SECONDS):
                return False
            samples = transaction.datasets.get(dataset_id).samples
            there = {file.path for file in transaction.datasets.staged(dataset_id)}
        assert samples is not None, "only datasets that were asked for are in `rendering`"
        missing = [image for image in planned(samples) if path_of(image) not in there]
        with closing(self._render_dice(samples, missing)) as rendered:
            for batch in _batches(zip(missing, rendered, strict=True), samples):
                contents: dict[str, bytes] = {}
                files = [self._kept(path_of(image), content, contents) for image, content in batch]
                if not self._stage(dataset_id, files, contents):
                    return False
        return self._finish(dataset_id)

    def recover(self) -> int:
        """Send a message for each rendering that nobody holds; answer how many."""
        with self._database.transaction() as transaction:
            waiting = transaction.datasets.waiting_renderings()
        for dataset_id in waiting:
            self._queue.send(TaskName.RENDER_SAMPLES, dataset_id)
        return len(waiting)

    def _kept(self, path: str, content: bytes, contents: dict[str, bytes]) -> StagedFile:
        """Its bytes are written; what was here before is noted among the contents."""
        digest = hashlib.sha256(content).hexdigest()
        if not self._blobs.put_bytes(image_key(digest), content):
            contents[image_key(digest)] = content
        return StagedFile(path=path, digest=digest, bytes=len(content))

    def _stage(self, dataset_id: str, files: Sequence[StagedFile], contents: Mapping[str, bytes]) -> bool:
        with self._database.transaction() as transaction:
            keep_still(transaction, self._blobs, contents)
            try:
                dataset = transaction.datasets.get(dataset_id)
            except NotFoundError:
                return False  # deleted meanwhile
            if dataset.state is not DatasetState.RENDERING:
                return False  # somebody else had the lease in between, and has finished
            transaction.datasets.stage(dataset_id, files)
            rendered = dataset.files + len(files)
            transaction.datasets.set_checked(dataset_id, rendered, lease_seconds=LEASE_SECONDS)
        return True

    def _finish(self, dataset_id: str) -> bool:
        with self._database.transaction() as transaction:
            finished = transaction.datasets.set_state(
                dataset_id, DatasetState.CHECKING, expected=[DatasetState.RENDERING]
            )
        if finished:
            self._datasets.commit(dataset_id)
        return finished


def path_of(image: PlannedImage) -> str:
    """Where a picture lies in its dataset."""
    return f"{image.folder}/{image.name}.jpg"


def _batches(
    images: Iterator[tuple[PlannedImage, bytes]], samples: SampleRequest
) -> Iterator[list[tuple[PlannedImage, bytes]]]:
    size = max(2, min(256, _PIXELS_AT_ONCE // (samples.height * samples.width)))
    while batch := list(islice(images, size)):
        yield batch


def _name_of(samples: SampleRequest) -> str:
    return f"Sample dice {samples.height}×{samples.width}, {samples.images_per_class} of each, seed {samples.seed}"


def _id_of(idempotency_key: str) -> str:
    return hashlib.sha256(f"samples:{idempotency_key}".encode()).hexdigest()[:32]
