"""Lists in every order that the contract names, on SQLite and PostgreSQL alike."""

import pytest

from app.adapters.database import SqlDatabase
from app.core.datasets.dataset import Dataset
from app.core.errors import InvalidError
from app.core.values import Sort
from tests.factories.rows import ready_dataset


@pytest.mark.parametrize("sort", ["-created", "created", "name", "-name"])
def test_lists_come_in_each_order_without_overlap_or_gap(database: SqlDatabase, sort: Sort) -> None:
    names = ["b", "a", "c", "a", "B"]
    for name in names:
        ready_dataset(database, name=name)
    seen: list[Dataset] = []
    cursor = None
    while True:
        with database.transaction() as transaction:
            items, cursor = transaction.datasets.page(limit=2, cursor=cursor, sort=sort)
        seen += items
        if cursor is None:
            break
    assert len({dataset.id for dataset in seen}) == len(names)
    with database.transaction() as transaction:
        whole, _ = transaction.datasets.page(limit=50, sort=sort)
    assert [dataset.id for dataset in seen] == [dataset.id for dataset in whole]
    if sort.endswith("created"):
        moments = [dataset.created_at for dataset in seen]
        assert moments == sorted(moments, reverse=sort.startswith("-"))
    else:
        lower = [dataset.name for dataset in seen if dataset.name.islower()]
        assert lower == sorted(lower, reverse=sort.startswith("-"))


def test_a_cursor_of_another_order_is_refused(database: SqlDatabase) -> None:
    for name in ("a", "b"):
        ready_dataset(database, name=name)
    with database.transaction() as transaction:
        _, cursor = transaction.datasets.page(limit=1, sort="name")
        with pytest.raises(InvalidError, match="in this order"):
            transaction.datasets.page(limit=1, sort="-created", cursor=cursor)
