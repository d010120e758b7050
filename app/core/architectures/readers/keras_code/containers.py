"""Methods of lists, dicts, sets and strings."""

from collections.abc import Callable, Iterable
from typing import Any

from app.core.architectures.readers.keras_code.formatting import formatted
from app.core.architectures.readers.keras_code.limits import LARGEST_CONTAINER, LONGEST_STRING
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.subscripts import is_key
from app.core.architectures.readers.keras_code.values import MISSING, Arguments, Unknown

_Method = Callable[[Machine, Any, Arguments], object]


def plain_method(machine: Machine, value: object, name: str, arguments: Arguments) -> object:
    """Call a method of one of Python's own values; MISSING where it is not one that is followed."""
    methods = next((table for kind, table in _METHODS.items() if isinstance(value, kind)), {})
    method = methods.get(name)
    if method is None:
        return MISSING
    try:
        return method(machine, value, arguments)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, OverflowError):
        return MISSING


def listed(machine: Machine, value: object) -> list[object] | None:
    """The entries of something that can be looped over, None where they are not known."""
    if isinstance(value, dict | set):
        value = list(value)
    if isinstance(value, list | tuple | str | range):
        if len(value) > LARGEST_CONTAINER:
            return None
        machine.budget.allocate(len(value))
        return list(value)
    return None


def _append(machine: Machine, value: list[object], given: Arguments) -> None:
    _grow(machine, value, 1)
    value.append(given.positional[0])


def _extend(machine: Machine, value: list[object], given: Arguments) -> None:
    more = listed(machine, given.positional[0])
    if more is not None:
        _grow(machine, value, len(more))
        value.extend(more)


def _insert(machine: Machine, value: list[object], given: Arguments) -> None:
    _grow(machine, value, 1)
    value.insert(_number(given.positional[0]), given.positional[1])


def _pop(_: Machine, value: list[object], given: Arguments) -> object:
    return value.pop(_number(given.take(0, default=-1)))


def _index(_: Machine, value: list[object], given: Arguments) -> object:
    wanted = given.positional[0]
    return next(
        (
            n
            for n, entry in enumerate(value)
            if entry is wanted or (type(entry) is type(wanted) and isinstance(wanted, int | str) and entry == wanted)
        ),
        MISSING,
    )


def _sort(_: Machine, value: list[object], given: Arguments) -> object:
    if not (all(isinstance(entry, int | float) for entry in value) or all(isinstance(entry, str) for entry in value)):
        return MISSING
    value.sort(reverse=given.keywords.get("reverse") is True)
    return None


def _grow(machine: Machine, value: list[object], by: int) -> None:
    machine.budget.allocate(by)
    if len(value) + by > LARGEST_CONTAINER:
        raise ValueError("the list grows too long")


def _get(_: Machine, value: dict[object, object], given: Arguments) -> object:
    key = given.positional[0]
    return value.get(key, given.take(1, "default")) if is_key(key) and not isinstance(key, Unknown) else MISSING


def _pop_key(_: Machine, value: dict[object, object], given: Arguments) -> object:
    key = given.positional[0]
    return value.pop(key, given.take(1, default=MISSING)) if is_key(key) else MISSING


def _set_default(_: Machine, value: dict[object, object], given: Arguments) -> object:
    key = given.positional[0]
    return value.setdefault(key, given.take(1)) if is_key(key) else MISSING


def _update(machine: Machine, value: dict[object, object], given: Arguments) -> object:
    more = given.take(0, default={})
    if not isinstance(more, dict):
        return MISSING
    machine.budget.allocate(len(more) + len(given.keywords))
    value.update(more)
    value.update(given.keywords)
    return None


def _add_to_set(machine: Machine, value: set[object], given: Arguments) -> object:
    machine.budget.allocate(1)
    if not is_key(given.positional[0]):
        return MISSING
    value.add(given.positional[0])
    return None


def _format(machine: Machine, value: str, given: Arguments) -> object:
    return formatted(machine, value, given.positional, given.keywords)


def _join(machine: Machine, value: str, given: Arguments) -> object:
    parts = listed(machine, given.positional[0])
    if parts is None or not all(isinstance(part, str) for part in parts):
        return MISSING
    size = sum(len(str(part)) + len(value) for part in parts)
    machine.budget.allocate_text(size)
    return value.join(str(part) for part in parts) if size <= LONGEST_STRING else MISSING


def _of_string(name: str) -> _Method:
    """A method of strings that takes only strings and numbers, and yields no more than it was given."""

    def call(machine: Machine, value: str, given: Arguments) -> object:
        if given.keywords or not all(isinstance(entry, str | int | tuple) for entry in given.positional):
            return MISSING
        widths = [entry for entry in given.positional if isinstance(entry, int)]
        if any(abs(width) > LONGEST_STRING // 100 for width in widths):
            return MISSING
        machine.budget.allocate_text(len(value))
        result = _STRING_METHODS[name](value, *given.positional)
        machine.budget.allocate(len(result) if isinstance(result, list) else 0)
        return result

    return call


def _replace(value: str, old: str, new: str, *count: int) -> str:
    if len(value) * max(1, len(new)) > LONGEST_STRING:
        raise ValueError("the text grows too long")
    return value.replace(old, new, *count)


def _number(value: object) -> int:
    if isinstance(value, int):
        return value
    raise TypeError("a whole number is expected")


def _listed_items(entries: Callable[[Any], Iterable[object]]) -> _Method:
    def call(machine: Machine, value: dict[object, object], _: Arguments) -> object:
        machine.budget.allocate(3 * len(value))
        return list(entries(value))

    return call


_STRING_METHODS: dict[str, Callable[..., Any]] = {
    "capitalize": str.capitalize,
    "count": str.count,
    "endswith": str.endswith,
    "find": str.find,
    "isdigit": str.isdigit,
    "ljust": str.ljust,
    "lower": str.lower,
    "lstrip": str.lstrip,
    "replace": _replace,
    "rjust": str.rjust,
    "rsplit": str.rsplit,
    "rstrip": str.rstrip,
    "split": str.split,
    "startswith": str.startswith,
    "strip": str.strip,
    "title": str.title,
    "upper": str.upper,
    "zfill": str.zfill,
}
_METHODS: dict[type, dict[str, _Method]] = {
    list: {
        "append": _append,
        "clear": lambda _, value, __: value.clear(),
        "copy": lambda machine, value, _: listed(machine, value),
        "extend": _extend,
        "index": _index,
        "insert": _insert,
        "pop": _pop,
        "reverse": lambda _, value, __: value.reverse(),
        "sort": _sort,
    },
    tuple: {"as_list": lambda _, value, __: list(value), "index": _index},
    dict: {
        "copy": lambda _, value, __: dict(value),
        "get": _get,
        "items": _listed_items(lambda value: [(key, entry) for key, entry in value.items()]),
        "keys": _listed_items(lambda value: value.keys()),
        "pop": _pop_key,
        "setdefault": _set_default,
        "update": _update,
        "values": _listed_items(lambda value: value.values()),
    },
    set: {"add": _add_to_set, "copy": lambda _, value, __: set(value)},
    str: {"format": _format, "join": _join, **{name: _of_string(name) for name in _STRING_METHODS}},
}
