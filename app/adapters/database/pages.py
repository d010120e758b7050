"""Keyset pages, stable while rows come and go."""

import base64
import binascii
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, Table, and_, or_

from app.core.errors import InvalidError
from app.core.values import Sort

LARGEST_PAGE = 500


def page_of(
    connection: Connection,
    query: Select[Any],
    *,
    table: Table,
    limit: int,
    cursor: str | None,
    sort: Sort = "-created",
) -> tuple[list[RowMapping], str | None]:
    """The rows of a page and the cursor of the next, None at the end; equal names and moments in the order of their ids."""
    if not 1 <= limit <= LARGEST_PAGE:
        raise InvalidError(f"limit is {limit}; it has to be between 1 and {LARGEST_PAGE}.")
    column = table.c.name if sort.endswith("name") else table.c.created_at
    falls = sort.startswith("-")
    if cursor is not None:
        value, row_id = _decode(cursor, sort)
        behind, next_id = (column < value, table.c.id < row_id) if falls else (column > value, table.c.id > row_id)
        query = query.where(or_(behind, and_(column == value, next_id)))
    order = (column.desc(), table.c.id.desc()) if falls else (column, table.c.id)
    rows = list(connection.execute(query.order_by(*order).limit(limit + 1)).mappings())
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], encode_cursor(_text(last[column.name]), last["id"])


def encode_cursor(*parts: str) -> str:
    """Parts of a key as one opaque word."""
    return base64.urlsafe_b64encode("\n".join(parts).encode()).decode()


def decode_cursor(cursor: str, *, parts: int) -> list[str]:
    """The parts again; InvalidError where it is none of ours."""
    try:
        decoded = base64.urlsafe_b64decode(cursor.encode()).decode().split("\n")
    except (binascii.Error, UnicodeError, ValueError):
        decoded = []
    if len(decoded) != parts:
        raise InvalidError(f"cursor {cursor[:40]!r} is none that a page answered; leave it out to begin again.")
    return decoded


def _decode(cursor: str, sort: Sort) -> tuple[datetime | str, str]:
    value, row_id = decode_cursor(cursor, parts=2)
    if sort.endswith("name"):
        return value, row_id
    try:
        return datetime.fromisoformat(value), row_id
    except ValueError:
        raise InvalidError(f"cursor {cursor[:40]!r} is none that a page in this order answered.") from None


def _text(value: datetime | str) -> str:
    return value if isinstance(value, str) else value.isoformat()


def escape_like(q: str) -> str:
    r"""A search text for LIKE with `\` as its escape, found anywhere."""
    escaped = q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
