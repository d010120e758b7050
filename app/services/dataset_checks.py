"""The check of a committed dataset: every image is looked at once, then a version is published whole or not at all."""

import hashlib
import time
from collections.abc import Mapping, Sequence

from app.core.datasets import file_findings
from app.core.datasets.check_data import packed
from app.core.datasets.checks import Checked, Seen, checked
from app.core.datasets.dataset import DatasetState, ImageRecord, Split, StagedFile
from app.core.datasets.facts import Examination, ImageFacts, Images
from app.core.datasets.findings import Listed
from app.core.datasets.layout import Layout, labels_noted, layout_of
from app.core.datasets.splits import split_of_each
from app.core.datasets.versions import version_of
from app.core.errors import InvalidError, OutOfSpaceError
from app.core.names import TaskName
from app.core.ports import BlobStore, Clock, Database, NewId, TaskQueue
from app.services.kept_blobs import keep_still

LEASE_SECONDS = 60.0
PROGRESS_SECONDS = 1.0
COMPARING = "comparing"


class DatasetChecks:
    """Run by a worker of the light pool; as often as wanted, by as many as wanted."""

    def __init__(
        self,
        *,
        database: Database,
        blobs: BlobStore,
        images: Images,
        queue: TaskQueue,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._images = images
        self._queue = queue
        self._clock = clock
        self._new_id = new_id

    def check(self, dataset_id: str) -> bool:
        """Look at every image and publish a version, or reject with findings; False where there was nothing to do."""
        with self._database.transaction() as transaction:
            if not transaction.datasets.claim_check(dataset_id, lease_seconds=LEASE_SECONDS):
                return False
            staged = transaction.datasets.staged(dataset_id)
        try:
            return self._checked(dataset_id, staged)
        except OutOfSpaceError as error:
            return self._reject(dataset_id, [file_findings.unusable(error.detail)])

    def recover(self) -> int:
        """Send a message for each check that nobody holds; answer how many."""
        with self._database.transaction() as transaction:
            waiting = transaction.datasets.waiting_checks()
        for dataset_id in waiting:
            self._queue.send(TaskName.CHECK_DATASET, dataset_id)
        return len(waiting)

    def _checked(self, dataset_id: str, staged: Sequence[StagedFile]) -> bool:
        with self._images.examination(list(dict.fromkeys(file.digest for file in staged))) as examination:
            facts, reasons = self._facts(dataset_id, staged, examination)
            by_path = {file.path: file for file in staged}
            broken = {file.path: reasons[file.digest] for file in staged if file.digest in reasons}
            found = file_findings.left_out(broken, by_path)
            usable = [path for path in by_path if path not in broken]
            try:
                layout = layout_of(usable, labels_noted(staged))
                images = _images(layout, by_path, facts)
            except InvalidError as error:
                return self._reject(dataset_id, [file_findings.unusable(error.detail), *found])
            found += file_findings.outside_classes(layout.outside)
            found += file_findings.empty_classes(_classes_lost(by_path, layout))
            digests = sorted({image.digest for image in images})
            pairs = examination.copies(digests, self._teller(dataset_id, COMPARING))
        thumbnails = {digest: facts[digest].thumbnail for digest in digests}
        result = checked(images, layout.classes, Seen(thumbnails, pairs), before=found)
        return self._publish(dataset_id, layout.classes, result, packed(thumbnails, pairs))

    def _facts(
        self, dataset_id: str, staged: Sequence[StagedFile], examination: Examination
    ) -> tuple[dict[str, ImageFacts], dict[str, str]]:
        """Of each digest the facts, or the reason why it has none."""
        outcomes = examination.facts(self._teller(dataset_id, files=len(staged)))
        facts = {digest: outcome for digest, outcome in outcomes.items() if isinstance(outcome, ImageFacts)}
        return facts, {digest: outcome for digest, outcome in outcomes.items() if isinstance(outcome, str)}

    def _teller(self, dataset_id: str, stage: str | None = None, *, files: int = 0) -> "_Teller":
        return _Teller(self._database, dataset_id, stage=stage, files=files)

    def _reject(self, dataset_id: str, found: Sequence[Listed]) -> bool:
        with self._database.transaction() as transaction:
            if transaction.datasets.get(dataset_id).state is not DatasetState.CHECKING:
                return False
            transaction.datasets.reject(dataset_id, [entry.finding for entry in found])
        return True

    def _publish(self, dataset_id: str, classes: Sequence[str], result: Checked, check_data: bytes) -> bool:
        key = f"checks/{hashlib.sha256(check_data).hexdigest()}"
        self._blobs.put_bytes(key, check_data)
        # Once for all images: a version that is there never points at bytes that a loss of power took.
        self._blobs.flush()
        with self._database.transaction() as transaction:
            keep_still(transaction, self._blobs, {key: check_data})
            dataset = transaction.datasets.get(dataset_id)
            # Whoever else had the lease in between came to the same version; one is enough.
            if dataset.state is not DatasetState.CHECKING:
                return False
            version = version_of(
                result,
                classes,
                version_id=self._new_id(),
                number=1 if dataset.version is None else dataset.version.number + 1,
                created_at=self._clock(),
                check_data=key,
            )
            listed = {entry.finding.rule: entry.paths for entry in result.found}
            transaction.datasets.publish(dataset_id, version, result.images, listed)
        return True


class _Teller:
    """Notes progress and renews the lease, about once a second."""

    def __init__(self, database: Database, dataset_id: str, *, stage: str | None, files: int) -> None:
        self._database = database
        self._dataset_id = dataset_id
        self._stage = stage
        self._files = files
        self._told_at = 0.0

    def __call__(self, done: int, of_all: int) -> None:
        if done < of_all and time.monotonic() - self._told_at < PROGRESS_SECONDS:
            return
        self._told_at = time.monotonic()
        share = done / max(1, of_all)
        with self._database.transaction() as transaction:
            if self._stage is None:
                count = round(share * self._files)
                transaction.datasets.set_checked(self._dataset_id, count, lease_seconds=LEASE_SECONDS)
            else:
                transaction.datasets.set_stage(self._dataset_id, self._stage, share, lease_seconds=LEASE_SECONDS)


def _images(layout: Layout, files: Mapping[str, StagedFile], facts: Mapping[str, ImageFacts]) -> list[ImageRecord]:
    splits = split_of_each(layout.places, {path: file.digest for path, file in files.items()})
    if Split.VALIDATION not in splits.values():
        raise InvalidError(
            "No image is left to validate on: each class has a single image, or only equal ones. Add more images."
        )
    images = []
    for place in layout.places:
        file = files[place.path]
        fact = facts[file.digest]
        images.append(
            ImageRecord(
                digest=file.digest,
                path=file.path,
                class_name=place.class_name,
                split=splits[place.path],
                height=fact.height,
                width=fact.width,
                mode=fact.mode,
                bytes=file.bytes,
                format=fact.format,
                frames=fact.frames,
                brightness=fact.brightness,
                mean_color=fact.mean_color,
            )
        )
    return images


def _classes_lost(files: Mapping[str, StagedFile], layout: Layout) -> list[str]:
    """Classes of which files arrived and none can be used."""
    try:
        named = layout_of(list(files)).classes
    except InvalidError:
        return []  # with the unusable files there would be no layout; without them there is one
    return sorted(set(named) - set(layout.classes))
