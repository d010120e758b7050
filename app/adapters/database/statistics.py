"""What is remembered of versions, in SQL."""

from typing import Any

from sqlalchemy import Connection, and_, exists, insert, or_, select, update

from app.adapters.database.tables import version_statistics as table
from app.adapters.database.types import DatabaseNow
from app.core.datasets.statistics import VersionStatistics


class SqlStatistics:
    """Implements statistics.StatisticsStore."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ask(self, version_id: str) -> bool:
        """Have a version looked at; False where it was asked for before."""
        if self._connection.execute(select(exists().where(table.c.version_id == version_id))).scalar():
            return False
        self._connection.execute(insert(table).values(version_id=version_id, done=0))
        return True

    def claim(self, version_id: str, *, lease_seconds: float) -> bool:
        """Take one that waits, or whose lease has run out (by database time)."""
        statement = update(table).where(table.c.version_id == version_id, _waits())
        values = {"lease_until": DatabaseNow() + lease_seconds, "done": 0}
        return self._connection.execute(statement.values(values)).rowcount == 1

    def renew(self, version_id: str, *, done: int, lease_seconds: float) -> None:
        """Note how many images are done."""
        self._update(version_id, done=done, lease_until=DatabaseNow() + lease_seconds)

    def keep(self, version_id: str, statistics: VersionStatistics) -> None:
        """Remember what was found."""
        self._update(version_id, facts=statistics.json_object(), lease_until=None)

    def get(self, version_id: str) -> tuple[int, VersionStatistics | None] | None:
        """(images done, what was found); None where nobody has asked."""
        row = self._connection.execute(select(table).where(table.c.version_id == version_id)).one_or_none()
        if row is None:
            return None
        return row.done, None if row.facts is None else VersionStatistics.model_validate(row.facts)

    def waiting(self) -> list[str]:
        """Versions that nobody is looking at though somebody asked."""
        return list(self._connection.execute(select(table.c.version_id).where(_waits())).scalars())

    def _update(self, version_id: str, **values: Any) -> None:
        self._connection.execute(update(table).where(table.c.version_id == version_id).values(values))


def _waits() -> Any:
    free = or_(table.c.lease_until.is_(None), table.c.lease_until < DatabaseNow())
    return and_(table.c.facts.is_(None), free)
