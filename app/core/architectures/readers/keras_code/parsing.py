"""Statements as syntax trees, one after another: what one of them gets wrong costs only its own lines."""

import ast
import re
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from app.core.architectures.readers.keras_code.cleaning import blank_magics, clean
from app.core.architectures.readers.keras_code.limits import (
    LONGEST_TEXT,
    MOST_NODES,
    MOST_TOKENS,
    MOST_TOKENS_IN_A_STATEMENT,
    LimitReachedError,
)
from app.core.architectures.readers.keras_code.logical_lines import LogicalLine, logical_lines, statements

_TOKEN = re.compile(r"\w+|[^\w\s]")
_HEADER = re.compile(r"^\s*(async |def|class|if|for|while|with|try|elif|else|except|finally)\b.*:\s*(#.*)?$", re.DOTALL)
_AFTER = re.compile(r"expected an indented block.* on line (\d+)")
_MOST_REPAIRS = 12
_MOST_REPAIRED = 1_500_000  # characters, all repairs of a source together
_WARNINGS = threading.Lock()


@dataclass(frozen=True)
class Problem:
    """A line that could not be parsed; lines count from 1."""

    line: int
    text: str
    why: str


@dataclass
class Parser:
    """Parses pieces of one source, bounded in tokens and nodes over all of them."""

    tokens: int = 0
    nodes: int = 0
    repaired: int = 0
    problems: list[Problem] = field(default_factory=list)

    def statements(self, text: str) -> Iterator[ast.stmt]:
        """The outermost statements of a text, each parsed when it is asked for; lines are those of the text."""
        lines = clean(blank_magics(text)).split("\n")
        for first, last in statements(lines, logical_lines("\n".join(lines))):
            piece = lines[first : last + 1]
            self._count_tokens("\n".join(piece), first)
            for node in self._parsed(piece, first):
                self._count_nodes(node, first)
                yield node

    def _count_tokens(self, piece: str, first: int) -> None:
        self.tokens += sum(1 for _ in islice(_TOKEN.finditer(piece), MOST_TOKENS_IN_A_STATEMENT + 1))
        if self.tokens > MOST_TOKENS:
            raise LimitReachedError(f"line {first + 1}: the source is longer than what is followed")

    def _count_nodes(self, node: ast.stmt, first: int) -> None:
        for child in ast.walk(node):
            self.nodes += 1
            if isinstance(child, ast.stmt | ast.expr | ast.excepthandler):
                child.lineno += first
                child.end_lineno = (child.end_lineno or child.lineno) + first
            if self.nodes > MOST_NODES:
                raise LimitReachedError(f"line {first + 1}: the source is longer than what is followed")

    def _parsed(self, piece: list[str], first: int) -> list[ast.stmt]:
        text = "\n".join(piece)
        if sum(1 for _ in islice(_TOKEN.finditer(text), MOST_TOKENS_IN_A_STATEMENT + 1)) > MOST_TOKENS_IN_A_STATEMENT:
            self._note(first, piece[0], "this statement is too long to be read")
            return []
        for _ in range(_MOST_REPAIRS):
            try:
                return parse(text)
            except SyntaxError as error:
                self.repaired += len(text)
                if self.repaired > _MOST_REPAIRED:
                    break
                repaired = self._repaired(text.split("\n"), error, first)
                if repaired is None:
                    break
                text = repaired
            except (RecursionError, MemoryError):
                self._note(first, piece[0], "this is nested too deeply to be read")
                return []
            except ValueError:
                break
        self._note(first, piece[0], "this is not Python, or not all of it is here")
        return []

    def _repaired(self, lines: list[str], error: SyntaxError, first: int) -> str | None:
        """The piece without the line that is wrong, or with the body that is missing."""
        missing = _AFTER.search(error.msg or "")
        logical = logical_lines("\n".join(lines))
        number = (int(missing[1]) if missing else error.lineno or 1) - 1
        found = next((entry for entry in reversed(logical) if entry.first <= number), None)
        if found is None:
            return None
        if missing:
            lines[found.last] = _uncommented(lines[found.last]) + " pass"
            return "\n".join(lines)
        before = logical[logical.index(found) - 1] if logical.index(found) else None
        if isinstance(error, IndentationError) and before is not None and found.indent != before.indent:
            self._note(first + found.first, lines[found.first], "its indentation does not fit the lines around it")
            lines[found.first] = " " * before.indent + lines[found.first].lstrip()
            return "\n".join(lines)
        if lines[found.first].strip() in {"pass", "if True:"}:
            return None
        self._note(first + found.first, lines[found.first], f"this is not Python: {error.msg}")
        _blank(lines, found)
        return "\n".join(lines)

    def _note(self, line: int, text: str, why: str) -> None:
        self.problems.append(Problem(line + 1, text.strip()[:LONGEST_TEXT], why[:LONGEST_TEXT]))


def parse(text: str) -> list[ast.stmt]:
    """The statements of a text; SyntaxError, ValueError, RecursionError or MemoryError where it is none."""
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a strange escape in a stranger's string is not for our log
        return ast.parse(text).body


def _blank(lines: list[str], entry: LogicalLine) -> None:
    whole = "\n".join(lines[entry.first : entry.last + 1])
    lines[entry.first] = " " * entry.indent + ("if True:" if _HEADER.match(whole) else "pass")
    for number in range(entry.first + 1, entry.last + 1):
        lines[number] = ""


def _uncommented(line: str) -> str:
    return line.split(" #", maxsplit=1)[0].rstrip()
