"""What is quoted from a source: pieces as they are written, and values as text."""

import ast
import hashlib

from app.core.architectures.readers.keras_code.limits import LONGEST_TEXT
from app.core.architectures.readers.keras_code.values import Builtin, Function, ModulePath, Rank, Unknown

_PLAIN = (bool, int, float, str, complex, bytes, type(None), type(...))
_MOST_ENTRIES = 12
_DEEPEST = 3


def segment(lines: tuple[str, ...], node: ast.AST) -> str:
    """A piece of the source as it is written, cut where it is long."""
    first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
    start, end = getattr(node, "col_offset", 0), getattr(node, "end_col_offset", 0)
    if not 0 < first <= last <= len(lines):
        return shortened(unparsed(node))
    if first == last:
        return shortened(lines[first - 1].encode("utf-8", "replace")[start:end].decode("utf-8", "replace"))
    pieces = [lines[first - 1].encode("utf-8", "replace")[start:].decode("utf-8", "replace")]
    pieces += list(lines[first : last - 1])[:20]
    pieces.append(lines[last - 1].encode("utf-8", "replace")[:end].decode("utf-8", "replace"))
    return shortened(" ".join(piece.strip() for piece in pieces))


def unparsed(node: ast.AST) -> str:
    """A syntax tree as text."""
    try:
        return ast.unparse(node)
    except (RecursionError, ValueError):
        return type(node).__name__


def shortened(text: str) -> str:
    """At most LONGEST_TEXT characters; what is cut ends in a digest, so that equal texts stay equal and others differ."""
    if len(text) <= LONGEST_TEXT:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{text[: LONGEST_TEXT - 12]}… {digest}"


def described(value: object, node: ast.expr | None = None, *, depth: int = 0) -> tuple[str, Rank]:
    """A value as it would be written, known parts as their values, and how tightly that text binds."""
    if isinstance(value, Unknown):
        return value.text, value.rank
    if isinstance(value, ModulePath):
        return value.text, Rank.ATOM
    if isinstance(value, Builtin | Function):
        return value.name, Rank.ATOM
    if isinstance(value, _PLAIN):
        is_negative = isinstance(value, int | float) and value < 0
        return shortened(repr(value)), Rank.SIGN if is_negative else Rank.ATOM
    if isinstance(value, list | tuple) and len(value) <= _MOST_ENTRIES and depth < _DEEPEST and _all_text(value):
        inner = ", ".join(described(entry, depth=depth + 1)[0] for entry in value)
        return _bracketed(value, inner), Rank.ATOM
    return (shortened(unparsed(node)) if node is not None else "…"), Rank.ATOM


def grouped(value: object, node: ast.expr | None, *, at_least: Rank) -> str:
    """The text of an operand, in parentheses where its own operator binds less tightly."""
    text, rank = described(value, node)
    return text if rank >= at_least else f"({text})"


def _all_text(values: list[object] | tuple[object, ...]) -> bool:
    return all(isinstance(entry, (*_PLAIN, Unknown, ModulePath, Builtin, Function, list, tuple)) for entry in values)


def _bracketed(value: list[object] | tuple[object, ...], inner: str) -> str:
    if isinstance(value, list):
        return f"[{inner}]"
    return f"({inner},)" if len(value) == 1 else f"({inner})"
