"""Reads an architecture into its layer table by asking Keras about one call after another, without weights."""

from collections.abc import Sequence

from app.core.architectures import costs
from app.core.architectures.architecture import Architecture, Call, Input, Layer, Shape, Symbol, source_of
from app.core.architectures.layer_table import Failure, LayerTable, Row
from app.core.architectures.memory import totals
from app.core.architectures.open_shapes import open_shape_name
from app.core.architectures.plain_words import plain_words
from app.core.architectures.probes import Probes, counts, is_open, open_texts, opened
from app.core.architectures.receptive_fields import Field
from app.core.values import JsonObject
from app.networks.facts import Tensor, forget_session
from app.networks.worlds import Outcome, State, World, open_places


def read_layer_table(architecture: Architecture) -> LayerTable:
    """The table up to and behind the call at which Keras cannot go on.

    A network with open sizes is read in several worlds, and what they agree on is told.
    """
    try:
        return _Reading(architecture).table()
    finally:
        forget_session()


class _Reading:
    def __init__(self, architecture: Architecture) -> None:
        self._architecture = architecture
        self._probes = Probes(architecture)
        places = open_places(architecture, self._probes)
        self._worlds = [World(architecture, self._probes, places, number) for number in self._probes.worlds]
        self._gone: set[str] = set()  # inputs and calls that building stops at or never comes to
        self._counted: set[str] = set()
        self._failure: Failure | None = None

    def table(self) -> LayerTable:
        layers = {layer.name: layer for layer in self._architecture.layers}
        rows = [self._input_row(entry) for entry in self._architecture.inputs]
        rows += [self._call_row(call, layers[call.layer]) for call in self._architecture.calls]
        return LayerTable(complete=self._failure is None, failure=self._failure, totals=totals(rows), rows=tuple(rows))

    def _input_row(self, entry: Input) -> Row:
        outcomes = [world.outcomes[entry.name] for world in self._worlds]
        known = all(outcome.state is State.KNOWN for outcome in outcomes)
        if not known and outcomes[0].state is State.REFUSED:
            self._stop(Failure(call=entry.name, kind="InputLayer", input_shapes=(), message=outcomes[0].reason))
        shape = entry.shape
        if open_shape_name(shape) is not None:
            shape = self._shape(entry.name) or shape
        return Row(
            call=entry.name,
            name=entry.name,
            kind="InputLayer",
            inputs=(),
            input_shapes=(),
            output_shapes=None if self._is_gone(entry.name) or (not known and shape is entry.shape) else (shape,),
            parameters=0,
            trainable_parameters=0,
            macs=0,
            activation_bytes=costs.activation_bytes((shape,), (entry.dtype,)) if known else None,
            receptive_field=_places([outcome.field for outcome in outcomes]),
            config={},
            reached=not self._is_gone(entry.name),
            note="" if known else outcomes[0].reason,
        )

    def _call_row(self, call: Call, layer: Layer) -> Row:
        outcomes = [world.outcomes[call.id] for world in self._worlds]
        settings, shown = self._settings(layer, outcomes)
        note = self._judge(call, layer, outcomes)
        reached = not self._is_gone(call.id)
        shapes = self._results(outcomes) if reached else None
        known = reached and not note
        again = layer.name in self._counted
        if reached:
            self._counted.add(layer.name)
        parameters, trainable = _weights(outcomes, again=again) if reached else (None, None)
        if known and parameters is None:
            note = f"how many weights it has depends on {self._open_names(call, layer, weights=True)}"
        return Row(
            call=call.id,
            name=layer.name,
            kind=layer.kind,
            inputs=call.inputs,
            input_shapes=tuple(self._shape(name) for name in call.inputs),
            output_shapes=shapes,
            parameters=parameters,
            trainable_parameters=trainable,
            macs=_same([outcome.macs for outcome in outcomes]) if known else None,
            activation_bytes=None if shapes is None else costs.activation_bytes(shapes, _types(outcomes)),
            receptive_field=_places([outcome.field for outcome in outcomes]) if known else None,
            config=shown,
            settings=settings,
            reached=reached,
            note=note,
        )

    def _judge(self, call: Call, layer: Layer, outcomes: Sequence[Outcome]) -> str:
        """Note where building stops here, or was stopped before; answers why the result is not known, if it is not."""
        if any(self._is_gone(source_of(name, self._worlds[0].outcomes)[0]) for name in call.inputs):
            self._gone.add(call.id)
            return ""
        states = {outcome.state for outcome in outcomes}
        first = next((outcome for outcome in outcomes if outcome.state is not State.KNOWN), None)
        if first is None:
            return ""
        depends = is_open(layer.config) or any(self._is_open(name) for name in call.inputs)
        if states <= {State.REFUSED, State.STOPPED} and (states == {State.REFUSED} or not depends):
            self._stop_at(call, layer, first.reason)
            return ""
        if first.state is State.UNKNOWN:
            return first.reason
        return f"what it yields depends on {self._open_names(call, layer)}"

    def _stop_at(self, call: Call, layer: Layer, reason: str) -> None:
        shapes = tuple(shape for name in call.inputs if (shape := self._shape(name)) is not None)
        message = f"{reason}{plain_words(layer, shapes)}"
        self._stop(Failure(call=call.id, kind=layer.kind, input_shapes=shapes, message=message))

    def _stop(self, failure: Failure) -> None:
        self._gone.add(failure.call)
        self._failure = self._failure or failure

    def _is_gone(self, name: str) -> bool:
        return name in self._gone

    def _tensors(self, reference: str) -> list[Tensor]:
        """What a reference names, world by world; nothing where it is not known in all of them."""
        found = [world.tensor(reference) for world in self._worlds]
        known = [tensor for tensor in found if tensor is not None]
        return known if len(known) == len(found) else []

    def _shape(self, reference: str) -> Shape | None:
        return self._merged([shape for shape, _ in self._tensors(reference)])

    def _merged(self, shapes: Sequence[tuple[int | None, ...]]) -> Shape | None:
        if not shapes or len({len(shape) for shape in shapes}) != 1:
            return None
        return tuple(self._probes.dimension(sizes) for sizes in zip(*shapes, strict=True))

    def _is_open(self, reference: str) -> bool:
        tensors = self._tensors(reference)
        return any(tensor != tensors[0] for tensor in tensors)

    def _results(self, outcomes: Sequence[Outcome]) -> tuple[Shape, ...] | None:
        counts = {len(outcome.results) for outcome in outcomes}
        if counts == {0} or len(counts) != 1:
            return None
        shapes = [
            self._merged([shape for shape, _ in results])
            for results in zip(*[outcome.results for outcome in outcomes], strict=True)
        ]
        known = tuple(shape for shape in shapes if shape is not None)
        return known if len(known) == len(shapes) else None

    def _settings(self, layer: Layer, outcomes: Sequence[Outcome]) -> tuple[JsonObject, JsonObject]:
        """Every argument, and those that differ from defaults, as they were written where they are open."""
        told = [outcome.described for outcome in outcomes if outcome.described is not None]
        every = [entry.settings for entry in told if entry.settings is not None]
        if len(every) != len(outcomes):
            return layer.config, layer.config
        settings: JsonObject = {}
        for name in every[0]:
            if name in outcomes[0].replaced:
                settings[name] = layer.config[name]
                continue
            try:
                settings[name] = opened([entry[name] for entry in every], self._probes)
            except (KeyError, ValueError):
                settings[name] = layer.config.get(name)
        settings |= {name: layer.config[name] for name in outcomes[0].replaced}
        differ = outcomes[0].replaced.union(*[entry.shown for entry in told])
        return settings, {name: value for name, value in settings.items() if name in differ}

    def _open_names(self, call: Call, layer: Layer, *, weights: bool = False) -> str:
        """What a result, or the number of weights, depends on: of what arrives, weights care for the channels alone."""
        names = [text for name, value in layer.config.items() if counts(name) for text in open_texts(value)]
        for reference in call.inputs:
            shape = self._shape(reference) or ()
            sizes = _channels(shape, layer) if weights else shape
            names += [size.symbol for size in sizes if isinstance(size, Symbol)]
        return ", ".join(f"`{name}`" for name in dict.fromkeys(names)) or "a size that is not known"


def _channels(shape: Shape, layer: Layer) -> Shape:
    return shape[1:2] if layer.config.get("data_format") == "channels_first" else shape[-1:]


def _weights(outcomes: Sequence[Outcome], *, again: bool) -> tuple[int | None, int | None]:
    if again:
        return 0, 0
    return _same([outcome.parameters for outcome in outcomes]), _same([outcome.trainable for outcome in outcomes])


def _same(values: Sequence[int | None]) -> int | None:
    return values[0] if all(value == values[0] for value in values) else None


def _places(fields: Sequence[Field | None]) -> tuple[int, ...] | None:
    places = [None if field is None else field.places for field in fields]
    return places[0] if all(place == places[0] for place in places) else None


def _types(outcomes: Sequence[Outcome]) -> list[str]:
    return [dtype for _, dtype in outcomes[0].results]
