"""Use cases of taking a run along: the script that repeats it, and the images that it takes."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from app.core.datasets.dataset import ImageRecord, Split
from app.core.datasets.folders import TABLE, file_names, table_of
from app.core.datasets.names import image_key
from app.core.datasets.preparation import Preparation
from app.core.errors import NotFoundError
from app.core.ports import BlobStore, Database, Transaction
from app.core.runs.images import images_of
from app.core.runs.run import EventKind, Run
from app.core.runs.script import ScriptFacts, SplitFacts, figures_of, preparation_of

Zip: TypeAlias = Callable[[Iterable[tuple[str, bytes]]], Iterator[bytes]]
"""Makes the bytes of an archive of (name, content)."""


class ScriptService:
    """Reads what a run was made from. Nothing is kept: the same question has the same answer."""

    def __init__(self, *, database: Database, blobs: BlobStore, zipped: Zip) -> None:
        self._database = database
        self._blobs = blobs
        self._zipped = zipped

    def facts(self, run_id: str, *, origin: str) -> ScriptFacts:
        """All that a script says; `origin` is how this application is reached (scheme, host and port)."""
        with self._database.transaction() as transaction:
            run = transaction.runs.get(run_id)
            images = images_of(run, transaction.datasets.images(run.version_id))
            events = transaction.runs.events(run_id, kinds=[EventKind.EPOCH])
            stored = transaction.architectures.get(run.architecture_id)
            version = transaction.datasets.version(run.version_id)
            dataset = transaction.datasets.get(run.dataset_id).name
            record = next((kept.blob for kept in transaction.runs.artifacts(run_id) if kept.name == "run.json"), None)
        facts = {} if record is None else json.loads(self._blobs.get_bytes(record))
        return ScriptFacts(
            run=run,
            architecture=stored.architecture,
            dataset=f"{dataset}, version {version.number}",
            classes=version.classes,
            splits={split: SplitFacts.of([image for image in images if image.split is split]) for split in Split},
            address=f"{origin}/api/v1/runs/{run_id}/images",
            epochs=figures_of(events),
            versions=facts.get("versions", {}),
        )

    def classes(self, run: Run) -> Sequence[str]:
        """Those of its dataset's version, in the order of the network's outputs."""
        with self._database.transaction() as transaction:
            return transaction.datasets.version(run.version_id).classes

    def preparation(self, run: Run) -> Preparation:
        """How its images become arrays."""
        with self._database.transaction() as transaction:
            architecture = transaction.architectures.get(run.architecture_id).architecture
        return preparation_of(architecture, run.configuration)

    def images_of_run(self, run_id: str) -> tuple[Run, Iterator[bytes]]:
        """The run, and a zip of its images in folders as it divided them, with a table of them in its order."""
        with self._database.transaction() as transaction:
            run = transaction.runs.get(run_id)
            images = images_of(run, transaction.datasets.images(run.version_id))
        return run, self._zipped(self._files(images))

    def images_of_dataset(self, dataset_id: str, *, version_number: int | None = None) -> tuple[str, Iterator[bytes]]:
        """The dataset's name, and the same of its newest version, or of the one with that number."""
        with self._database.transaction() as transaction:
            dataset = transaction.datasets.get(dataset_id)
            images = transaction.datasets.images(_version(transaction, dataset_id, version_number))
        return dataset.name, self._zipped(self._files(images))

    def _files(self, images: Sequence[ImageRecord]) -> Iterator[tuple[str, bytes]]:
        yield TABLE, table_of(images).encode()
        for image, name in zip(images, file_names(images), strict=True):
            yield name, self._blobs.get_bytes(image_key(image.digest))


def _version(transaction: Transaction, dataset_id: str, number: int | None) -> str:
    versions = transaction.datasets.versions(dataset_id)
    wanted = [version for version in versions if number in {None, version.number}]
    if not wanted:
        there = ", ".join(str(version.number) for version in versions) or "none yet"
        raise NotFoundError(f"The dataset has no version {number or ''}. It has: {there}.")
    return max(wanted, key=lambda version: version.number).id
