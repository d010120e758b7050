"""A layer table as a page shows it: which columns, in which order, searched, and folded by block."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from app.core.architectures.architecture import Style
from app.core.architectures.blocks import blocks_of, kinds_text
from app.core.architectures.layer_table import LayerTable, Row
from app.core.architectures.memory import OPTIMIZER_SLOTS, Precision, training_step_bytes, weight_bytes
from app.core.architectures.written import code_of, object_of, symbol_of

COLUMNS = {
    "kind": "Layer",
    "name": "Name",
    "inputs": "Connected to",
    "input": "Input shape",
    "output": "Output shape",
    "parameters": "Parameters",
    "macs": "Multiply-adds",
    "activation": "Activations",
    "field": "Receptive field",
    "config": "Configuration",
}
NUMBERS = ("parameters", "macs", "activation", "field")
ALWAYS = ("kind", "name", "output", "parameters")
_USUAL = ("macs", "field", "config")


class Asked(BaseModel):
    """What the address asks of the page. `sort` is a column, with a minus for descending; `open` are unfolded blocks."""

    model_config = ConfigDict(frozen=True)

    sort: str = Field(default="", pattern=f"^-?({'|'.join(COLUMNS)})?$")
    q: str = Field(default="", max_length=200)
    by_block: bool = False
    open: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    style: Style | None = None
    batch_size: int = Field(default=1, ge=1, le=1_000_000)
    precision: Precision = "float32"
    optimizer: str = Field(default="Adam", pattern=f"^({'|'.join(OPTIMIZER_SLOTS)})$")

    def query(self, **changes: Any) -> str:
        """The same as a query string, with some of it changed."""
        changed = self.model_copy(update=changes)
        pairs = [("sort", changed.sort), ("q", changed.q), ("by_block", "true" if changed.by_block else "")]
        pairs += [("open", name) for name in changed.open] + [("columns", name) for name in changed.columns]
        usual = Asked()
        pairs += [
            (name, str(getattr(changed, name) if getattr(changed, name) != getattr(usual, name) else ""))
            for name in ("style", "batch_size", "precision", "optimizer")
        ]
        return urlencode([(name, value) for name, value in pairs if value])

    def toggled(self, block: str) -> str:
        """The query string in which a block is the other way round."""
        left = tuple(name for name in self.open if name != block)
        return self.query(open=left if block in self.open else (*self.open, block))

    def sorted_by(self, column: str) -> str:
        """The query string of the next order by a column: numbers largest first, then the other way, then as written."""
        first, second = (f"-{column}", column) if column in NUMBERS else (column, f"-{column}")
        following = {first: second, second: ""}.get(self.sort, first)
        return self.query(sort=following, by_block=False)


@dataclass(frozen=True)
class Group:
    """Rows under one head; a group without a name has none."""

    name: str
    kinds: str
    rows: tuple[Row, ...]
    is_open: bool
    fails: bool
    output: Row | None
    parameters: int | None
    macs: int | None


@dataclass(frozen=True)
class Memory:
    """Bytes of the weights and of one step of training; None where a size is not known."""

    weights: int | None
    step: int | None
    precision: str
    optimizer: str


@dataclass(frozen=True)
class LayerView:
    """What the page renders."""

    asked: Asked
    columns: tuple[str, ...]
    groups: tuple[Group, ...]
    shown: int
    total: int


AskedOfPage = Annotated[Asked, Query()]
"""What the address asks of an architecture's page."""


def layer_view(table: LayerTable, asked: Asked, *, is_chain: bool) -> LayerView:
    """The table as asked. Where a network branches, what each layer is connected to is shown unless columns are chosen."""
    usual = _USUAL if is_chain else ("inputs", *_USUAL)
    columns = tuple(name for name in COLUMNS if name in ALWAYS or name in (asked.columns or usual))
    found = [row for row in table.rows if _matches(row, asked.q.lower())]
    groups = _folded(table, found, asked) if asked.by_block else [_group("", _in_order(found, asked.sort))]
    return LayerView(asked, columns, tuple(groups), shown=len(found), total=len(table.rows))


def memory_of(table: LayerTable, asked: Asked) -> Memory:
    """What training it takes, as the address asks."""
    slots = OPTIMIZER_SLOTS[asked.optimizer]
    step = training_step_bytes(table, batch_size=asked.batch_size, precision=asked.precision, slots=slots)
    return Memory(weight_bytes(table, precision=asked.precision), step, asked.precision, asked.optimizer)


def written_value(value: JsonValue) -> str:
    """An argument as one would write it in Python: (3, 3), same, None, L2(l2=0.01)."""
    if isinstance(value, str):
        return value
    plain = symbol_of(value) or code_of(value)
    if plain is not None:
        return plain
    named = object_of(value)
    if named is not None:
        return f"{named[0]}({', '.join(f'{key}={written_value(entry)}' for key, entry in named[1].items())})"
    if isinstance(value, list):
        return f"({', '.join(written_value(entry) for entry in value)}{',' if len(value) == 1 else ''})"
    return (
        str(value) if value is None or isinstance(value, bool | float | int) else json.dumps(value, ensure_ascii=False)
    )


def _matches(row: Row, words: str) -> bool:
    if not words:
        return True
    config = " ".join(f"{name} {written_value(value)}" for name, value in row.config.items())
    return words in f"{row.name} {row.kind} {' '.join(row.inputs)} {config}".lower()


def _in_order(rows: Sequence[Row], sort: str) -> list[Row]:
    column = sort.removeprefix("-")
    if not column:
        return list(rows)
    known = [row for row in rows if _sort_key(row, column) is not None]
    unknown = [row for row in rows if _sort_key(row, column) is None]
    # What is not known stands last, whichever way round.
    return sorted(known, key=lambda row: _sort_key(row, column), reverse=sort.startswith("-")) + unknown


def _sort_key(row: Row, column: str) -> Any:
    texts: Mapping[str, str] = {"kind": row.kind, "name": row.name, "inputs": " ".join(row.inputs)}
    if column in texts:
        return texts[column].lower()
    if column == "field":
        return row.receptive_field
    if column == "config":
        return " ".join(sorted(row.config))
    if column in {"input", "output"}:
        shapes = (row.input_shapes if column == "input" else row.output_shapes) or ()
        return _volume(shapes[0]) if shapes and shapes[0] is not None else None
    return getattr(row, {"activation": "activation_bytes"}.get(column, column))


def _volume(shape: Sequence[Any]) -> int | None:
    volume = 1
    for size in shape[1:]:
        if not isinstance(size, int):
            return None
        volume *= size
    return volume


def _folded(table: LayerTable, found: Sequence[Row], asked: Asked) -> Iterable[Group]:
    wanted = {row.call for row in found}
    failed = table.failure.call if table.failure else None
    for block in blocks_of(table.rows):
        inside = [row for row in table.rows[block.start : block.end] if row.call in wanted]
        if inside:
            is_open = block.name in asked.open or bool(asked.q)
            fails = any(row.call == failed for row in inside)
            yield _group(block.name if block.end - block.start > 1 else "", inside, is_open=is_open, fails=fails)


def _group(name: str, rows: Sequence[Row], *, is_open: bool = True, fails: bool = False) -> Group:
    reached = [row for row in rows if row.reached and row.output_shapes]
    return Group(
        name=name,
        kinds=kinds_text(rows),
        rows=tuple(rows),
        is_open=is_open,
        fails=fails,
        output=reached[-1] if reached else None,
        parameters=_sum(row.parameters for row in rows),
        macs=_sum(row.macs for row in rows),
    )


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
