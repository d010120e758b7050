"""Positions in a list, as they stand in addresses."""

from app.core.errors import InvalidError

LARGEST = 2**31


def offset_of(cursor: str | None) -> int:
    """The position that a cursor names, from 0; InvalidError where it is none that a page answered."""
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= 10 and int(cursor) < LARGEST):
        raise InvalidError(f"cursor {cursor[:40]!r} is none that a page answered; leave it out to begin again.")
    return int(cursor)
