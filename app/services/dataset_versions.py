"""Versions of datasets: which there are, and new ones made of the newest by a repair."""

from app.core.datasets.check_data import unpacked
from app.core.datasets.checks import Seen, checked
from app.core.datasets.dataset import DatasetState, Version
from app.core.datasets.findings import Listed
from app.core.datasets.repair import Repair, repaired
from app.core.datasets.versions import version_of
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.ports import BlobStore, Clock, Database, NewId

_OF_FILES = frozenset({"empty_files", "broken_images", "outside_classes", "empty_classes"})
"""Findings about files that are in no version: they stay true of every version made later."""


class DatasetVersionService:
    """What can be done with versions once there is one. Nothing is decoded again."""

    def __init__(self, *, database: Database, blobs: BlobStore, clock: Clock, new_id: NewId) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._new_id = new_id

    def versions(self, dataset_id: str) -> list[Version]:
        """Its versions, the newest first; empty while it has none."""
        with self._database.transaction() as transaction:
            transaction.datasets.get(dataset_id)
            return transaction.datasets.versions(dataset_id)

    def version(self, dataset_id: str, number: int | None) -> Version:
        """The version with that number, the newest where none is said; NotFoundError where it has none such."""
        for version in self.versions(dataset_id):
            if number in {None, version.number}:
                return version
        raise NotFoundError("The dataset has no version yet." if number is None else f"It has no version {number}.")

    def repair(self, dataset_id: str, repair: Repair) -> Version:
        """Make a new version of the newest one; runs keep the version that they were asked for.

        ConflictError while the dataset is not ready, or where another version was made meanwhile; InvalidError where
        the repair does not fit the version, or leaves what cannot be trained on.
        """
        with self._database.transaction() as transaction:
            dataset = transaction.datasets.get(dataset_id)
            base = dataset.version
            if dataset.state is not DatasetState.READY or base is None:
                raise ConflictError(
                    f"The dataset {dataset.name!r} is {dataset.state.value}; repair it once it is ready."
                )
            images = transaction.datasets.images(base.id)
            listed = transaction.datasets.listed(base.id)
        kept, changes = repaired(images, repair, listed)
        classes = tuple(sorted({image.class_name for image in kept}))
        before = [Listed(finding) for finding in base.findings if finding.rule in _OF_FILES]
        result = checked(kept, classes, self._seen(base), before=before)
        version = version_of(
            result,
            classes,
            version_id=self._new_id(),
            number=base.number + 1,
            created_at=self._clock(),
            check_data=base.check_data,
            made_from=base.number,
            changes=changes,
        )
        if version.digest == base.digest:
            raise InvalidError("That changes nothing: the version would have the same images in the same places.")
        with self._database.transaction() as transaction:
            now = transaction.datasets.get(dataset_id).version
            if now is None or now.id != base.id:
                raise ConflictError("Another version was made in the meantime. Look at it, then repair that one.")
            transaction.datasets.publish(
                dataset_id, version, result.images, {entry.finding.rule: entry.paths for entry in result.found}
            )
        return version

    def _seen(self, version: Version) -> Seen:
        if version.check_data is None:
            return Seen({}, [])  # made before the checks kept what they saw
        return unpacked(self._blobs.get_bytes(version.check_data))
