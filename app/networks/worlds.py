"""One reading of an architecture with a number in every place: which calls Keras takes, and what they yield."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from app.core.architectures import costs
from app.core.architectures.architecture import Architecture, Call, Input, Layer, source_of
from app.core.architectures.kinds import LARGEST_NUMBER, is_unknown
from app.core.architectures.open_shapes import open_shape_name, ranks_needed
from app.core.architectures.operations import is_operation
from app.core.architectures.probes import Probes, closed
from app.core.architectures.receptive_fields import Field, field_of_input, receptive_field
from app.core.architectures.written import code_of, symbol_of
from app.core.values import JsonObject
from app.networks.catalogue import tell_catalogue
from app.networks.facts import Described, Facts, Tensor, described, facts, operation_facts
from app.networks.lambdas import STATED, network_of_lambda, stated

Places: TypeAlias = dict[str, tuple[str, ...]]
"""The open sizes (without the batch) of what an input or a call yields, where nobody wrote its shape."""


class State(StrEnum):
    """How far one gets with a call."""

    KNOWN = "known"
    UNKNOWN = "unknown"  # nobody can say what it yields
    REFUSED = "refused"  # Keras does not take the layer's arguments
    STOPPED = "stopped"  # Keras does not take what reaches the layer
    BEHIND = "behind"  # something before it is refused or stopped


@dataclass(frozen=True)
class Outcome:
    """What became of an input or a call in one world."""

    state: State
    results: tuple[Tensor, ...] = ()
    reason: str = ""
    described: Described | None = None
    replaced: frozenset[str] = frozenset()
    parameters: int | None = None
    trainable: int | None = None
    macs: int | None = None
    field: Field | None = None


def open_places(architecture: Architecture, probes: Probes) -> Places:
    """Sizes for the shapes that nobody wrote, as many as the layers behind them take; added to the probes."""
    places: Places = {}
    ranks = ranks_needed(architecture)
    for entry in architecture.inputs:
        name = open_shape_name(entry.shape)
        rank = None if name is None else ranks.get(entry.name)
        if name is not None and rank is not None:
            texts = [f"{name or entry.name}[{axis}]" for axis in range(rank - 1)]
            places[entry.name] = tuple(probes.name(text) if name else probes.hide(text) for text in texts)
    layers = {layer.name: layer for layer in architecture.layers}
    strange = {layer.name for layer in architecture.layers if is_unknown(layer) or _open_target(layer)}
    if not strange and len(places) == sum(open_shape_name(entry.shape) is not None for entry in architecture.inputs):
        return places
    taken = {name for call in architecture.calls for name in call.inputs} | set(architecture.outputs)
    calls = {call.id: call for call in architecture.calls}
    for reference in sorted(taken):
        call = calls.get(source_of(reference, calls)[0])
        if call is not None and call.layer in strange:
            sizes = range(ranks.get(reference, 1) - 1)
            places[reference] = tuple(probes.hide(f"?{reference}[{axis}]") for axis in sizes)
    for call in architecture.calls:
        if layers[call.layer].kind == "Flatten":
            places[call.id] = (probes.hide(f"?{call.id}"),)
    return places


class World:
    """Every input and call, in order, with the probes' numbers of one world."""

    def __init__(self, architecture: Architecture, probes: Probes, places: Places, number: int) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self._probes = probes
        self._places = places
        self._number = number
        self._layers: Mapping[str, Layer] = {layer.name: layer for layer in architecture.layers}
        self._first: dict[str, tuple[Tensor, ...]] = {}
        for entry in architecture.inputs:
            self.outcomes[entry.name] = self._input(entry)
        for call in architecture.calls:
            self.outcomes[call.id] = self._call(call, self._layers[call.layer])

    def tensor(self, reference: str) -> Tensor | None:
        """Shape and type of what a reference names; None where it is not known."""
        name, number = source_of(reference, self.outcomes)
        outcome = self.outcomes[name]
        if number < len(outcome.results):
            return outcome.results[number]
        places = self._places.get(reference) if outcome.state is State.UNKNOWN else None
        return ((None, *self._numbers(places)), "float32") if places else None

    def _input(self, entry: Input) -> Outcome:
        if open_shape_name(entry.shape) is not None:
            texts = self._places.get(entry.name)
            if texts is None:
                return Outcome(State.UNKNOWN, reason="the shape of this input is not written")
            shape = (entry.shape[0] if isinstance(entry.shape[0], int) else None, *self._numbers(texts))
        else:
            shape = self._probes.shape(entry.shape, self._number)
        if any(size is not None and not 1 <= size <= LARGEST_NUMBER for size in shape):
            reason = f"An input of the shape {shape} cannot be: each size has to be from 1 to {LARGEST_NUMBER:,}."
            return Outcome(State.REFUSED, reason=reason)
        field = field_of_input(shape, entry.dtype)
        return Outcome(State.KNOWN, ((shape, entry.dtype),), parameters=0, trainable=0, macs=0, field=field)

    def _numbers(self, texts: tuple[str, ...]) -> list[int]:
        return [self._probes.number(text, self._number) for text in texts]

    def _call(self, call: Call, layer: Layer) -> Outcome:
        catalogue = tell_catalogue()
        config, replaced = closed(
            layer.kind, layer.config, probes=self._probes, world=self._number, catalogue=catalogue
        )
        told = Described(config, config) if is_operation(layer.kind) else described(layer.kind, config)
        before = [self.outcomes[source_of(name, self.outcomes)[0]] for name in call.inputs]
        if any(outcome.state in {State.REFUSED, State.STOPPED, State.BEHIND} for outcome in before):
            return Outcome(State.BEHIND, described=told, replaced=replaced)
        arriving = [self.tensor(name) for name in call.inputs]
        known = tuple(tensor for tensor in arriving if tensor is not None)
        if told.unknown or _open_target(layer):
            unknown = Outcome(State.UNKNOWN, reason=told.refusal, described=told, replaced=replaced)
            return _unbuilt(layer, config, known, unknown)
        if told.settings is None:
            return Outcome(State.REFUSED, reason=told.refusal, described=told, replaced=replaced)
        if len(known) == len(arriving):
            return self._built(call, layer, config, told=told, replaced=replaced, arriving=known)
        if layer.kind == "Flatten" and call.id in self._places:
            flat = self._numbers(self._places[call.id])  # one row of values, however many
            return Outcome(State.KNOWN, (((None, *flat), "float32"),), "", told, replaced, 0, 0, 0)
        missing = next(name for name, tensor in zip(call.inputs, arriving, strict=True) if tensor is None)
        return self._without(missing, Outcome(State.UNKNOWN, described=told, replaced=replaced))

    def _without(self, missing: str, unknown: Outcome) -> Outcome:
        """What is to be said of a call when something that reaches it is not known, or not there."""
        name, number = source_of(missing, self.outcomes)
        there = self.outcomes[name]
        if there.state is State.KNOWN:
            reason = f"{name} yields {len(there.results)} results; there is no number {number} among them"
            return Outcome(State.STOPPED, reason=reason, described=unknown.described, replaced=unknown.replaced)
        reason = f"what reaches it from {name} is not known"
        return Outcome(State.UNKNOWN, reason=reason, described=unknown.described, replaced=unknown.replaced)

    def _built(
        self,
        call: Call,
        layer: Layer,
        config: JsonObject,
        *,
        told: Described,
        replaced: frozenset[str],
        arriving: tuple[Tensor, ...],
    ) -> Outcome:
        if is_operation(layer.kind):
            return _applied(layer, config, told=told, replaced=replaced, arriving=arriving)
        first = self._first.get(layer.name, arriving)
        arguments = {name: value for name, value in call.arguments.items() if not isinstance(value, list | dict)}
        answer = facts(layer.kind, config, arriving=arriving, built_on=first, arguments=arguments)
        if answer.refusal:
            return Outcome(State.STOPPED, reason=answer.refusal, described=told, replaced=replaced)
        self._first[layer.name] = first
        return Outcome(
            State.KNOWN,
            answer.results,
            described=told,
            replaced=replaced,
            parameters=answer.parameters,
            trainable=answer.trainable,
            macs=self._macs(layer, told, arriving, answer),
            field=self._field(call, layer, told, arriving),
        )

    def _macs(self, layer: Layer, told: Described, arriving: tuple[Tensor, ...], answer: Facts) -> int | None:
        inputs, outputs = [shape for shape, _ in arriving], [shape for shape, _ in answer.results]
        return costs.multiply_adds(layer.kind, told.settings or {}, inputs=inputs, outputs=outputs)

    def _field(self, call: Call, layer: Layer, told: Described, arriving: tuple[Tensor, ...]) -> Field | None:
        before = [self.outcomes[source_of(name, self.outcomes)[0]].field for name in call.inputs]
        return receptive_field(layer.kind, told.settings or {}, before=before, inputs=[shape for shape, _ in arriving])


def _applied(
    layer: Layer, config: JsonObject, *, told: Described, replaced: frozenset[str], arriving: tuple[Tensor, ...]
) -> Outcome:
    """A function of `keras.ops`, which has no weights and whose work is not counted."""
    answer = operation_facts(layer.kind, config, arriving=arriving)
    state = State.UNKNOWN if answer.refusal else State.KNOWN
    return Outcome(state, answer.results, answer.refusal, told, replaced, parameters=0, trainable=0)


def _open_target(layer: Layer) -> str | None:
    """The name for all that a Reshape is to yield, where its target is just that."""
    return symbol_of(layer.config.get("target_shape")) if layer.kind == "Reshape" else None


def _unbuilt(layer: Layer, config: JsonObject, arriving: tuple[Tensor, ...], unknown: Outcome) -> Outcome:
    """What is to be said of a layer that is never built here, nor can be: a Lambda is followed, or its author believed."""
    target = _open_target(layer)
    if target is not None:
        return replace(unknown, reason=f"what it yields depends on `{target}`")
    if layer.kind != "Lambda":
        return unknown
    network = network_of_lambda(layer.config, arriving)
    followed = () if network is None else _results_of(network)
    written = layer.config.get("output_shape")
    believed = stated(written if code_of(written) else config.get("output_shape"), arriving)
    if followed and (not believed or [shape for shape, _ in believed] == [shape for shape, _ in followed]):
        return replace(unknown, state=State.KNOWN, results=followed, reason="", parameters=0, trainable=0)
    return replace(unknown, results=believed, reason=STATED) if believed else unknown  # Keras believes it too


def _results_of(network: Architecture) -> tuple[Tensor, ...]:
    """What a network without weights yields, where all of it is known."""
    world = World(network, Probes(network), {}, 0)
    results = [world.tensor(reference) for reference in network.outputs]
    known = tuple(result for result in results if result is not None)
    weightless = all(outcome.parameters == 0 for outcome in world.outcomes.values())
    return known if weightless and len(known) == len(results) else ()
