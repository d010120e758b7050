"""Reads notebooks: Jupyter's own format, and the text export of one."""

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from pydantic import JsonValue

from app.core.architectures.readers.keras_code import Cell, read_cells
from app.core.architectures.readers.text_export import exported_cells, looks_exported
from app.core.architectures.reading import ErrorSeen, KerasFacts, Place, Reading
from app.core.errors import InvalidError

LONGEST_NOTEBOOK = 100_000_000  # characters, pictures in outputs included
_RAISED = re.compile(
    r"^((?:\w+\.)*\w*(?:Error|Exception|Interrupt|Exit|Iteration)): .*$|^(KeyboardInterrupt|StopIteration)\s*:?.*$"
)
_ARROW = re.compile(r"^-+> ?(\d+) ")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LONGEST_ERROR = 1_000


@dataclass(frozen=True)
class _Piece:
    """A code cell: its source, and the exception its output shows with the line that raised it, where that is told."""

    source: str
    error: str | None = None
    line: int = 1


def read_notebook(
    notebook: "dict[str, JsonValue] | str",
    *,
    facts: KerasFacts,
    symbols: Mapping[str, JsonValue] | None = None,
    name: str = "model",
    clock: Callable[[], float] = time.thread_time,
) -> Reading:
    """Read a notebook's code cells in their order; places count code cells from 1, and lines within each.

    Takes Jupyter's JSON (as data or text) or a text export with `In [1]:` before each cell. What the outputs say of
    exceptions is kept in `errors_seen`. Raise InvalidError for anything else.
    """
    pieces = _pieces(notebook)
    cells = [Cell(number, piece.source) for number, piece in enumerate(pieces, start=1)]
    reading = read_cells(cells, facts=facts, symbols=symbols, name=name, source="notebook", clock=clock)
    seen = [
        ErrorSeen(place=Place(cell=number, line=piece.line), text=piece.error[:_LONGEST_ERROR])
        for number, piece in enumerate(pieces, start=1)
        if piece.error is not None
    ]
    return replace(reading, errors_seen=(*seen, *reading.errors_seen))


def code_cells(notebook: "dict[str, JsonValue] | str") -> list[str]:
    """The sources of the code cells, in the order in which places count them."""
    return [piece.source for piece in _pieces(notebook)]


def _pieces(notebook: "dict[str, JsonValue] | str") -> list[_Piece]:
    if not isinstance(notebook, str):
        return _jupyter_cells(notebook)
    if len(notebook) > LONGEST_NOTEBOOK:
        raise InvalidError(
            f"The notebook has {len(notebook):,} characters; at most {LONGEST_NOTEBOOK:,} are read. Clear its outputs first."
        )
    if notebook.lstrip()[:1] == "{":
        try:
            return _jupyter_cells(json.loads(notebook))
        except (ValueError, RecursionError) as error:
            raise InvalidError(f"This is no notebook: it begins like JSON but is none ({str(error)[:200]}).") from error
    if looks_exported(notebook):
        return [_Piece(cell.source, _raised(cell.output)) for cell in exported_cells(notebook)]
    raise InvalidError(
        "This is no notebook: expected Jupyter's JSON (a .ipynb file), or its text with `In [1]:` before each cell. "
        "Plain Python is read as code."
    )


def _jupyter_cells(notebook: JsonValue) -> list[_Piece]:
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if cells is None and isinstance(notebook, dict):  # up to format 3 cells stood in worksheets
        sheets = notebook.get("worksheets")
        sheets = sheets if isinstance(sheets, list) else []
        cells = [cell for sheet in sheets if isinstance(sheet, dict) for cell in _list(sheet.get("cells"))]
    if not isinstance(cells, list) or not any(isinstance(cell, dict) for cell in cells):
        raise InvalidError("This is no notebook: expected an object with a list of `cells`, as in a .ipynb file.")
    return [_piece(cell) for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code"]


def _piece(cell: dict[str, JsonValue]) -> _Piece:
    source = _text(cell.get("source", cell.get("input")))
    for output in _list(cell.get("outputs")):
        if isinstance(output, dict) and output.get("output_type") in {"error", "pyerr"}:
            kind, value = _text(output.get("ename")), _text(output.get("evalue"))
            return _Piece(source, f"{kind}: {value}", _line(_list(output.get("traceback")), source))
    return _Piece(source)


def _raised(output: Iterable[str]) -> str | None:
    """The exception that ended a cell: the last line that looks like one."""
    found = [line.strip() for line in output if _RAISED.match(line[:_LONGEST_ERROR].strip())]
    return found[-1] if found else None


def _line(traceback: list[JsonValue], source: str) -> int:
    """The line of the cell that the traceback's first arrow points at."""
    count = source.count("\n") + 1
    for frame in traceback:
        for text in _COLOUR.sub("", _text(frame)).split("\n"):
            arrow = _ARROW.match(text)
            if arrow is not None and 0 < int(arrow[1][:7]) <= count:
                return int(arrow[1][:7])
    return 1


def _text(value: JsonValue) -> str:
    if isinstance(value, list):
        return "".join(entry for entry in value if isinstance(entry, str))
    return value if isinstance(value, str) else ""


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
