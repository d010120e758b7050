"""A comparison as its page says it: aligned rows with badges and words, and how each side stands."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from pydantic import JsonValue

from app.core.architectures.architecture import Symbol
from app.core.architectures.differences import AlignedRow, Cause, Change
from app.core.architectures.layer_table import LayerTable, Row
from app.core.architectures.saying import ordinal, value_text
from app.core.architectures.table_texts import shape_text
from app.services.differences import Comparison

LONGEST_VALUE = 80
FEWEST_FOLDED = 5
"""Shorter runs of equal rows are shown as they are."""
_SEEN = frozenset({"input_shapes", "output_shapes", "parameters", "trainable_parameters"})
"""Fields that the columns of the table show."""
_DERIVED = {"macs": "multiply-adds", "activation_bytes": "activation memory", "receptive_field": "receptive field"}
_CODE = re.compile(r"`([^`]+)`|\b([a-z_]+=(?:'[^']*'|\"[^\"]*\"|\([^()]*\)|[\w.-]*\w))")


@dataclass(frozen=True)
class Words:
    """A changed field: its name, and what it is on either side where that can be said in few words."""

    field: str
    left: str | None = None
    right: str | None = None


@dataclass(frozen=True)
class Cell:
    """One side of a row: a state other than `built` has no shape."""

    state: str
    name: str = ""
    shape: str = ""
    parameters: int | None = None


@dataclass(frozen=True)
class TableRow:
    """An aligned row; `number` counts from 0, `causes` are those that explain something in it."""

    number: int
    kind: str
    left: Cell
    right: Cell
    badge: str
    tone: str
    words: tuple[Words, ...]
    note: str
    causes: tuple[str, ...]
    differs: bool


@dataclass(frozen=True)
class Group:
    """Rows one after another; `folded` ones are all the same."""

    rows: tuple[TableRow, ...]
    folded: bool


def table_rows(comparison: Comparison) -> list[TableRow]:
    """All aligned rows in order."""
    causes = causes_by_row(comparison.differences.causes)
    left = {row.call: row for row in comparison.left_table.rows}
    right = {row.call: row for row in comparison.right_table.rows}
    rows = []
    for number, aligned in enumerate(comparison.differences.rows):
        cells = (
            _cell(left.get(aligned.left or ""), comparison.left_table),
            _cell(right.get(aligned.right or ""), comparison.right_table),
        )
        badge, tone = _badge(aligned, cells)
        words = tuple(
            _words(change, comparison)
            for change in aligned.changes
            if change.field not in {*_SEEN, *_DERIVED, "present"}
        )
        note = _note(aligned, cells, words)
        rows.append(
            TableRow(
                number, aligned.kind, *cells, badge, tone, words, note, tuple(causes.get(number, ())), differs(aligned)
            )
        )
    return rows


def differs(row: AlignedRow) -> bool:
    """Whether anything is different in it; rows that neither side reached may be written alike."""
    return bool(row.changes) or row.status in {"added", "removed"}


def causes_by_row(causes: Iterable[Cause]) -> dict[int, list[str]]:
    """For each row the causes that change its definition or explain something in it."""
    found: dict[int, list[str]] = {}
    for cause in causes:
        for row in sorted({*cause.rows, *(entry.row for entry in cause.explains)}):
            found.setdefault(row, []).append(cause.id)
    return found


def grouped(rows: Sequence[TableRow], *, only_differences: bool) -> list[Group]:
    """Runs of equal rows folded, or left out."""
    groups = []
    for is_same, members in groupby(rows, key=lambda row: not row.differs):
        run = tuple(members)
        if not (is_same and only_differences):
            groups.append(Group(run, is_same and len(run) >= FEWEST_FOLDED))
    return groups


def standing(table: LayerTable) -> str:
    """`complete`, or where it stops."""
    if table.failure is None:
        return "complete"
    failure = table.failure
    alike = [row.call for row in table.rows if row.kind == failure.kind]
    name = next(row.name for row in table.rows if row.call == failure.call)
    return f"half-built: stops at {name}, its {ordinal(alike.index(failure.call) + 1)} {failure.kind}"


def outputs(table: LayerTable) -> str:
    """What leaves the network, or the last shape reached."""
    taken = {name.partition(":")[0] for row in table.rows for name in row.inputs} | {
        name for row in table.rows for name in row.inputs
    }
    reached = [row for row in table.rows if row.reached]
    ends = [row for row in reached if row.call not in taken] if table.complete else reached[-1:]
    shapes = [shape_text(shape) for row in ends for shape in row.output_shapes or (None,)]
    return ", ".join(shapes[:3]) + (f" and {len(shapes) - 3} more" if len(shapes) > 3 else "")


def pieces(text: str) -> list[tuple[str, bool]]:
    """A sentence cut into words and code (`name=value`, or what stands between backticks)."""
    found: list[tuple[str, bool]] = []
    end = 0
    for match in _CODE.finditer(text):
        found += [(text[end : match.start()], False), (match[1] or match[2], True)]
        end = match.end()
    return [piece for piece in [*found, (text[end:], False)] if piece[0]]


def first_sentence(text: str) -> tuple[str, str]:
    """The sentence that is said loudly, and the rest."""
    match = re.search(r"[.!?](?=\s+[^a-z])", text)
    return (text, "") if match is None else (text[: match.end()], text[match.end() :].strip())


def _cell(row: Row | None, table: LayerTable) -> Cell:
    if row is None:
        return Cell("absent")
    if table.failure is not None and row.call == table.failure.call:
        arrives = ", ".join(shape_text(shape) for shape in row.input_shapes)
        return Cell("fails", row.name, arrives)
    if not row.reached:
        return Cell("unreached", row.name)
    shapes = row.output_shapes
    text = "?" if shapes is None else ", ".join(shape_text(shape) for shape in shapes)
    return Cell("built", row.name, text, row.parameters)


def _badge(aligned: AlignedRow, cells: tuple[Cell, Cell]) -> tuple[str, str]:
    states = {cell.state for cell in cells}
    if "fails" in states:
        return "stops here", "bad"
    if states == {"unreached"}:
        return "never reached", "quiet"
    if "unreached" in states and "absent" not in states:
        return "never reached", "bad"
    if "absent" in states:
        return ("only left", "warn") if aligned.right is None else ("only right", "warn")
    if aligned.status == "same":
        return "", ""
    is_own = any(change.origin == "introduced" for change in aligned.changes)
    return ("introduced", "warn") if is_own else ("inherited", "note")


def _note(aligned: AlignedRow, cells: tuple[Cell, Cell], words: Sequence[Words]) -> str:
    sides = dict(zip(("left", "right"), cells, strict=True))
    failing = [f"{cell.shape} arrives on the {side}" for side, cell in sides.items() if cell.state == "fails"]
    if failing:
        return " and ".join(failing)
    if any(cell.state == "unreached" for cell in cells):
        return ""
    if words or cells[0].shape != cells[1].shape or cells[0].parameters != cells[1].parameters:
        return ""
    return ", ".join(_DERIVED[change.field] for change in aligned.changes if change.field in _DERIVED)


def _words(change: Change, comparison: Comparison) -> Words:
    field = change.field.replace("_", " ")
    rows = comparison.differences.rows
    if change.field == "inputs":
        return Words("takes", _taken(change.left, rows), _taken(change.right, rows))
    if change.field == "shared":
        return Words("weights", _owner(change.left, rows), _owner(change.right, rows))
    return Words(field, said(change.left), said(change.right))


def said(value: JsonValue) -> str:
    """A value in few words: text without its quotes, a shape without its batch."""
    text = value if isinstance(value, str) else _shape(value) or value_text(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _shape(value: JsonValue) -> str | None:
    """The shape of an input as a person writes it, without its batch."""
    if not isinstance(value, list) or len(value) < 2 or value[0] is not None:
        return None
    sizes = [Symbol.model_validate(size) if isinstance(size, dict) else size for size in value]
    return shape_text(tuple(size if isinstance(size, int | Symbol) else None for size in sizes))


def _taken(value: JsonValue, rows: Sequence[AlignedRow]) -> str:
    pairs = value if isinstance(value, list) else []
    numbers = [pair[0] for pair in pairs if isinstance(pair, list) and isinstance(pair[0], int)]
    return ", ".join(_name(rows, number) for number in numbers) or "nothing"


def _owner(value: JsonValue, rows: Sequence[AlignedRow]) -> str:
    return f"those of {_name(rows, value)}" if isinstance(value, int) else "its own"


def _name(rows: Sequence[AlignedRow], number: int) -> str:
    return rows[number].left or rows[number].right or "" if 0 <= number < len(rows) else "?"
