"""Applies some of the edits between two architectures to the left one, to see what they do."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from app.core.architectures.architecture import Architecture, Call, Input, Layer, Style
from app.core.architectures.edits import (
    ArgumentEdit,
    CallArgumentEdit,
    Edit,
    InputEdit,
    InputOrderEdit,
    Region,
    SharingEdit,
    differs,
)
from app.core.architectures.graph import COMMUTATIVE, Node, Source
from app.core.architectures.pairing import Pairing, Slot, matched
from app.core.values import JsonObject


@dataclass(frozen=True)
class Mixture:
    """The left architecture with some edits applied, and the aligned row of each of its inputs and calls."""

    architecture: Architecture
    rows: dict[str, int]


class Mixer:
    """Makes mixtures of two architectures whose calls are paired."""

    def __init__(self, left: Architecture, right: Architecture, pairing: Pairing) -> None:
        self.pairing = pairing
        self.name = left.name
        self._left_layers = {layer.name: layer for layer in left.layers}
        self._right_layers = {layer.name: layer for layer in right.layers}

    def mix(self, edits: Collection[Edit], *, style: Style = Style.FUNCTIONAL) -> Mixture:
        """The left definition, also behind the place where building stops, with these edits and no other."""
        return _Mixing(self, edits).mixture(style)

    @cached_property
    def added_names(self) -> dict[str, str]:
        """New ids for what is on the right only, none of which the left uses."""
        taken = set(self.pairing.left.nodes)
        names: dict[str, str] = {}
        for name in self.pairing.right.nodes:
            if name not in self.pairing.left_of:
                names[name] = _free(name, taken)
                taken.add(names[name])
        return names

    @cached_property
    def added_layers(self) -> dict[str, str]:
        """New names for the layers of the right, none of which the left uses."""
        taken = set(self._left_layers)
        names: dict[str, str] = {}
        for name in self._right_layers:
            names[name] = _free(name, taken)
            taken.add(names[name])
        return names

    @cached_property
    def partners(self) -> dict[str, str]:
        """The left layer of each right layer that has one; of several the first."""
        found: dict[str, str] = {}
        for one, two in self.pairing.layer_pairs:
            found.setdefault(two, one)
        return found

    def aligned_config(self, left_name: str, right_name: str) -> JsonObject:
        """The left layer's arguments; what amounts to the same is written as the right writes it.

        A pool of 2 with strides left open and one with strides of 2 are equal until the pool is changed.
        """
        calls = self.pairing.layer_pairs[left_name, right_name]
        one, two = self.pairing.left.nodes[calls[0]], self.pairing.right.nodes[self.pairing.right_of[calls[0]]]
        config = dict(one.written)
        for name in {**one.written, **two.written}:
            if not differs(one, two, name):
                _copy(config, two.written, name)
        return config

    def layers(self) -> tuple[dict[str, Layer], dict[str, Layer]]:
        """The layers of both sides by their names."""
        return self._left_layers, self._right_layers


class _Mixing:
    """One mixture in the making."""

    def __init__(self, mixer: Mixer, edits: Collection[Edit]) -> None:
        self._mixer, self._pairing = mixer, mixer.pairing
        self._arguments = [edit for edit in edits if isinstance(edit, ArgumentEdit)]
        self._calls = {edit.call for edit in edits if isinstance(edit, CallArgumentEdit)}
        self._inputs = {(edit.input, edit.field) for edit in edits if isinstance(edit, InputEdit)}
        regions = [edit for edit in edits if isinstance(edit, Region)]
        self._gone = {name for region in regions for name in region.removed}
        self._come = {name for region in regions for name in region.added}
        self._slots = {slot for region in regions for slot in region.slots}
        self._reordered = next((edit.right for edit in edits if isinstance(edit, InputOrderEdit)), None)
        self._split = {name for edit in edits if isinstance(edit, SharingEdit) for name in edit.right_layers}
        self._configs: dict[str, tuple[str, JsonObject]] = {}

    def mixture(self, style: Style) -> Mixture:
        inputs: list[Input] = []
        calls: list[Call] = []
        rows: dict[str, int] = {}
        for row, (left, right) in enumerate(self._pairing.alignment.pairs):
            made = self._one_row(left, right)
            if isinstance(made, Input):
                inputs.append(made)
                rows[made.name] = row
            elif made is not None:
                calls.append(made)
                rows[made.id] = row
        outputs = tuple(self._name(*source) for source in self._sources(None))
        layers = tuple(Layer(name=key, kind=kind, config=config) for key, (kind, config) in self._configs.items())
        name = self._mixer.name
        architecture = Architecture(
            name=name, style=style, inputs=self._in_order(inputs), layers=layers, calls=tuple(calls), outputs=outputs
        )
        return Mixture(architecture, rows)

    def _in_order(self, inputs: list[Input]) -> tuple[Input, ...]:
        """As the left lists them (or the right, where that is applied); added ones behind."""
        order = {name: place for place, name in enumerate(self._reordered or self._pairing.left.nodes)}
        return tuple(sorted(inputs, key=lambda entry: order.get(entry.name, len(order))))

    def _one_row(self, left: str | None, right: str | None) -> Input | Call | None:
        if left is not None and (right is not None or left not in self._gone):
            node = self._pairing.left.nodes[left]
            return self._input(node) if node.layer is None else self._call(node)
        if left is None and right is not None and right in self._come:
            return self._added(self._pairing.right.nodes[right])
        return None

    def _input(self, node: Node) -> Input:
        facts = dict(node.settings)
        for name in facts:
            if (node.id, name) in self._inputs:
                facts[name] = self._pairing.right.nodes[self._pairing.right_of[node.id]].settings[name]
        return Input.model_validate({"name": node.id, **facts})

    def _call(self, node: Node) -> Call:
        assert node.layer is not None
        right = self._pairing.right_of.get(node.id)
        arguments = node.arguments
        if right is None:
            layer = self._layer(node.layer, self._mixer.layers()[0][node.layer])
            sources: list[tuple[str, Source]] = [("left", source) for source in node.sources]
        else:
            if node.id in self._calls:
                arguments = self._pairing.right.nodes[right].arguments
            layer = self._paired_layer(node, self._pairing.right.nodes[right])
            sources = list(self._sources(node.id))
        inputs = tuple(self._name(*source) for source in sources)
        return Call(id=node.id, layer=layer, inputs=inputs, arguments=arguments)

    def _added(self, node: Node) -> Call | Input:
        name = self._mixer.added_names[node.id]
        if node.layer is None:
            return Input.model_validate({"name": name, **node.settings})
        partner = self._mixer.partners.get(node.layer)
        if partner is not None and node.layer not in self._split:
            one = self._config(partner, node.layer)
            layer = self._remember(partner, node.kind, one)
        else:
            layer = self._layer(self._mixer.added_layers[node.layer], self._mixer.layers()[1][node.layer])
        inputs = tuple(self._name("right", source) for source in node.sources)
        return Call(id=name, layer=layer, inputs=inputs, arguments=node.arguments)

    def _paired_layer(self, left: Node, right: Node) -> str:
        assert left.layer is not None
        assert right.layer is not None
        name = self._mixer.added_layers[right.layer] if right.layer in self._split else left.layer
        return self._remember(name, left.kind, self._config(left.layer, right.layer))

    def _config(self, left: str, right: str) -> JsonObject:
        config = self._mixer.aligned_config(left, right)
        theirs = self._mixer.layers()[1][right].config
        for edit in self._arguments:
            if edit.layers == (left, right):
                _copy(config, theirs, edit.field)
        return config

    def _layer(self, name: str, layer: Layer) -> str:
        return self._remember(name, layer.kind, layer.config)

    def _remember(self, name: str, kind: str, config: JsonObject) -> str:
        self._configs.setdefault(name, (kind, config))
        return name

    def _sources(self, name: str | None) -> Iterator[tuple[str, Source]]:
        """What a paired call (None: the outputs) takes, each with its side."""
        pairing = self._pairing
        if name is None:
            ours, theirs = pairing.left.outputs, pairing.right.outputs
        else:
            one, two = pairing.left.nodes[name], pairing.right.nodes[pairing.right_of[name]]
            ours, theirs = one.sources, matched(one, two, pairing) if one.kind in COMMUTATIVE else two.sources
        if (name, None) in self._slots:
            yield from (("right", source) for source in theirs)
        else:
            for place, source in enumerate(ours):
                slot: Slot = (name, place)
                yield ("right", theirs[place]) if slot in self._slots else ("left", source)

    def _name(self, side: str, source: Source) -> str:
        name, number = source
        if side == "right":
            name = self._pairing.left_of.get(name) or self._mixer.added_names[name]
        return f"{name}:{number}" if number else name


def _copy(config: JsonObject, other: JsonObject, name: str) -> None:
    if name in other:
        config[name] = other[name]
    else:
        config.pop(name, None)


def _free(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    number = 1
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
