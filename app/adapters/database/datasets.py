"""Datasets in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, delete, func, insert, or_, select, update

from app.adapters.database.dataset_files import SqlDatasetFiles
from app.adapters.database.dataset_versions import SqlDatasetVersions, version_of
from app.adapters.database.pages import escape_like, page_of
from app.adapters.database.tables import dataset as table
from app.adapters.database.tables import dataset_file as files
from app.adapters.database.tables import dataset_version as versions
from app.adapters.database.types import DatabaseNow
from app.core.datasets.dataset import Dataset, DatasetState, Finding, Version
from app.core.errors import NotFoundError
from app.core.values import Sort


class SqlDatasets(SqlDatasetFiles, SqlDatasetVersions):
    """Implements ports.Datasets."""

    def add(self, dataset: Dataset) -> None:
        """Begin a dataset."""
        row = {"id": dataset.id, "created_at": dataset.created_at, "name": dataset.name, "state": dataset.state.value}
        samples = None if dataset.samples is None else dataset.samples.json_object()
        self._connection.execute(insert(table).values(**row, findings=[], checked=0, samples=samples))

    def get(self, dataset_id: str) -> Dataset:
        """Raise NotFoundError where nothing has this id."""
        row = self._connection.execute(select(table).where(table.c.id == dataset_id)).mappings().one_or_none()
        if row is None:
            raise NotFoundError(f"There is no dataset {dataset_id!r}.")
        return self._with_details([row])[0]

    def rename(self, dataset_id: str, name: str) -> None:
        """Give it another name."""
        self._update(dataset_id, name=name)

    def delete(self, dataset_id: str) -> None:
        """Forget it with its files and versions."""
        self._connection.execute(delete(table).where(table.c.id == dataset_id))

    def page(
        self, *, limit: int = 50, cursor: str | None = None, q: str | None = None, sort: Sort = "-created"
    ) -> tuple[list[Dataset], str | None]:
        """In an order, the newest first unless said."""
        query = select(table)
        if q:
            query = query.where(table.c.name.ilike(escape_like(q), escape="\\"))
        rows, following = page_of(self._connection, query, table=table, limit=limit, cursor=cursor, sort=sort)
        return self._with_details(rows), following

    def held_state(self, dataset_id: str) -> DatasetState:
        """The state, which nobody else changes until this transaction has ended."""
        query = select(table.c.state).where(table.c.id == dataset_id).with_for_update()
        state = self._connection.execute(query).scalar_one_or_none()
        if state is None:
            raise NotFoundError(f"There is no dataset {dataset_id!r}.")
        return DatasetState(state)

    def set_state(self, dataset_id: str, state: DatasetState, *, expected: Sequence[DatasetState]) -> bool:
        """Move to a state if it is in an expected one; False where it was not."""
        was = table.c.state.in_([entry.value for entry in expected])
        statement = update(table).where(table.c.id == dataset_id, was)
        return self._connection.execute(statement.values(state=state.value, lease_until=None)).rowcount == 1

    def claim_check(self, dataset_id: str, *, lease_seconds: float) -> bool:
        """Take the check of a dataset in `checking` whose lease is free or has run out."""
        return self._claim(dataset_id, DatasetState.CHECKING, lease_seconds=lease_seconds)

    def waiting_checks(self) -> list[str]:
        """Datasets in `checking` that nobody holds."""
        return self._waiting(DatasetState.CHECKING)

    def claim_rendering(self, dataset_id: str, *, lease_seconds: float) -> bool:
        """Take the rendering of a dataset in `rendering` whose lease is free or has run out."""
        return self._claim(dataset_id, DatasetState.RENDERING, lease_seconds=lease_seconds)

    def waiting_renderings(self) -> list[str]:
        """Datasets in `rendering` that nobody holds."""
        return self._waiting(DatasetState.RENDERING)

    def set_checked(self, dataset_id: str, checked: int, *, lease_seconds: float) -> None:
        """Note how many files are checked, or rendered, and renew the lease."""
        self._update(dataset_id, checked=checked, lease_until=DatabaseNow() + lease_seconds)

    def set_stage(self, dataset_id: str, stage: str, share: float, *, lease_seconds: float) -> None:
        """Note what is being done after that and how far it is, and renew the lease."""
        self._update(dataset_id, stage=stage, stage_share=share, lease_until=DatabaseNow() + lease_seconds)

    def reject(self, dataset_id: str, findings: Sequence[Finding]) -> None:
        """Set `rejected` and keep why."""
        found = [finding.json_object() for finding in findings]
        self._update(dataset_id, state=DatasetState.REJECTED.value, findings=found, lease_until=None, stage=None)

    def _claim(self, dataset_id: str, state: DatasetState, *, lease_seconds: float) -> bool:
        statement = update(table).where(table.c.id == dataset_id, _waits_in(state))
        values = {"lease_until": DatabaseNow() + lease_seconds, "checked": 0}
        return self._connection.execute(statement.values(values)).rowcount == 1

    def _waiting(self, state: DatasetState) -> list[str]:
        return list(self._connection.execute(select(table.c.id).where(_waits_in(state))).scalars())

    def _update(self, dataset_id: str, **values: Any) -> None:
        self._connection.execute(update(table).where(table.c.id == dataset_id).values(values))

    def _with_details(self, rows: Sequence[Any]) -> list[Dataset]:
        ids = [row["id"] for row in rows]
        sums = select(files.c.dataset_id, func.count().label("files"), func.sum(files.c.bytes).label("bytes"))
        counted = self._connection.execute(
            sums.where(files.c.dataset_id.in_(ids), files.c.is_table.is_(False)).group_by(files.c.dataset_id)
        )
        sizes = {row.dataset_id: (row.files, int(row.bytes)) for row in counted}
        wanted = [row["version_id"] for row in rows if row["version_id"]]
        kept = self._connection.execute(select(versions).where(versions.c.id.in_(wanted))).mappings()
        by_id = {row["id"]: version_of(row) for row in kept}
        return [_dataset(row, sizes.get(row["id"], (0, 0)), by_id.get(row["version_id"])) for row in rows]


def _waits_in(state: DatasetState) -> Any:
    free = or_(table.c.lease_until.is_(None), table.c.lease_until < DatabaseNow())
    return and_(table.c.state == state.value, free)


def _dataset(row: Any, size: tuple[int, int], version: Version | None) -> Dataset:
    return Dataset(
        id=row["id"],
        name=row["name"],
        state=row["state"],
        created_at=row["created_at"],
        files=size[0],
        bytes=size[1],
        checked=row["checked"],
        stage=row["stage"],
        stage_share=row["stage_share"],
        version=version,
        findings=row["findings"],
        samples=row["samples"],
    )
