"""What no database can keep or look for is refused in words, on SQLite and on PostgreSQL."""

import contextlib

import pytest

from app.adapters.database import SqlDatabase
from app.core.errors import InvalidError, NotFoundError


@pytest.mark.parametrize("odd", ["a\0b", "\ud800", "x" * 10_000, "'; --", ""], ids=ascii)
def test_an_id_that_nothing_can_have_is_not_found_or_refused(database: SqlDatabase, odd: str) -> None:
    with pytest.raises((NotFoundError, InvalidError)), database.transaction() as transaction:
        transaction.runs.get(odd)
    with pytest.raises((NotFoundError, InvalidError)), database.transaction() as transaction:
        transaction.datasets.get(odd)


@pytest.mark.parametrize("odd", ["a\0b", "\ud800"], ids=ascii)
def test_a_text_that_nothing_can_have_is_in_nothing(database: SqlDatabase, odd: str) -> None:
    # SQLite knows what a NUL is, PostgreSQL has no place for it.
    with contextlib.suppress(InvalidError), database.transaction() as transaction:
        assert transaction.runs.page(q=odd, tag=odd)[0] == []
