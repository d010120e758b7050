"""The layer-by-layer summary of an architecture: one row per call, inputs included."""

from pydantic import Field, JsonValue

from app.core.architectures.architecture import Shape
from app.core.values import JsonObject, Value


class Row(Value):
    """One call: shapes with the batch first as null, sizes in bytes per image, costs in multiply-adds per image.

    `receptive_field` has one number for each direction of the map: (height, width), or (steps,), or (depth, height, width).
    What cannot be known is null, and `note` then says why; a row behind the place where building stops is not `reached`.
    `settings` is every argument with its value, written one way (a kernel of 3 is [3, 3]); `config` is those of them that
    differ from Keras's defaults.
    """

    call: str
    name: str
    kind: str
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape | None, ...]
    output_shapes: tuple[Shape, ...] | None
    parameters: int | None
    trainable_parameters: int | None
    macs: int | None
    activation_bytes: int | None
    receptive_field: tuple[int, ...] | None
    config: JsonObject
    settings: JsonObject = Field(default_factory=dict)
    reached: bool
    note: str = ""


class Totals(Value):
    """Sums over the rows that were reached; a shared layer's parameters count once.

    `training_bytes` is an estimate for one image: weights with gradient and Adam's two moments, and activations twice.
    """

    parameters: int | None
    trainable_parameters: int | None
    macs: int | None
    weight_bytes: int | None
    activation_bytes: int | None
    training_bytes: int | None


class Remedy(Value):
    """A change that lets the network be completed, and whether it was tried and works."""

    change: JsonObject
    tried: bool
    works: bool


class Failure(Value):
    """The call at which building stops, the shapes that reached it, and Keras's reason."""

    call: str
    kind: str
    input_shapes: tuple[Shape, ...]
    message: str
    remedies: tuple[Remedy, ...] = ()
    smallest_input: JsonValue = None


class LayerTable(Value):
    """What the inspector answers for an architecture."""

    complete: bool
    failure: Failure | None
    totals: Totals
    rows: tuple[Row, ...] = Field(min_length=1)

    @property
    def reached_layers(self) -> int:
        """How many calls were built, inputs not counted."""
        return sum(row.reached and row.kind != "InputLayer" for row in self.rows)
