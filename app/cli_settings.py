"""A training's settings as the command line takes and lists them, made from `Configuration` as the form is."""

import difflib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from app.core.errors import InvalidError
from app.core.runs.configuration import Configuration
from app.web.pages.forms import Field, fields_of
from app.web.problems import field_errors

_FIELDS = fields_of(Configuration.model_json_schema())
_NAMES = {".".join(field.path[:length]) for field in _FIELDS for length in range(1, len(field.path) + 1)}
_OPEN = ("class_weights.",)
"""Beginnings of names that the data set chooses."""


def configured(given: Iterable[str]) -> Configuration:
    """The configuration of `NAME=VALUE` texts, where a value is JSON or plain text; raise InvalidError that names them.

    Of settings that have kinds (the optimizer, the schedule) the usual one is meant where none is named.
    """
    values: dict[str, Any] = {}
    for text in given:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not value:
            raise InvalidError(f"--set {text!r}: expected NAME=VALUE, as in optimizer.learning_rate=0.01.")
        _refuse_unknown(name)
        _put(values, name, _read(value))
    for field in _FIELDS:
        chosen = values.get(field.path[0])
        if len(field.path) == 2 and field.kind == "choice" and field.when is None and isinstance(chosen, dict):
            chosen.setdefault(field.path[1], field.default)
    try:
        return Configuration.model_validate(values)
    except ValidationError as error:
        wrong = [f"--set {found.field}: {found.message}" for found in field_errors(error)]
        raise InvalidError("; ".join(wrong)) from None


def show_settings(console: Console) -> None:
    """Print every setting with its default, what it takes and what it means."""
    table = Table(Column("setting", no_wrap=True), "default", "takes", "meaning", title="What --set takes")
    for path in dict.fromkeys(field.path for field in _FIELDS):
        fields = [field for field in _FIELDS if field.path == path]
        defaults = list(dict.fromkeys(_default(field) for field in fields))
        first = fields[0]
        meaning = " ".join(part for part in (first.label, first.hint and f"({first.hint})", _kinds(fields)) if part)
        shown = (".".join(path), defaults[0] if len(defaults) == 1 else "by kind", _takes(first), meaning)
        table.add_row(*(escape(text) for text in shown))
    console.print(table)


def _refuse_unknown(name: str) -> None:
    if name in _NAMES or name.startswith(_OPEN):
        return
    near = difflib.get_close_matches(name, sorted(_NAMES), n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise InvalidError(f"--set {name}: there is no such setting.{hint} `diceboard train --settings` lists them.")


def _put(values: dict[str, Any], name: str, value: Any) -> None:
    *parents, last = name.split(".", 1) if name.startswith(_OPEN) else name.split(".")
    for parent in parents:
        values = values.setdefault(parent, {})
        if not isinstance(values, dict):
            raise InvalidError(f"--set {name}: {parent} is given a value of its own too. Give the one or the other.")
    values[last] = value


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _default(field: Field) -> str:
    return "none" if field.opens or not field.default else field.default


def _takes(field: Field) -> str:
    if field.opens:
        return "{} or its own settings"
    if field.kind == "switch":
        return "true, false"
    if field.choices:
        return ", ".join(field.choices)
    if field.kind == "text":
        return "a text"
    limits = [
        f"{word} {limit:g}" for word, limit in (("from", field.minimum), ("to", field.maximum)) if limit is not None
    ]
    return " ".join(["a whole number" if field.step == "1" else "a number", *limits])


def _kinds(fields: Sequence[Field]) -> str:
    """Which kinds have the setting, where not all do."""
    kinds = [field.when.value for field in fields if field.when is not None and field.when.kind == "choice"]
    if not kinds or fields[0].when is None:
        return ""
    all_kinds = {field.when.value for field in _FIELDS if field.when and field.when.name == fields[0].when.name}
    return "" if set(kinds) == all_kinds else f"[{', '.join(kinds)}]"
