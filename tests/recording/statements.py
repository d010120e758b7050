"""The statements of one version as its code issues them, written down by a hook of SQLAlchemy, and run again later."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg.types.json import Json
from sqlalchemy import Connection, Engine, event

MOMENT, DOCUMENT = "moment:", "document:"
"""What psycopg takes as objects begins with a word here."""


@contextmanager
def recorded(engine: Engine) -> Iterator[list[list[dict[str, Any]]]]:
    """A list that gets one list of statements for each transaction that was committed."""
    transactions: list[list[dict[str, Any]]] = []
    open_ones: dict[int, list[dict[str, Any]]] = {}

    def begin(connection: Connection) -> None:
        open_ones[id(connection)] = []

    def executed(
        connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        if not statement.startswith("BEGIN"):
            open_ones[id(connection)].append(
                {"statement": statement, "parameters": parameters, "rows": cursor.rowcount}
            )

    def commit(connection: Connection) -> None:
        transactions.append(open_ones.pop(id(connection)))

    hooks = [("begin", begin), ("after_cursor_execute", executed), ("commit", commit)]
    for name, hook in hooks:
        event.listen(engine, name, hook, insert=name == "begin")
    try:
        yield transactions
    finally:
        for name, hook in hooks:
            event.remove(engine, name, hook)


def replay(engine: Engine, path: Path) -> int:
    """Run them in their order, each of which has to find as many rows as it did then; answer how many they were."""
    count = 0
    for transaction in json.loads(path.read_text(encoding="utf-8")):
        with engine.begin() as connection:
            for one in transaction:
                result = connection.exec_driver_sql(one["statement"], _bound(one["parameters"]))
                assert result.cursor is None or result.cursor.rowcount == one["rows"], one
                count += 1
    return count


def write(path: Path, transactions: list[list[dict[str, Any]]]) -> None:
    """As JSON, a transaction a line, so that a difference can be read."""
    lines = ",\n".join(json.dumps(transaction, default=_told) for transaction in transactions if transaction)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _told(value: Any) -> Any:
    if isinstance(value, datetime):
        return MOMENT + value.isoformat()
    if isinstance(value, Json):
        return DOCUMENT + json.dumps(value.obj)
    raise TypeError(f"{type(value).__name__} cannot be written down")


def _bound(value: Any) -> Any:
    """Parameters as a driver takes them: a tuple or a mapping, or a list of these."""
    if isinstance(value, dict):
        return {name: _object(one) for name, one in value.items()}
    if value and isinstance(value[0], dict | list):
        return [_bound(one) for one in value]
    return tuple(map(_object, value))


def _object(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(MOMENT):
        return datetime.fromisoformat(value.removeprefix(MOMENT))
    if isinstance(value, str) and value.startswith(DOCUMENT):
        return Json(json.loads(value.removeprefix(DOCUMENT)))
    return value
