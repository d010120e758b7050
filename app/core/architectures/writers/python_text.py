"""Which pieces of a definition's own text may stand in written code, and what they leave open."""

import ast
import builtins
import warnings
from typing import Literal

_PURE = frozenset(
    ["abs", "bool", "float", "int", "len", "list", "max", "min", "pow", "range", "round", "sorted", "sum", "tuple"]
)
_BUILTINS = frozenset(dir(builtins))
_LONGEST = 2_000


def as_argument(text: str) -> str | None:
    """The text as it can stand as one argument, in parentheses where it needs them; None where it is no expression."""
    try:
        for candidate in (text, f"({text})"):
            if _is_one_argument(candidate):
                return candidate
        tree = _parse(text)
        return None if tree is None else f"({ast.unparse(tree)})"
    except RecursionError:
        return None  # nested beyond anything that a person writes


def is_harmless(text: str) -> bool:
    """Whether running the text can do nothing but look up what somebody filled in, and calculate."""
    tree = _parse(text)
    if tree is None:
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in _BUILTINS and node.id not in _PURE:
            return False
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            return False
    return True


def as_index(text: str) -> str | None:
    """The text as it can stand between brackets behind a tensor; None where it is no index, or could do anything."""
    tree = _parse(f"_[{text}]")
    if not isinstance(tree, ast.Subscript) or not isinstance(tree.value, ast.Name) or not is_harmless(f"_[{text}]"):
        return None
    index = ast.unparse(tree.slice)
    return index[1:-1] if isinstance(tree.slice, ast.Tuple) and index[:1] == "(" else index


def open_names(text: str) -> list[str]:
    """The names that the text uses and neither Python nor the text itself defines, in order."""
    tree = _parse(text)
    if tree is None:
        return []
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    names.sort(key=lambda node: (node.lineno, node.col_offset))
    return list(dict.fromkeys(node.id for node in names if node.id not in bound and node.id not in _BUILTINS))


def _is_one_argument(text: str) -> bool:
    # A comment or a bracket too many would swallow or end the call around it.
    if "#" in text or "\n" in text or "\r" in text:
        return False
    tree = _parse(f"_(_={text})", strange_escapes="error")
    if not isinstance(tree, ast.Call) or len(tree.keywords) != 1 or tree.args or tree.keywords[0].arg != "_":
        return False
    alone = _parse(text)
    return alone is not None and ast.dump(alone) == ast.dump(tree.keywords[0].value)


def _parse(text: str, *, strange_escapes: Literal["ignore", "error"] = "ignore") -> ast.expr | None:
    """The expression, None where it is none. Python warns that strange escapes in strings will be errors one day."""
    if len(text) > _LONGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(strange_escapes)  # in a stranger's string they are not for our log
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
