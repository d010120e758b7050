"""`Dense(activation="relu")`, and `Dense` with a ReLU layer behind it: one change, and the same computation."""

from collections.abc import Sequence

from pydantic import JsonValue

from app.core.architectures.edits import ArgumentEdit, Edit, Region
from app.core.architectures.graph import Graph, Node, canonical
from app.core.architectures.pairing import Pairing
from app.core.values import JsonObject

_AS_LAYERS: dict[str, tuple[str, JsonObject]] = {
    "ELU": ("elu", {"alpha": 1.0}),
    "LeakyReLU": ("leaky_relu", {"negative_slope": 0.2}),
    "ReLU": ("relu", {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}),
    "Softmax": ("softmax", {"axis": -1}),
}
"""Layers that compute what an activation of that name does, where their arguments are these (Keras's functions' own)."""


def activation_layers(edits: Sequence[Edit], pairing: Pairing) -> dict[int, str]:
    """The places of edits that together write an activation as a layer of its own, or the other way, and one text for all."""
    arguments = {
        (side, call): (place, edit)
        for place, edit in enumerate(edits)
        if isinstance(edit, ArgumentEdit) and edit.field == "activation"
        for side, call in _only_call(edit, pairing)
    }
    found: dict[int, str] = {}
    for place, region in enumerate(edits):
        if not isinstance(region, Region) or len(region.added + region.removed) != 1:
            continue
        side, graph = ("right", pairing.right) if region.added else ("left", pairing.left)
        node = graph.nodes[(region.added + region.removed)[0]]
        if len(node.sources) != 1:
            continue
        partner = arguments.get((side, node.sources[0][0]))
        if partner is not None and _computes_the_same(node, partner[1], side) and _takes_all(node, graph):
            found[place] = found[partner[0]] = canonical(["activation", function_of(node), side])
    return found


def function_of(node: Node) -> JsonValue:
    """The activation that a layer computes as one would give it as an argument; none where it is no such layer."""
    if node.kind == "Activation":
        return node.settings.get("activation")
    name, arguments = _AS_LAYERS.get(node.kind, (None, {}))
    return name if all(node.settings.get(key) == value for key, value in arguments.items()) else None


def _only_call(edit: ArgumentEdit, pairing: Pairing) -> list[tuple[str, str]]:
    calls = pairing.layer_pairs[edit.layers]
    return [("left", calls[0]), ("right", pairing.right_of[calls[0]])] if len(calls) == 1 else []


def _computes_the_same(node: Node, argument: ArgumentEdit, side: str) -> bool:
    beside, elsewhere = (argument.left, argument.right) if side == "left" else (argument.right, argument.left)
    return beside == "linear" and function_of(node) not in (None, "linear") and elsewhere == function_of(node)


def _takes_all(node: Node, graph: Graph) -> bool:
    """Whether nothing else sees what reaches the layer: that would be a tensor before the activation."""
    before = node.sources[0]
    consumers = [other.id for other in graph.nodes.values() for source in other.sources if source == before]
    return consumers == [node.id] and before not in graph.outputs
