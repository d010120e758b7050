"""Architectures in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, insert, select, update

from app.adapters.database.pages import escape_like, page_of
from app.adapters.database.tables import architecture as table
from app.core.architectures.architecture import Architecture, ArchitectureSummary, StoredArchitecture
from app.core.errors import NotFoundError
from app.core.values import Sort

_SUMMARY = [table.c[name] for name in ArchitectureSummary.model_fields]
_WHOLE = [column for column in table.c if column.name not in {"style", "source", "calls"}]


class SqlArchitectures:
    """Implements ports.Architectures."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, stored: StoredArchitecture) -> None:
        """Keep an architecture."""
        summary = stored.summary
        row = summary.model_dump(exclude={"source", "stops_at"}) | {
            "digest": stored.digest,
            "definition": stored.architecture.json_object(),
            "style": summary.style.value,
            "source": summary.source.json_object(),
            "stops_at": None if stored.stops_at is None else stored.stops_at.json_object(),
        }
        self._connection.execute(insert(table).values(row))

    def get(self, architecture_id: str) -> StoredArchitecture:
        """Raise NotFoundError where nothing has this id."""
        return _stored(self._row(architecture_id, _WHOLE))

    def summary(self, architecture_id: str) -> ArchitectureSummary:
        """Raise NotFoundError where nothing has this id."""
        return _summary(self._row(architecture_id, _SUMMARY))

    def by_digest(self, digest: str, *, name: str) -> StoredArchitecture | None:
        """The architecture with this definition and name."""
        query = select(*_WHOLE).where(table.c.digest == digest, table.c.name == name).limit(1)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _stored(row)

    def rename(self, architecture_id: str, name: str) -> None:
        """Give it another name."""
        self._connection.execute(update(table).where(table.c.id == architecture_id).values(name=name))

    def delete(self, architecture_id: str) -> None:
        """Forget it."""
        self._connection.execute(delete(table).where(table.c.id == architecture_id))

    def page(
        self, *, limit: int = 50, cursor: str | None = None, q: str | None = None, sort: Sort = "-created"
    ) -> tuple[list[StoredArchitecture], str | None]:
        """In an order, the newest first unless said."""
        rows, following = self._rows(_WHOLE, limit=limit, cursor=cursor, q=q, sort=sort)
        return [_stored(row) for row in rows], following

    def summaries(
        self, *, limit: int = 50, cursor: str | None = None, q: str | None = None, sort: Sort = "-created"
    ) -> tuple[list[ArchitectureSummary], str | None]:
        """The same page without the definitions."""
        rows, following = self._rows(_SUMMARY, limit=limit, cursor=cursor, q=q, sort=sort)
        return [_summary(row) for row in rows], following

    def _row(self, architecture_id: str, columns: Sequence[ColumnElement[Any]]) -> RowMapping:
        query = select(*columns).where(table.c.id == architecture_id)
        row = self._connection.execute(query).mappings().one_or_none()
        if row is None:
            raise NotFoundError(f"There is no architecture {architecture_id!r}.")
        return row

    def _rows(
        self, columns: Sequence[ColumnElement[Any]], *, limit: int, cursor: str | None, q: str | None, sort: Sort
    ) -> tuple[list[RowMapping], str | None]:
        query = select(*columns)
        if q:
            query = query.where(table.c.name.ilike(escape_like(q), escape="\\"))
        return page_of(self._connection, query, table=table, limit=limit, cursor=cursor, sort=sort)


def _summary(row: RowMapping) -> ArchitectureSummary:
    return ArchitectureSummary.model_validate(dict(row))


def _stored(row: RowMapping) -> StoredArchitecture:
    definition = {**row["definition"], "name": row["name"]}
    return StoredArchitecture(
        id=row["id"],
        created_at=row["created_at"],
        digest=row["digest"],
        architecture=Architecture.model_validate(definition),
        stops_at=row["stops_at"],
        parameters=row["parameters"],
        reached_layers=row["reached_layers"],
    )
