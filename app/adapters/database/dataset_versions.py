"""Versions of datasets in SQL."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, insert, select, update

from app.adapters.database.tables import dataset
from app.adapters.database.tables import dataset_finding_image as finding_images
from app.adapters.database.tables import dataset_image as images
from app.adapters.database.tables import dataset_version as versions
from app.core.datasets.dataset import DatasetState, ImageRecord, Version
from app.core.errors import NotFoundError

ROWS_AT_ONCE = 1_000


class SqlDatasetVersions:
    """Implements version_store.DatasetVersions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def publish(
        self,
        dataset_id: str,
        version: Version,
        images_of_it: Iterable[ImageRecord],
        listed: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Insert the version with its images, make it the newest, and set `ready`."""
        facts = version.model_dump(mode="json", exclude={"id", "number"})
        row = {"id": version.id, "dataset_id": dataset_id, "number": version.number, "facts": facts}
        self._connection.execute(insert(versions).values(row))
        for batch in _batches({"version_id": version.id, **image.model_dump(mode="json")} for image in images_of_it):
            self._connection.execute(insert(images), batch)
        named = (
            {"version_id": version.id, "rule": rule, "path": path}
            for rule, paths in (listed or {}).items()
            for path in dict.fromkeys(paths)
        )
        for batch in _batches(named):
            self._connection.execute(insert(finding_images), batch)
        self._connection.execute(
            update(dataset)
            .where(dataset.c.id == dataset_id)
            .values(
                state=DatasetState.READY.value,
                version_id=version.id,
                findings=facts["findings"],
                lease_until=None,
                stage=None,
                stage_share=None,
            )
        )

    def versions(self, dataset_id: str) -> list[Version]:
        """Its versions, the newest first."""
        query = select(versions).where(versions.c.dataset_id == dataset_id).order_by(versions.c.number.desc())
        return [version_of(row) for row in self._connection.execute(query).mappings()]

    def version(self, version_id: str) -> Version:
        """Raise NotFoundError where nothing has this id."""
        row = self._connection.execute(select(versions).where(versions.c.id == version_id)).mappings().one_or_none()
        if row is None:
            raise NotFoundError(f"There is no version {version_id!r} of a dataset.")
        return version_of(row)

    def listed(self, version_id: str) -> dict[str, list[str]]:
        """The paths that each finding of the version lists, by rule."""
        query = select(finding_images.c.rule, finding_images.c.path).where(finding_images.c.version_id == version_id)
        found: dict[str, list[str]] = {}
        for rule, path in self._connection.execute(query.order_by(finding_images.c.rule, finding_images.c.path)):
            found.setdefault(rule, []).append(path)
        return found

    def images(self, version_id: str) -> list[ImageRecord]:
        """All of its images, by split, class and path."""
        query = select(images).where(images.c.version_id == version_id)
        rows = self._connection.execute(query.order_by(images.c.split, images.c.class_name, images.c.path)).mappings()
        return [
            ImageRecord.model_validate({name: value for name, value in row.items() if name != "version_id"})
            for row in rows
        ]


def version_of(row: Any) -> Version:
    """A row of the table as a version."""
    return Version.model_validate({**row["facts"], "id": row["id"], "number": row["number"]})


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, ROWS_AT_ONCE)):
        yield batch
