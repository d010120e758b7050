"""Sources in SQL: which texts are kept, and which architectures were read from them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.adapters.database.tables import architecture
from app.adapters.database.tables import source as table
from app.adapters.database.tables import source_architecture as uses


class SqlSources:
    """Implements ports.Sources."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, digest: str, *, read_at: datetime, architectures: Collection[str]) -> None:
        """Note that a text is there and who was read from it; until the end of the transaction nobody else may take it."""
        mine = update(table).where(table.c.digest == digest).values(read_at=read_at)
        if self._connection.execute(mine).rowcount == 0:
            # It is new, or was removed while its lock was waited for; somebody else may add it at the same time.
            self._add(table, [{"digest": digest, "read_at": read_at}])
            self._connection.execute(mine)
        there = select(architecture.c.id).where(architecture.c.id.in_(architectures))
        kept = self._connection.execute(there.with_for_update(read=True, key_share=True)).scalars()
        self._add(uses, [{"digest": digest, "architecture_id": each} for each in kept])

    def take_unused(self, *, read_before: datetime, limit: int) -> list[str]:
        """Remove the rows of texts from which no architecture is left, and answer their digests."""
        unused = ~exists().where(uses.c.digest == table.c.digest)
        query = select(table.c.digest).where(table.c.read_at < read_before, unused).limit(limit)
        locked = self._connection.execute(query.with_for_update(skip_locked=True)).scalars().all()
        if not locked:
            return []
        # Between the look and the lock an architecture may have been read from one of them.
        gone = delete(table).where(table.c.digest.in_(locked), table.c.read_at < read_before, unused)
        return list(self._connection.execute(gone.returning(table.c.digest)).scalars())

    def _add(self, target: Table, rows: list[dict[str, Any]]) -> None:
        """Insert those that are not there yet."""
        if rows:
            self._connection.execute(self._insert(target).on_conflict_do_nothing(), rows)

    def _insert(self, target: Table) -> Any:
        is_sqlite = self._connection.dialect.name == "sqlite"
        return sqlite.insert(target) if is_sqlite else postgresql.insert(target)
