"""Reports in SQL; their files are blobs. No row of a run stands behind them: they outlive what they are about."""

from typing import Any

from sqlalchemy import Connection, delete, insert, select

from app.adapters.database.pages import page_of
from app.adapters.database.tables import report as table
from app.core.errors import NotFoundError
from app.core.runs.report import Report


class SqlReports:
    """Implements report.Reports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, report: Report) -> None:
        """Keep a new one."""
        row = report.model_dump(mode="json") | {"created_at": report.created_at}
        self._connection.execute(insert(table).values(row))

    def get(self, report_id: str) -> Report:
        """Raise NotFoundError where nothing has this id."""
        row = self._connection.execute(select(table).where(table.c.id == report_id)).mappings().one_or_none()
        if row is None:
            raise NotFoundError(f"There is no report {report_id!r:.60}. It may have been deleted; /reports lists them.")
        return _report_of(row)

    def page(self, *, limit: int = 50, cursor: str | None = None) -> tuple[list[Report], str | None]:
        """Newest first."""
        rows, following = page_of(self._connection, select(table), table=table, limit=limit, cursor=cursor)
        return [_report_of(row) for row in rows], following

    def delete(self, report_id: str) -> None:
        """Forget it."""
        self._connection.execute(delete(table).where(table.c.id == report_id))


def _report_of(row: Any) -> Report:
    return Report.model_validate(dict(row))
