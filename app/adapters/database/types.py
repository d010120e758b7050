"""Column types and expressions that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Float
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite forgets the zone, so it is put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- SQLAlchemy's signature
        """Read as UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class DatabaseNow(FunctionElement[float]):
    """The database's own time in seconds since 1970: leases never depend on a worker's clock."""

    type = Float()
    inherit_cache = True


@compiles(DatabaseNow, "sqlite")
def _sqlite_now(element: Any, compiler: Any, **options: Any) -> str:  # noqa: ARG001 -- SQLAlchemy's signature
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(DatabaseNow, "postgresql")
def _postgresql_now(element: Any, compiler: Any, **options: Any) -> str:  # noqa: ARG001 -- SQLAlchemy's signature
    return "extract(epoch from clock_timestamp())"
