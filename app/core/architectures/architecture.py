"""The one form that every definition of a network is read into. Data, never a live Keras object."""

import hashlib
import json
from collections.abc import Container
from enum import StrEnum
from typing import Any, Self, TypeAlias

from pydantic import Field, JsonValue, model_validator

from app.core.architectures.operations import is_operation
from app.core.values import Instant, JsonObject, Name, Value

LARGEST_LAYER_COUNT = 5_000


class Style(StrEnum):
    """How Keras is told about a network."""

    SEQUENTIAL = "sequential"
    FUNCTIONAL = "functional"
    SUBCLASSED = "subclassed"


class Symbol(Value):
    """A size that the definition names but never gives a value."""

    symbol: str = Field(min_length=1, max_length=200)


Dimension: TypeAlias = int | Symbol | None
"""A number, a name nobody defined, or None: the batch, or a size left open."""

Shape: TypeAlias = tuple[Dimension, ...]
"""Batch first, then height, width, channels (or whatever the layer yields)."""


class Input(Value):
    """A place where data enters. Calls refer to it by its name."""

    name: str = Field(min_length=1, max_length=200)
    shape: Shape = Field(min_length=1, max_length=12, description="batch first: [null, height, width, channels]")
    dtype: str = Field(default="float32", max_length=20)


class Layer(Value):
    """A layer as it was written: `kind` is Keras's class name, `config` the arguments that were given."""

    name: str = Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_.-]+$")
    kind: str = Field(min_length=1, max_length=200, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    config: JsonObject = Field(default_factory=dict)


class Call(Value):
    """One use of a layer on earlier calls or inputs. A layer with two calls is shared.

    An input is the id of an input or an earlier call, or `id:1`, `id:2`, ... for the further results of a call that
    yields several.
    """

    id: str = Field(min_length=1, max_length=200)
    layer: str
    inputs: tuple[str, ...] = Field(min_length=1)
    arguments: JsonObject = Field(default_factory=dict)


class Source(Value):
    """Where a definition came from: which preset with which options, or `architecture` for one given as data."""

    kind: str
    preset: str | None = None
    options: dict[str, JsonValue] | None = None


class Stop(Value):
    """The call at which building cannot go on, and why."""

    call: str
    kind: str
    input_shapes: tuple[Shape, ...]
    message: str


class Architecture(Value):
    """Inputs, layers, the calls that connect them, outputs. Everything that was written is kept."""

    name: Name
    style: Style
    source: Source = Source(kind="architecture")
    inputs: tuple[Input, ...] = Field(min_length=1, max_length=64)
    layers: tuple[Layer, ...] = Field(min_length=1, max_length=LARGEST_LAYER_COUNT)
    calls: tuple[Call, ...] = Field(min_length=1, max_length=2 * LARGEST_LAYER_COUNT)
    outputs: tuple[str, ...] = Field(min_length=1, max_length=64)

    @model_validator(mode="after")
    def _is_connected(self) -> Self:
        layer_names = [layer.name for layer in self.layers]
        _no_repeats("layer name", layer_names)
        known_layers = set(layer_names)
        known = {entry.name for entry in self.inputs}
        _no_repeats(
            "input name or call id", [*[entry.name for entry in self.inputs], *[call.id for call in self.calls]]
        )
        for call in self.calls:
            if call.layer not in known_layers:
                raise ValueError(f"call {call.id!r} uses layer {call.layer!r}, which is not among the layers")
            _all_known(f"call {call.id!r}", call.inputs, known)
            known.add(call.id)
        _all_known("outputs", self.outputs, known)
        if self.style is Style.SEQUENTIAL and not self.is_chain:
            raise ValueError(
                "a sequential style needs one input, one output and one layer after another; "
                "this network branches or shares a layer: use the functional or subclassed style"
            )
        return self

    @model_validator(mode="after")
    def _functions_stand_last(self) -> Self:
        """Functions on tensors are made where they are called, layers before: their places among layers say nothing."""
        if any(is_operation(layer.kind) for layer in self.layers):
            first = {call.layer: place for place, call in reversed(list(enumerate(self.calls)))}
            own = [layer for layer in self.layers if not is_operation(layer.kind)]
            functions = [layer for layer in self.layers if is_operation(layer.kind)]
            functions.sort(key=lambda layer: first.get(layer.name, len(self.calls)))
            object.__setattr__(self, "layers", (*own, *functions))  # frozen for everybody else
        return self

    @property
    def is_chain(self) -> bool:
        """Whether each call takes just the one before it, as a Sequential can express."""
        ids = [self.inputs[0].name, *[call.id for call in self.calls]]
        follows = all(call.inputs == (before,) for call, before in zip(self.calls, ids, strict=False))
        in_order = [call.layer for call in self.calls] == [layer.name for layer in self.layers]
        return len(self.inputs) == 1 and follows and in_order and self.outputs == (ids[-1],)

    @property
    def digest(self) -> str:
        """SHA-256 over style, inputs, layers, calls and outputs in canonical JSON; names of networks do not count."""
        definition = self.model_dump(mode="json", exclude={"name", "source"})
        canonical = json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()

    def layer(self, name: str) -> Layer:
        """The layer of that name."""
        return next(layer for layer in self.layers if layer.name == name)


def source_of(reference: str, known: Container[str]) -> tuple[str, int]:
    """The input or call that a reference names, and which of its results: `lstm:1` is the second one of `lstm`."""
    name, colon, number = reference.rpartition(":")
    if reference not in known and colon and number.isascii() and number.isdigit() and len(number) < 4:
        return name, int(number)
    return reference, 0


class ArchitectureSummary(Value):
    """What lists show of a kept architecture: everything but the definition itself, which may have thousands of layers."""

    id: str
    created_at: Instant
    name: str
    style: Style
    source: Source
    calls: int
    stops_at: Stop | None = None
    parameters: int | None = None
    reached_layers: int = 0

    @property
    def complete(self) -> bool:
        """Whether Keras can build it to its outputs."""
        return self.stops_at is None


class StoredArchitecture(Value):
    """An architecture that was kept, with what the inspector found: where it stops, how many parameters it has."""

    id: str
    created_at: Instant
    digest: str
    architecture: Architecture
    stops_at: Stop | None = None
    parameters: int | None = None
    reached_layers: int = 0

    @property
    def complete(self) -> bool:
        """Whether Keras can build it to its outputs."""
        return self.stops_at is None

    @property
    def summary(self) -> ArchitectureSummary:
        """What lists show of it."""
        return ArchitectureSummary(
            id=self.id,
            created_at=self.created_at,
            name=self.architecture.name,
            style=self.architecture.style,
            source=self.architecture.source,
            calls=len(self.architecture.calls),
            stops_at=self.stops_at,
            parameters=self.parameters,
            reached_layers=self.reached_layers,
        )

    def representation(self) -> dict[str, Any]:
        """The architecture as the REST contract shows it."""
        data = self.architecture.json_object()
        return {
            "id": self.id,
            "digest": self.digest,
            "created_at": self.created_at.isoformat(),
            "complete": self.complete,
            "parameters": self.parameters,
            "reached_layers": self.reached_layers,
            **data,
            "stops_at": None if self.stops_at is None else self.stops_at.json_object(),
        }


def _no_repeats(what: str, names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{what} {name!r} is given twice; each needs its own")
        seen.add(name)


def _all_known(where: str, wanted: tuple[str, ...], known: set[str]) -> None:
    for name in wanted:
        if source_of(name, known)[0] not in known:
            raise ValueError(f"{where} refers to {name!r}, which is neither an input nor an earlier call")
