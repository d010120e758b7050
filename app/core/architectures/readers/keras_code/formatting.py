"""`"%d" % 3`, `"{}".format(3)` and f-strings: only numbers, strings and plain names, only bounded widths."""

import re
from collections.abc import Iterator, Mapping, Sequence
from string import Formatter

from app.core.architectures.readers.keras_code.limits import LONGEST_STRING
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.source_text import described
from app.core.architectures.readers.keras_code.values import MISSING, Unknown

_PERCENT = re.compile(
    r"%(?:\((?P<name>\w+)\))?(?P<spec>[-+ #0]{0,3}(?P<width>\d{0,3})(?:\.\d{0,2})?)[hlL]?(?P<type>[diouxXeEfFgGcrsa%])"
)
_SPEC = re.compile(r"(?:.?[<>=^])?[-+ ]?#?0?\d{0,3}[,_]?(?:\.\d{1,2})?[bcdeEfFgGnosxX%]?$")
_FORMATTER = Formatter()


def percent(machine: Machine, template: str, values: object) -> object:
    """`template % values`; a string with names in braces where a value is unknown."""
    given = list(values) if isinstance(values, tuple) else [values]
    pieces: list[object] = []
    position = end = 0
    for found in _PERCENT.finditer(template):
        pieces.append(template[end : found.start()])
        end = found.end()
        if found["type"] == "%":
            pieces.append("%")
        elif found["name"] is not None:
            value = values.get(found["name"], MISSING) if isinstance(values, dict) else MISSING
            pieces.append(_one_percent(value, found))
        else:
            pieces.append(_one_percent(given[position] if position < len(given) else MISSING, found))
            position += 1
    return joined(machine, [*pieces, template[end:]])


def _one_percent(value: object, found: re.Match[str]) -> object:
    if not isinstance(value, int | float | str | None):
        return value if isinstance(value, Unknown) else Unknown(described(value)[0])
    try:
        return f"%{found['spec']}{found['type']}" % value
    except (TypeError, ValueError, OverflowError):
        return Unknown(described(value)[0])


def formatted(machine: Machine, template: str, positional: Sequence[object], keywords: Mapping[str, object]) -> object:
    """`template.format(...)`: fields are plain names or positions; attributes are never looked up."""
    pieces: list[object] = []
    counter = 0
    try:
        parsed = list(_FORMATTER.parse(template))
    except ValueError:
        return Unknown(described(template)[0] + ".format(…)")
    for literal, name, spec, _ in parsed:
        pieces.append(literal)
        if name is None:
            continue
        key = name or str(counter)
        counter += not name
        value = (
            positional[int(key)]
            if key.isdecimal() and len(key) < 6 and int(key) < len(positional)
            else keywords.get(key, MISSING)
        )
        pieces.append(with_spec(value if value is not MISSING else Unknown(key), spec or ""))
    return joined(machine, pieces)


def with_spec(value: object, spec: str) -> object:
    """`format(value, spec)` for a number or a string and a specification of bounded width."""
    if isinstance(value, Unknown) or not _SPEC.match(spec):
        return value if isinstance(value, Unknown) else Unknown(described(value)[0])
    if not isinstance(value, int | float | str):
        return described(value)[0]
    try:
        return format(value, spec)
    except (ValueError, TypeError, OverflowError):
        return described(value)[0]


def joined(machine: Machine, pieces: Sequence[object]) -> object:
    """One string of all pieces; where one is unknown, a symbol that is written like an f-string."""
    size = sum(len(piece) for piece in pieces if isinstance(piece, str))
    machine.budget.allocate_text(size)
    if size > LONGEST_STRING:
        return Unknown("a very long text")
    if all(isinstance(piece, str) for piece in pieces):
        return "".join(str(piece) for piece in pieces)
    return machine.unknown(f"f{''.join(_in_braces(pieces))!r}")


def _in_braces(pieces: Sequence[object]) -> Iterator[str]:
    for piece in pieces:
        yield piece.replace("{", "{{").replace("}", "}}") if isinstance(piece, str) else f"{{{described(piece)[0]}}}"
