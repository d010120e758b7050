"""How two architectures differ, and why: what the comparison of two layer tables answers."""

from typing import Literal, TypeAlias

from pydantic import Field, JsonValue

from app.core.values import Value

Status: TypeAlias = Literal["same", "differs", "added", "removed", "stopped", "unreached"]
Origin: TypeAlias = Literal["introduced", "inherited"]
CauseKind: TypeAlias = Literal["argument", "input", "topology"]


class Change(Value):
    """One field that differs in a row: `introduced` by the layer's own definition, or `inherited` from what reaches it."""

    field: str
    left: JsonValue
    right: JsonValue
    origin: Origin


class AlignedRow(Value):
    """A call of the left beside its partner of the right, by their ids; None where there is no partner.

    `stopped` is the row at which building stops on one side, `unreached` one that lies behind such a place.
    """

    left: str | None
    right: str | None
    kind: str
    status: Status
    changes: tuple[Change, ...] = ()


class LayerPair(Value):
    """The names of a layer on either side; None where it is on one side only."""

    left: str | None
    right: str | None


class Explained(Value):
    """One field difference: `row` counts the aligned rows from 0."""

    row: int
    field: str


class Cause(Value):
    """The smallest change of definition that explains a set of differences.

    `field` is Keras's own argument name (`padding`), `shape` or `dtype` of an input, or for topology one of `layers`
    (added or removed), `position` (moved), `inputs` (connected otherwise), `shared`, `activation` (an argument on one side,
    a layer of its own on the other). `parameter_effect` is what it adds to
    the parameters when the causes are applied to the left in their listed order, so that all effects add up to the whole
    difference; `alone` is what it does by itself. `explains` are the differences that remain when all causes but this one
    are applied, and those that it removes by itself; it is `verified` when that experiment was made and nothing else
    remained.
    """

    id: str
    kind: CauseKind
    field: str
    layer_kind: str | None = None
    left: JsonValue
    right: JsonValue
    layers: tuple[LayerPair, ...]
    rows: tuple[int, ...] = Field(description="the aligned rows whose own definition it changes")
    parameter_effect: int | None
    alone: int | None = None
    affects_shapes: bool = False
    explains: tuple[Explained, ...] = ()
    verified: bool = False
    title: str
    explanation: str


class Consequence(Value):
    """What follows from causes: a network that cannot be completed, shapes inherited by the layers behind."""

    cause: str
    causes: tuple[str, ...]
    explanation: str
    rows: tuple[int, ...]


class Excluded(Value):
    """What is not a cause, with the proof: `style`, `names`, `input_layer`, ..."""

    what: str
    explanation: str


class Counts(Value):
    """Parameters of both sides; null where they cannot be known."""

    left: int | None
    right: int | None


class Differences(Value):
    """The whole answer. `smallest_set` are the causes that together make all shapes and parameters equal."""

    identical: bool
    parameters: Counts
    rows: tuple[AlignedRow, ...]
    causes: tuple[Cause, ...]
    consequences: tuple[Consequence, ...]
    excluded: tuple[Excluded, ...]
    summary: str
    smallest_set: tuple[str, ...] = ()
    cut: str | None = Field(default=None, description="what was left out of the search because it was bounded")
