"""What a serialised network says, before anything is flattened: layers, the nodes that connect them, nested networks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from pydantic import JsonValue

from app.core.values import JsonObject

WHOLE = -1
"""As the index of a tensor: everything that the call yields."""


@dataclass(frozen=True)
class Tensor:
    """One result of one call of a layer; `shape` where the file says it (Keras 3 does)."""

    layer: str
    node: int = 0
    index: int = 0
    shape: tuple[JsonValue, ...] | None = None


Argument: TypeAlias = "JsonValue | Tensor | list[Argument] | dict[str, Argument]"


@dataclass(frozen=True)
class Node:
    """One call of a layer: what was given by position, and by keyword."""

    positional: tuple[Argument, ...] = ()
    keywords: dict[str, Argument] = field(default_factory=dict)

    @property
    def tensors(self) -> list[Tensor]:
        """All it is called on, in order."""
        return [tensor for entry in (*self.positional, *self.keywords.values()) for tensor in tensors_in(entry)]


@dataclass(frozen=True)
class Leaf:
    """A layer that is no network: its class, where that class is from, and its serialised arguments.

    `built_for` is the shape of its input where the file says it.
    """

    class_name: str
    module: str
    config: JsonObject
    built_for: JsonValue = None


@dataclass(frozen=True)
class InputLeaf:
    """A place where data enters."""

    shape: JsonValue
    dtype: str


@dataclass(frozen=True)
class Member:
    """One layer of a network, and its calls in the order in which other nodes number them.

    `first_node` is the number of the first call: a nested network has a call of its own before any of these.
    `over_time` is a network that TimeDistributed applies to each step.
    """

    name: str
    content: Leaf | InputLeaf | Graph
    nodes: tuple[Node, ...] = ()
    first_node: int = 0
    over_time: bool = False


@dataclass(frozen=True)
class Graph:
    """A network: its layers in the order of the file, its inputs and outputs."""

    name: str
    sequential: bool
    members: tuple[Member, ...]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    def member(self, name: str) -> Member | None:
        """The layer of that name."""
        return next((member for member in self.members if member.name == name), None)


def tensors_in(value: Argument) -> list[Tensor]:
    """All tensors in an argument, in order."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, list):
        return [tensor for entry in value for tensor in tensors_in(entry)]
    if isinstance(value, dict):
        return [tensor for entry in value.values() for tensor in tensors_in(entry)]
    return []
