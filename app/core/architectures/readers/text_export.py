"""The text export of a notebook: `In [37]:`, the source, a blank line, what came out, and text in between."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.core.architectures.readers.keras_code.cleaning import blank_magics, clean
from app.core.architectures.readers.keras_code.logical_lines import logical_lines, statements
from app.core.architectures.readers.keras_code.parsing import parse

_PROMPT = re.compile(r"^In ?\[(?: *\d* *|None|\*)\]: ?(.*)$")
_OUT = re.compile(r"^Out ?\[(?: *\d* *|None|\*)\]:")
_CODE = re.compile(
    r"^\s*(import|from|def|class|if|for|while|with|try|return|print)\b|^\s*[@%!]|^[\w.]+(\[[^\]]*\])?\s*[-+*/]?=[^=]|^[\w.]+\("
)
_MOST_LITERALS = 5_000
_TESTED = 2_000
_SHOWN = frozenset(["array", "tensor", "Index", "DatetimeIndex", "dtype", "dict_keys", "dict_values", "OrderedDict"])


@dataclass(frozen=True)
class ExportedCell:
    """A code cell with what came out of it, as lines."""

    source: str
    output: tuple[str, ...]


def looks_exported(text: str) -> bool:
    """Whether a text is the export of a notebook: it has a line that begins like `In [1]:`."""
    return any(_PROMPT.match(line) for line in text.splitlines())


def exported_cells(text: str) -> list[ExportedCell]:
    """Every code cell in order; text between the cells is left with the output of the cell before."""
    return [_told_apart(lines) for lines in _blocks(text)]


def _blocks(text: str) -> Iterator[list[str]]:
    """The lines behind each prompt, up to the next."""
    current: list[str] | None = None
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        found = _PROMPT.match(line)
        if found is None:
            if current is not None:
                current.append(line)
            continue
        if current is not None:
            yield current
        current = [found[1]] if found[1].strip() else []
    if current is not None:
        yield current


def _told_apart(lines: list[str]) -> ExportedCell:
    """Source goes on as long as it is Python: output begins behind a blank line with what is none, or only shows a value."""
    marked = next((number for number, line in enumerate(lines) if _OUT.match(line)), len(lines))
    cleaned = clean(blank_magics("\n".join(lines[:marked]))).split("\n")
    end = marked
    for first, last in statements(cleaned, logical_lines("\n".join(cleaned))):
        behind_blank = first == 0 or not lines[first - 1].strip() or lines[first - 1].lstrip().startswith("#")
        if behind_blank and _is_output("\n".join(cleaned[first : last + 1]), lines[first]):
            end = first
            break
    return ExportedCell("\n".join(lines[:end]).rstrip("\n"), tuple(lines[end:]))


def _is_output(text: str, head: str) -> bool:
    try:
        body = parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _CODE.match(head[:_TESTED]) is None
    return bool(body) and _only_shows(body[0])


def _only_shows(node: ast.stmt) -> bool:
    """A bare number, tuple or `name: value` is no statement that anybody writes, but what a cell prints."""
    if isinstance(node, ast.AnnAssign):
        return node.value is None
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    if isinstance(value, ast.Name):
        return not value.id.strip("_")  # the rule above a table
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id in _SHOWN
    if isinstance(value, ast.Constant):
        return not isinstance(value.value, str) or "\n" not in value.value
    return isinstance(value, ast.Tuple | ast.List | ast.Dict | ast.Set) and _is_literal(value)


def _is_literal(node: ast.expr) -> bool:
    allowed = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.Load, ast.UnaryOp, ast.USub)
    for number, child in enumerate(ast.walk(node)):
        if number > _MOST_LITERALS or not isinstance(child, allowed):
            return number > _MOST_LITERALS
    return True
