"""Functions of `keras.ops` on tensors of known shapes: Keras's own rule says the shape of what they yield."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
from pydantic import JsonValue

from app.core.architectures.operations import GET_ITEM, LIST_FIRST, MODULES, index_of
from app.core.errors import InvalidError

MOST_RESULTS = 1_000
"""Tensors that one function may yield: Keras makes each of them, and a definition may ask for a billion."""


def operation_of(kind: str) -> Callable[..., Any]:
    """The function of that name."""
    holder = getattr(keras.ops, MODULES[kind]) if kind in MODULES else keras.ops
    return getattr(holder, kind)  # type: ignore[no-any-return]  # Keras brings no types


def apply_operation(kind: str, config: Mapping[str, JsonValue], tensors: Sequence[Any], *, names: Sequence[str]) -> Any:
    """What the function yields on symbolic tensors; `names` are those of its arguments, which the tensors fill in order.

    InvalidError where it cannot be told how the tensors are to be given.
    """
    if kind == GET_ITEM:
        return _sliced(config, tensors)
    given = {name: _as_tuple(value) for name, value in config.items()}
    free = [name for name in names if name not in given]
    if not given.keys() <= set(names):
        raise InvalidError(f"how {kind} is called with {', '.join(given)} is not known here")
    placed: dict[str, Any] = {}
    if kind in LIST_FIRST:
        placed[free[0]] = list(tensors)
    elif len(tensors) > len(free):
        raise InvalidError(f"{kind} takes at most {len(free)} tensors here, received {len(tensors)}")
    else:
        placed = dict(zip(free, tensors, strict=False))
    _refuse_many_results(kind, {**placed, **given})
    return operation_of(kind)(**placed, **given)


def _refuse_many_results(kind: str, given: Mapping[str, Any]) -> None:
    parts = 0
    if kind == "split":
        asked = given["indices_or_sections"]
        parts = len(asked) + 1 if isinstance(asked, tuple) else asked
    elif kind == "unstack":
        parts = given.get("num") or given["x"].shape[given.get("axis", 0)] or 0
    if parts > MOST_RESULTS:
        raise InvalidError(
            f"{kind} yields {parts:,} tensors here, which are more than the {MOST_RESULTS:,} followed here"
        )


def _sliced(config: Mapping[str, JsonValue], tensors: Sequence[Any]) -> Any:
    index = index_of(str(config.get("index")))
    if index is None or config.keys() != {"index"} or len(tensors) != 1:
        raise InvalidError("what this index selects is not written in numbers")
    return tensors[0][index]


def _as_tuple(value: JsonValue) -> Any:
    return tuple(_as_tuple(entry) for entry in value) if isinstance(value, list) else value
