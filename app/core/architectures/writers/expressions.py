"""Python expressions as trees, and how they are laid out: as Black does, in lines of at most 88 characters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

LINE = 88
INDENT = 4


@dataclass(frozen=True)
class Bracketed:
    """Expressions in brackets; `spread` puts each on a line of its own even where they would fit on one."""

    opening: str
    items: tuple["Expression", ...]
    closing: str
    spread: bool = False


@dataclass(frozen=True)
class Joined:
    """Expressions one behind the other, nothing in between."""

    parts: tuple["str | Bracketed", ...]


Expression: TypeAlias = str | Bracketed | Joined


def joined(*parts: Expression) -> Joined:
    """The parts one behind the other."""
    flat: list[str | Bracketed] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Joined) else [part])
    return Joined(tuple(flat))


def call(function: Expression, arguments: list[Expression]) -> Joined:
    """A call of a function with arguments."""
    return joined(function, Bracketed("(", tuple(arguments), ")"))


def keyword(name: str, value: Expression) -> Joined:
    """An argument by its name."""
    return joined(f"{name}=", value)


def tuple_of(items: list[Expression]) -> Bracketed:
    """A tuple; that of one item keeps its comma."""
    return Bracketed("(", tuple(items), ",)" if len(items) == 1 else ")")


def list_of(items: list[Expression], *, spread: bool = False) -> Bracketed:
    """A list."""
    return Bracketed("[", tuple(items), "]", spread=spread)


def lay_out(expression: Expression, *, indent: int = 0, behind: int = 0) -> str:
    """The expression as text that starts in column `indent`; `behind` characters follow it on its last line."""
    if not _is_spread(expression):
        text = flat(expression)
        if indent + len(text) + behind <= LINE:
            return text
    parts = expression.parts if isinstance(expression, Joined) else (expression,)
    number = _to_break(parts, room=LINE - indent)
    if number is None:
        return flat(expression)
    broken = parts[number]
    assert isinstance(broken, Bracketed)
    head = "".join(flat(part) for part in parts[:number])
    tail = "".join(flat(part) for part in parts[number + 1 :])
    return f"{head}{_broken(broken, indent=indent)}{tail}"


def _to_break(parts: Sequence["str | Bracketed"], *, room: int) -> int | None:
    """The brackets to break: the last ones of which all that comes before fits on the line, or else the first."""
    breakable = [number for number, part in enumerate(parts) if isinstance(part, Bracketed) and part.items]
    for number in reversed(breakable):
        head = sum(len(flat(part)) for part in parts[:number])
        if _is_spread(parts[number]) or head + 1 <= room:
            return number
    return breakable[0] if breakable else None


def flat(expression: Expression) -> str:
    """The expression on one line."""
    if isinstance(expression, str):
        return expression
    if isinstance(expression, Joined):
        return "".join(flat(part) for part in expression.parts)
    return f"{expression.opening}{', '.join(flat(item) for item in expression.items)}{expression.closing}"


def _broken(brackets: Bracketed, *, indent: int) -> str:
    inner = indent + INDENT
    room = " " * inner
    one_line = ", ".join(flat(item) for item in brackets.items)
    comma = brackets.closing.startswith(",")
    if not brackets.spread and not comma and len(brackets.items) > 1 and _fits(brackets, one_line, inner):
        body = f"{room}{one_line}"
    elif len(brackets.items) == 1 and not comma and not brackets.spread and brackets.opening == "(":
        body = f"{room}{lay_out(brackets.items[0], indent=inner)}"
    else:
        body = "\n".join(f"{room}{lay_out(item, indent=inner, behind=1)}," for item in brackets.items)
    return f"{brackets.opening}\n{body}\n{' ' * indent}{brackets.closing.removeprefix(',')}"


def _fits(brackets: Bracketed, one_line: str, inner: int) -> bool:
    return inner + len(one_line) <= LINE and not any(_is_spread(i) for i in brackets.items)


def _is_spread(expression: Expression) -> bool:
    if isinstance(expression, Bracketed):
        return expression.spread or any(_is_spread(item) for item in expression.items)
    return isinstance(expression, Joined) and any(_is_spread(part) for part in expression.parts)
