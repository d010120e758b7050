"""What a source does with its networks: which images come in, what is compiled and trained, and how."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from app.core.architectures.architecture import Call, Layer, Shape, Style, source_of
from app.core.architectures.layer_table import LayerTable, Row
from app.core.architectures.reading import Definition, Reading, Record, RecordedValue, Ref
from app.core.architectures.training_findings.images import Images, images_of
from app.core.architectures.training_findings.records import (
    EVALUATING,
    FITTING,
    PREDICTING,
    argument,
    is_known,
    name_of,
    passes_images_on,
    refs_in,
    words_in,
)

_CHAIN_LIMIT = 50


@dataclass(frozen=True)
class Training:
    """One call of `fit`: of which network, with which images, and which callbacks (None where that is not known)."""

    number: int
    record: Record
    definition: int
    data: Images | None
    validation: Images | None
    callbacks: tuple[int, ...] | None


@dataclass(frozen=True)
class Compilation:
    """One call of `compile`: `loss` by Keras's name for it, None where it is not one that Keras knows by name."""

    number: int
    record: Record
    definition: int
    loss: str | None
    from_logits: bool


@dataclass(frozen=True)
class LastLayer:
    """What a network ends in; `activation` is None where it is not known."""

    call: Call
    layer: Layer
    shape: Shape | None
    activation: str | None


@dataclass(frozen=True)
class Story:
    """A reading and the layer tables of its definitions, seen from the training."""

    reading: Reading
    tables: Sequence[LayerTable | None]

    @cached_property
    def trainings(self) -> list[Training]:
        """Every `fit` of a network that was read, in order."""
        return [
            Training(
                number=number,
                record=record,
                definition=record.receiver.definition,
                data=self.images(argument(record, "generator" if "generator" in record.arguments else "x", 0)),
                validation=self.images(
                    argument(record, "validation_data", 5 if name_of(record) == "fit_generator" else 7)
                ),
                callbacks=self._callbacks(record),
            )
            for number, record in enumerate(self.reading.records)
            if name_of(record) in FITTING and record.receiver is not None and record.receiver.definition is not None
        ]

    @cached_property
    def compilations(self) -> list[Compilation]:
        """Every `compile` of a network that was read, in order."""
        return [
            Compilation(number, record, record.receiver.definition, *self._loss(argument(record, "loss", 1)))
            for number, record in enumerate(self.reading.records)
            if name_of(record) == "compile" and record.receiver is not None and record.receiver.definition is not None
        ]

    @cached_property
    def assessed(self) -> list[tuple[Record, Images]]:
        """Each use of images to assess a network (`validation_data`, `evaluate`, `predict`)."""
        found = [(training.record, training.validation) for training in self.trainings]
        found += [
            (record, self.images(argument(record, "generator" if "generator" in record.arguments else "x", 0)))
            for record in self.reading.records
            if name_of(record) in EVALUATING | PREDICTING
        ]
        return [(record, images) for record, images in found if images is not None]

    @cached_property
    def networks_of(self) -> Mapping[int, set[int]]:
        """By the number of a callback's record: the networks that are trained with it."""
        found: dict[int, set[int]] = defaultdict(set)
        for training in self.trainings:
            for number in training.callbacks or ():
                found[number].add(training.definition)
        return found

    @cached_property
    def trained_on(self) -> set[int]:
        """The numbers of all images that a network is trained on."""
        return {training.data.number for training in self.trainings if training.data is not None}

    @cached_property
    def words_used(self) -> set[str]:
        """Every name in the arguments of the recorded calls."""
        sources = (source for record in self.reading.records for source in record.sources.values())
        return {word for source in sources for word in words_in(source)}

    def definition(self, number: int) -> Definition:
        """A definition by its number."""
        return self.reading.definitions[number]

    def name(self, number: int) -> str:
        """What the source calls a network."""
        definition = self.definition(number)
        return definition.variable or definition.architecture.name

    def uses_of(self, number: int) -> list[Record]:
        """The calls of a network's methods."""
        return [
            record
            for record in self.reading.records
            if record.receiver is not None and record.receiver.definition == number
        ]

    def record(self, reference: Ref | None) -> Record | None:
        """The record that a reference means."""
        return None if reference is None or reference.record is None else self.reading.records[reference.record]

    def images(self, value: RecordedValue) -> Images | None:
        """The images that a generator or a dataset yields, where they come through unchanged from where they are read."""
        reference = value if isinstance(value, Ref) else None
        for _ in range(_CHAIN_LIMIT):
            record = self.record(reference)
            if record is None or reference is None or reference.record is None:
                return None
            found = images_of(reference.record, record, source=self.record(record.receiver))
            if found is not None or not passes_images_on(record):
                return found
            reference = record.receiver
        return None

    def table(self, number: int) -> LayerTable | None:
        """The layer table of a definition."""
        return self.tables[number] if number < len(self.tables) else None

    def input_shape(self, number: int) -> Shape | None:
        """The shape of a network's only input, batch first; None where there are several."""
        inputs = self.definition(number).architecture.inputs
        return inputs[0].shape if len(inputs) == 1 else None

    def last_layer(self, number: int) -> LastLayer | None:
        """What a network with one output ends in, as far as building came; None where that cannot be said."""
        architecture, table = self.definition(number).architecture, self.table(number)
        if len(architecture.outputs) != 1:
            return None
        calls = {call.id: call for call in architecture.calls}
        rows = {} if table is None else {row.call: row for row in table.rows}
        last = source_of(architecture.outputs[0], calls.keys())[0]
        if table is not None and table.failure is not None:
            if architecture.style is not Style.SEQUENTIAL:
                return None  # it was never made
            reached = [row.call for row in table.rows if row.reached and row.call in calls]
            last = reached[-1] if reached else ""
        if last not in calls:
            return None
        layer = architecture.layer(calls[last].layer)
        return LastLayer(calls[last], layer, _only_shape(rows.get(last)), _activation(layer))

    def _callbacks(self, record: Record) -> tuple[int, ...] | None:
        given = argument(record, "callbacks", 4 if name_of(record) == "fit_generator" else 5, default=[])
        if not is_known(given):
            return None
        return tuple(reference.record for reference in refs_in(given) if reference.record is not None)

    def _loss(self, value: RecordedValue) -> tuple[str | None, bool]:
        if isinstance(value, str):
            return _LOSSES.get(value.replace("_", "").lower()), False
        record = self.record(value if isinstance(value, Ref) else None)
        if record is None:
            return None, False
        logits = argument(record, "from_logits", 0, default=False)
        known = _LOSSES.get(name_of(record).replace("_", "").lower()) if isinstance(logits, bool) else None
        return known, logits is True


_LOSSES = {
    name.replace("_", ""): name
    for name in ("categorical_crossentropy", "sparse_categorical_crossentropy", "binary_crossentropy")
}
_TAKE_AN_ACTIVATION = frozenset({"Activation", "Conv1D", "Conv2D", "Conv3D", "Dense", "EinsumDense", "SeparableConv2D"})


def _activation(layer: Layer) -> str | None:
    if layer.kind in {"Softmax", "ReLU"}:
        return layer.kind.lower()
    if layer.kind not in _TAKE_AN_ACTIVATION:
        return None
    activation = layer.config.get("activation")
    if activation is None:
        return "linear"
    return activation if isinstance(activation, str) else None


def _only_shape(row: Row | None) -> Shape | None:
    return row.output_shapes[0] if row is not None and row.output_shapes and len(row.output_shapes) == 1 else None
