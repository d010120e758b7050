"""Python's own functions on lists and other things that can be gone over."""

import ast
from collections.abc import Callable
from typing import Any

from app.core.architectures.readers.keras_code.containers import listed
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.operators import binary_of, truth
from app.core.architectures.readers.keras_code.subscripts import is_key
from app.core.architectures.readers.keras_code.values import MISSING, Arguments, Tensor

KnownFunction = Callable[[Machine, Arguments], object]


def _len(_: Machine, given: Arguments) -> object:
    value = given.positional[0]
    if isinstance(value, Tensor):
        return MISSING
    return len(value) if isinstance(value, list | tuple | dict | set | str | range) else MISSING


def _range(_: Machine, given: Arguments) -> object:
    numbers = [int(entry) for entry in given.positional if isinstance(entry, int)]
    return range(*numbers) if len(numbers) == len(given.positional) else MISSING


def _list(machine: Machine, given: Arguments) -> object:
    if not given.positional:
        return []
    entries = listed(machine, given.positional[0])
    return MISSING if entries is None else entries


def _tuple(machine: Machine, given: Arguments) -> object:
    entries = _list(machine, given)
    return tuple(entries) if isinstance(entries, list) else MISSING


def _set(machine: Machine, given: Arguments) -> object:
    entries = _list(machine, given)
    return set(entries) if isinstance(entries, list) and all(is_key(entry) for entry in entries) else MISSING


def _dict(machine: Machine, given: Arguments) -> object:
    start = given.positional[0] if given.positional else {}
    made: dict[object, object] = {}
    if isinstance(start, dict):
        made.update(start)
        made.update(given.keywords)
        return made
    pairs = listed(machine, start)
    if pairs is None or not all(
        isinstance(pair, list | tuple) and len(pair) == 2 and is_key(pair[0]) for pair in pairs
    ):
        return MISSING
    made.update({pair[0]: pair[1] for pair in pairs if isinstance(pair, list | tuple)})
    made.update(given.keywords)
    return made


def _enumerate(machine: Machine, given: Arguments) -> object:
    entries = listed(machine, given.positional[0])
    start = given.take(1, "start", default=0)
    if entries is None or not isinstance(start, int):
        return MISSING
    machine.budget.allocate(3 * len(entries))
    return [(start + number, entry) for number, entry in enumerate(entries)]


def _zip(machine: Machine, given: Arguments) -> object:
    columns = [listed(machine, entry) for entry in given.positional]
    if any(column is None for column in columns):
        return MISSING
    machine.budget.allocate(3 * min((len(column or []) for column in columns), default=0) * max(1, len(columns)))
    return [tuple(row) for row in zip(*[column or [] for column in columns], strict=False)]


def _reversed(machine: Machine, given: Arguments) -> object:
    entries = listed(machine, given.positional[0])
    return MISSING if entries is None else entries[::-1]


def _sorted(machine: Machine, given: Arguments) -> object:
    entries = listed(machine, given.positional[0])
    key = given.keywords.get("key")
    if entries is None:
        return MISSING
    keys = entries if key is None else [machine.call(key, Arguments([entry], {})) for entry in entries]
    if not _comparable(keys):
        return MISSING
    keyed: list[Any] = keys
    order = sorted(range(len(keys)), key=keyed.__getitem__, reverse=truth(given.keywords.get("reverse")) or False)
    return [entries[number] for number in order]


def _comparable(keys: list[object]) -> bool:
    return all(isinstance(entry, int | float) for entry in keys) or all(isinstance(entry, str) for entry in keys)


def _extreme(choose: Callable[..., Any]) -> KnownFunction:
    def call(machine: Machine, given: Arguments) -> object:
        entries = listed(machine, given.positional[0]) if len(given.positional) == 1 else given.positional
        if not entries or "key" in given.keywords or not _comparable(entries):
            return MISSING
        return choose(entries)

    return call


def _sum(machine: Machine, given: Arguments) -> object:
    entries = listed(machine, given.positional[0])
    if entries is None:
        return MISSING
    total = given.take(1, "start", default=0)
    for number, entry in enumerate(entries):
        if number == 0 and total == 0 and isinstance(entry, Tensor):
            total = entry
            continue
        total = binary_of(machine, ast.Add, total, entry, (None, None, ast.Constant(0)))
    return total


def _any_all(*, wanted: bool) -> KnownFunction:
    def call(machine: Machine, given: Arguments) -> object:
        entries = listed(machine, given.positional[0])
        found = [truth(entry) for entry in entries or []]
        if wanted in found:
            return wanted
        return MISSING if entries is None or None in found else not wanted

    return call


def _map(machine: Machine, given: Arguments) -> object:
    columns = [listed(machine, entry) for entry in given.positional[1:]]
    if any(column is None for column in columns) or not columns:
        return MISSING
    rows = zip(*[column or [] for column in columns], strict=False)
    return [machine.call(given.positional[0], Arguments(list(row), {})) for row in rows]


def _filter(machine: Machine, given: Arguments) -> object:
    entries = listed(machine, given.positional[1])
    if entries is None:
        return MISSING
    keeps = [
        truth(machine.call(given.positional[0], Arguments([e], {})) if given.positional[0] is not None else e)
        for e in entries
    ]
    return MISSING if None in keeps else [entry for entry, keep in zip(entries, keeps, strict=True) if keep]


def _next(machine: Machine, given: Arguments) -> object:
    entries = listed(machine, given.positional[0])
    return entries[0] if entries else MISSING


SEQUENCE_FUNCTIONS: dict[str, KnownFunction] = {
    "all": _any_all(wanted=False),
    "any": _any_all(wanted=True),
    "dict": _dict,
    "enumerate": _enumerate,
    "filter": _filter,
    "iter": _list,
    "len": _len,
    "list": _list,
    "map": _map,
    "max": _extreme(max),
    "min": _extreme(min),
    "next": _next,
    "range": _range,
    "reversed": _reversed,
    "set": _set,
    "sorted": _sorted,
    "sum": _sum,
    "tuple": _tuple,
    "xrange": _range,
    "zip": _zip,
}
