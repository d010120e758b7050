"""Sizes of shapes and of windows, as layers' arguments give them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

from pydantic import JsonValue

from app.core.architectures.architecture import Shape
from app.core.values import JsonObject

Sizes: TypeAlias = tuple[int, ...]
"""All sizes of a shape but the batch."""


@dataclass(frozen=True)
class Use:
    """One use of a layer: its arguments, and the sizes that reach and leave it."""

    settings: JsonObject
    inputs: Sequence[Sizes]
    outputs: Sequence[Sizes]


def sizes_of(shape: Shape | None) -> Sizes | None:
    """The sizes without the batch, None where one is open."""
    if shape is None:
        return None
    known = tuple(size for size in shape[1:] if isinstance(size, int))
    return known if len(known) == len(shape) - 1 else None


def elements(shape: Shape) -> int | None:
    """How many values one image has, None where a size is open."""
    sizes = sizes_of(shape)
    return None if sizes is None else prod(sizes)


def split(sizes: Sequence[int], settings: JsonObject) -> tuple[int, Sizes]:
    """Channels, and the sizes of the map, by `data_format`."""
    if settings.get("data_format") == "channels_first":
        return sizes[0], tuple(sizes[1:])
    return sizes[-1], tuple(sizes[:-1])


def window(settings: JsonObject, name: str, rank: int, default: int = 1) -> Sizes:
    """An argument that is one number for every direction, or one for each."""
    value = settings.get(name)
    if isinstance(value, list):
        if len(value) != rank:
            raise ValueError(f"{name} has {len(value)} sizes where {rank} are needed")
        return tuple(whole_number(entry) for entry in value)
    return (default if value is None else whole_number(value),) * rank


def whole_number(value: JsonValue) -> int:
    """The number; TypeError for anything else, open sizes among them."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"expected a whole number, received {value!r}")
    return value
