"""Graphs of graphs as one flat architecture: nested networks' layers are named `outer.inner`."""

import heapq
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from app.core.architectures.architecture import LARGEST_LAYER_COUNT, Call, Dimension, Input, Layer, Shape, Symbol
from app.core.architectures.catalogue import Catalogue
from app.core.architectures.chain import snake_case
from app.core.architectures.kinds import LARGEST_NUMBER
from app.core.architectures.operations import is_operation
from app.core.architectures.readers.keras_json.defaults import spelled_out
from app.core.architectures.readers.keras_json.graphs import (
    WHOLE,
    Graph,
    InputLeaf,
    Leaf,
    Member,
    Node,
    Tensor,
)
from app.core.architectures.readers.keras_json.leaves import Converted, channels_first, convert, over_time
from app.core.architectures.readers.keras_json.operations import is_operation as is_operation_leaf
from app.core.architectures.readers.keras_json.values import Era
from app.core.architectures.reading import Finding, NotUnderstood
from app.core.architectures.written import OPEN_SHAPE, symbol_of
from app.core.errors import TooLargeError

_MOST_CALLS = 2 * LARGEST_LAYER_COUNT


@dataclass
class _Results:
    """What one call of a member yields: references in order, or those of a call that may yield any number."""

    references: list[str]
    any_number: bool = False

    def at(self, index: int) -> list[str]:
        if index == WHOLE:
            return self.references
        if self.any_number and index > 0:
            return [f"{self.references[0]}:{index}"]
        return self.references[index : index + 1]


@dataclass
class _Taken:
    """Names that are given away; where one is asked for again, a number follows it."""

    names: set[str] = field(default_factory=set)
    last: dict[str, int] = field(default_factory=dict)

    def free(self, base: str, between: str, *, first: int) -> str:
        name, number = base, self.last.get(base, first - 1)
        while name in self.names:
            number += 1
            name = f"{base}{between}{number}"
        self.last[base] = number
        self.names.add(name)
        return name


@dataclass
class Flattener:
    """Collects inputs, layers and calls. Each layer is there once, however often its network is called."""

    catalogue: Catalogue
    era: Era
    theano_order: bool = False
    symbols: Mapping[str, JsonValue] = field(default_factory=dict)
    inputs: list[Input] = field(default_factory=list)
    layers: dict[str, Layer] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    not_understood: list[NotUnderstood] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)
    _names_taken: _Taken = field(default_factory=_Taken)
    _ids_taken: _Taken = field(default_factory=_Taken)
    _conversions: dict[tuple[str, int], Converted] = field(default_factory=dict)
    _applied: int = 0

    def outputs_of(self, graph: Graph) -> list[str]:
        """Lay out the outermost network; answers what it yields."""
        return self._apply(graph, prefix="", given=None, timed=False)

    def _apply(self, graph: Graph, *, prefix: str, given: list[str] | None, timed: bool) -> list[str]:
        self._applied += 1
        if self._applied > _MOST_CALLS:
            raise _too_many()
        known: dict[tuple[str, int], _Results] = {}
        for number, tensor in enumerate(graph.inputs):
            member = graph.member(tensor.layer)
            if member is None or not isinstance(member.content, InputLeaf):
                continue
            if given is None:
                known[member.name, 0] = _Results([self._input(member.name, member.content)])
            elif number < len(given):
                known[member.name, 0] = _Results([given[number]])
        for member, number in self._in_order(graph, known):
            key = (member.name, number + member.first_node)
            known[key] = self._call(member, member.nodes[number], known, prefix=prefix, timed=timed)
        return [reference for tensor in graph.outputs for reference in self._resolved(tensor, known)]

    def _in_order(self, graph: Graph, known: dict[tuple[str, int], _Results]) -> list[tuple[Member, int]]:
        """All calls, each behind what it is called on, otherwise as the file lists them; what never can be is noted."""
        order: list[tuple[Member, int]] = []
        waiting: dict[tuple[str, int], list[tuple[int, int]]] = {}
        missing: dict[tuple[int, int], int] = {}
        ready: list[tuple[int, int]] = []
        for position, member in enumerate(graph.members):
            for number, node in enumerate(member.nodes):
                wanted = {(t.layer, t.node) for t in node.tensors} - known.keys()
                missing[position, number] = len(wanted)
                for key in wanted:
                    waiting.setdefault(key, []).append((position, number))
                if not wanted:
                    ready.append((position, number))
        heapq.heapify(ready)
        while ready:
            position, number = heapq.heappop(ready)
            member = graph.members[position]
            order.append((member, number))
            for other in waiting.pop((member.name, number + member.first_node), ()):
                missing[other] -= 1
                if not missing[other]:
                    heapq.heappush(ready, other)
        self._note_unreached(graph, missing)
        return order

    def _note_unreached(self, graph: Graph, missing: dict[tuple[int, int], int]) -> None:
        for (position, _), count in missing.items():
            if count:
                name = graph.members[position].name
                self._note(name, f"layer {name!r} is called on something that is not in the file, or on itself")
        for member in graph.members:
            if not member.nodes and not isinstance(member.content, InputLeaf):
                self._note(member.name, f"layer {member.name!r} is never called")

    def _call(
        self, member: Member, node: Node, known: dict[tuple[str, int], _Results], *, prefix: str, timed: bool
    ) -> _Results:
        if len(self.calls) >= _MOST_CALLS:
            raise _too_many()
        if isinstance(member.content, Graph):
            given = [reference for tensor in node.tensors for reference in self._resolved(tensor, known)]
            inner = f"{prefix}{member.name}."
            return _Results(self._apply(member.content, prefix=inner, given=given, timed=timed or member.over_time))
        assert isinstance(member.content, Leaf)  # inputs have no nodes
        return self._leaf(member.name, member.content, node, known, prefix=prefix, timed=timed)

    def _leaf(
        self, name: str, leaf: Leaf, node: Node, known: dict[tuple[str, int], _Results], *, prefix: str, timed: bool
    ) -> _Results:
        full = f"{prefix}{name}"
        converted = self._converted(full, leaf, node)
        inputs = [reference for tensor in converted.inputs for reference in self._resolved(tensor, known)]
        if not inputs:
            self._note(full, f"layer {full!r} is called on no tensor; it and what follows it is left out")
            return _Results([])
        kind, config = over_time(converted) if timed else (converted.kind, converted.config)
        key, wanted = full, full
        if is_operation(kind):  # it has neither weights nor a place of its own: each call is one, named by its kind
            key, wanted = f"{full} {len(self.calls)}", snake_case(kind)
        if key not in self._names:
            self._names[key] = self._free_name(wanted)
            self.layers[self._names[key]] = Layer(name=self._names[key], kind=kind, config=config)
            for text, why in (*converted.left_out, *_absurd(config)):
                self._note(f"{full}: {text}", why)
            self.findings += [_legacy(full, note) for note in converted.notes]
        layer = self._names[key]
        self.calls.append(
            Call(id=self._free_id(layer), layer=layer, inputs=tuple(inputs), arguments=converted.arguments)
        )
        return _Results([self.calls[-1].id], any_number=True)

    def _converted(self, full: str, leaf: Leaf, node: Node) -> Converted:
        """What a node says is the same each time its network is called."""
        key = (full, id(node))
        if key not in self._conversions:
            made = convert(leaf, node, catalogue=self.catalogue, era=self.era)
            made = channels_first(made, self.catalogue) if self.theano_order else made
            if not is_operation_leaf(leaf):
                made = replace(made, config=spelled_out(made.kind, made.config, self.catalogue))
            self._conversions[key] = made
        return self._conversions[key]

    def _resolved(self, tensor: Tensor, known: dict[tuple[str, int], _Results]) -> list[str]:
        results = known.get((tensor.layer, tensor.node))
        return [] if results is None else results.at(tensor.index)

    def _input(self, name: str, leaf: InputLeaf) -> str:
        free = self._free_id(name[:190] or "input")
        self.inputs.append(Input(name=free, shape=self._shape(name, leaf.shape), dtype=leaf.dtype[:20]))
        return free

    def _shape(self, name: str, written: JsonValue) -> Shape:
        filled = self.symbols.get(OPEN_SHAPE)
        if written is None and isinstance(filled, list):
            return (None, *(_dimension(size) for size in filled))
        if not isinstance(written, list) or not written:
            if written is not None:
                self._note(f"{name}: {written}", "this is no shape; expected a list of sizes, the batch first")
            return (None, Symbol(symbol=OPEN_SHAPE))
        return tuple(_dimension(size) for size in written)

    def _free_name(self, name: str) -> str:
        base = re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:190] or "layer"
        return self._names_taken.free(base, "_", first=1)

    def _free_id(self, base: str) -> str:
        return self._ids_taken.free(base, "_call_", first=2)

    def _note(self, text: str, why: str) -> None:
        self.not_understood.append(NotUnderstood(place=None, text=text[:300], why=why))


def _too_many() -> TooLargeError:
    return TooLargeError(f"The network has more than {_MOST_CALLS} calls of layers once nested networks are laid out.")


def _dimension(size: JsonValue) -> Dimension:
    if isinstance(size, int):
        return size if size >= 0 else None
    named = symbol_of(size)
    return None if named is None else Symbol(symbol=named)


def _absurd(value: JsonValue, argument: str = "") -> Iterator[tuple[str, str]]:
    """Numbers that no layer can be built with; seeds may be any."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from _absurd(entry, key)
    elif isinstance(value, list):
        for entry in value:
            yield from _absurd(entry, argument)
    elif isinstance(value, int) and abs(value) > LARGEST_NUMBER and argument != "seed":
        yield f"{argument}={str(value)[:30]}", f"no layer is built with a number beyond {LARGEST_NUMBER}"


def _legacy(name: str, note: str) -> Finding:
    return Finding(rule="legacy_layer", severity="note", place=None, message=f"{name}: {note}", read=name)
