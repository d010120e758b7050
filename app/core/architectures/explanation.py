"""Causes and consequences in sentences that a student understands."""

from collections.abc import Container, Iterable

from pydantic import JsonValue

from app.core.architectures.filling import made_equal
from app.core.architectures.graph import Graph, Node
from app.core.architectures.saying import NUMBERS, count_text, value_text
from app.core.architectures.suspects import Suspect
from app.core.architectures.written import OPEN_SHAPE, symbol_of

_TITLES = {
    "padding": "Padding",
    "rate": "Dropout rate",
    "units": "Units",
    "filters": "Filters",
    "kernel_size": "Kernel size",
    "strides": "Strides",
    "pool_size": "Pool size",
    "activation": "Activation",
    "data_format": "Axis order",
    "use_bias": "Bias",
    "shape": "Input shape",
    "dtype": "Input type",
    "order": "Order of the inputs",
    "layers": "Layers",
    "position": "Position",
    "inputs": "Connections",
    "x1": "First operand",
    "x2": "Second operand",
    "shared": "Sharing",
    "trainable": "Trainable",
    "arguments": "Arguments of the call",
}
_WHAT_IT_DOES = {
    "padding": "“valid” lets a window stay inside the map, which loses its border each time; “same” pads the map first",
    "strides": "the step of the window divides the size of the map",
    "pool_size": "the window of a pool divides the size of the map",
    "kernel_size": "a larger kernel has more weights, and without padding trims more of the border",
    "filters": "each filter is one more channel, here and in the weights of the next layer",
    "units": "each unit is one more value, here and in the weights of the next layer",
    "data_format": "it says which axis holds the channels: read the other way, heights are taken for channels",
    "use_bias": "each channel or unit has one bias, or none",
    "rate": "it changes which values are dropped while training, never a shape or a parameter",
    "activation": "it changes what the layer computes, not its shape or its parameters",
    "trainable": "the weights are there either way; only whether training changes them differs",
    "dtype": "it changes how numbers are stored",
    "order": "whoever passes the inputs by position has to follow it, with the same shapes and parameters",
    "return_sequences": "the layer yields what it holds after every step, or only after the last",
}
_WHAT_ENDINGS_DO = {
    "_initializer": "the first weights are drawn otherwise: training starts elsewhere, with the same shapes",
    "_regularizer": "training is held back otherwise, with the same shapes",
    "_constraint": "training keeps the weights within other bounds, with the same shapes",
}


def title(suspect: Suspect) -> str:
    """A heading of a few words."""
    if is_written_out(suspect):
        return "Activation as a layer"
    if suspect.field == "rate" and suspect.layer_kind and "Dropout" not in suspect.layer_kind:
        return "Rate"
    return _TITLES.get(suspect.field, suspect.field.replace("_", " ").capitalize())


def is_written_out(suspect: Suspect) -> bool:
    """Whether it is an activation that is an argument on one side and a layer of its own on the other: nothing computed."""
    return suspect.kind == "topology" and suspect.field == "activation"


def cause_text(
    suspect: Suspect,
    graph: Graph,
    *,
    explained_rows: int,
    effect: int | None,
    shapes: bool,
    torn: Container[str] = frozenset(),
) -> str:
    """What differs, where, and what it does; `graph` is the left's, `torn` are names that no one value can stand for."""
    what = f"{what_differs(suspect)}{_trims(suspect, graph)}{_if_filled(suspect, torn)}"
    return f"{what} {_so_what(suspect, explained_rows=explained_rows, effect=effect, shapes=shapes)}".strip()


def torn_names(suspects: Iterable[Suspect]) -> frozenset[str]:
    """Names that would have to be one value for one cause and another value for another."""
    wanted: dict[str, JsonValue] = {}
    torn = set()
    for suspect in suspects:
        for name, value in (_filling(suspect) or {}).items():
            if wanted.setdefault(name, value) != value:
                torn.add(name)
    return frozenset(torn)


def _filling(suspect: Suspect) -> dict[str, JsonValue] | None:
    return None if suspect.kind == "topology" else made_equal(suspect.left, suspect.right)


def _if_filled(suspect: Suspect, torn: Container[str]) -> str:
    found = _filling(suspect)
    if not found:
        return ""
    name = next((name for name in found if name in torn), None)
    if name is not None:
        return f" No one value of {name} makes the networks equal: here it would have to be {value_text(found[name])}."
    said = " and ".join(f"{name} is {value_text(value)}" for name, value in found.items())
    return f" Where {said}, both are equal."


def _trims(suspect: Suspect, graph: Graph) -> str:
    """How many pixels each window takes off a map where it is not padded, if that is one number."""
    if suspect.field != "padding" or "valid" not in (suspect.left, suspect.right):
        return ""
    names = {pair.left for pair in suspect.layers}
    windows = {_window(node) for node in graph.nodes.values() if node.layer in names}
    window = windows.pop() if len(windows) == 1 else None
    if not window or window < 2:
        return ""
    side = "left" if suspect.left == "valid" else "right"
    pixels = "one pixel" if window == 2 else f"{NUMBERS.get(window - 1, window - 1)} pixels"
    return f" On the {side} each of them trims {pixels} off a map’s height and width."


def _window(node: Node) -> int | None:
    kernel, strides = node.settings.get("kernel_size"), node.settings.get("strides")
    sizes = kernel if isinstance(kernel, list) else [kernel]
    plain = all(stride == 1 for stride in (strides if isinstance(strides, list) else [strides]))
    return sizes[0] if plain and isinstance(sizes[0], int) and len(set(map(str, sizes))) == 1 else None


def what_differs(suspect: Suspect) -> str:
    """One sentence: what is on the left, what on the right."""
    if suspect.kind == "input":
        return _input(suspect)
    if suspect.kind == "topology":
        return _TOPOLOGY[suspect.field](suspect)
    left, right = value_text(suspect.left), value_text(suspect.right)
    kind = suspect.layer_kind or "layer"
    count = len(suspect.layers)
    which = "" if count > 1 else f" ({suspect.layers[0].left})" if suspect.layers and suspect.layers[0].left else ""
    verb = "has" if count == 1 else "have"
    default = " (Keras’s default)" if suspect.field == "padding" and suspect.left == "valid" else ""
    return f"{count_text(count, kind)}{which} {verb} {suspect.field}={left}{default} on the left and {suspect.field}={right} on the right."


def _so_what(suspect: Suspect, *, explained_rows: int, effect: int | None, shapes: bool) -> str:
    if is_written_out(suspect):
        return "Both compute the same, with the same weights: only the table is longer on one side."
    known = _what_it_does(suspect)
    reason = f" {known[0].upper()}{known[1:]}." if known else ""
    if not shapes:
        return (
            reason.strip()
            if "never a shape" in known or "not its shape" in known or "the same shapes" in known
            else (f"{reason} No shape and no number of parameters depends on it here.".strip())
        )
    grown = "" if not effect else f" and {'adds' if effect > 0 else 'takes away'} {abs(effect):,} parameters"
    rows = "1 row" if explained_rows == 1 else f"{explained_rows} rows"
    return f"{reason} This explains what differs in {rows}{grown}.".strip()


def _input(suspect: Suspect) -> str:
    if suspect.field == "order":
        orders = [", ".join(map(str, _entries(side))) for side in (suspect.left, suspect.right)]
        return f"The network takes its inputs in the order {orders[0]} on the left and {orders[1]} on the right."
    left, right = _size_text(suspect.left), _size_text(suspect.right)
    name = suspect.layers[0].left
    return f"The input {name!r} has {suspect.field} {left} on the left and {right} on the right{_axes(suspect)}."


def _what_it_does(suspect: Suspect) -> str:
    ending = next((does for ending, does in _WHAT_ENDINGS_DO.items() if suspect.field.endswith(ending)), "")
    known = _WHAT_IT_DOES.get(suspect.field, ending)
    if suspect.field == "data_format" and "Pooling" in (suspect.layer_kind or ""):
        return f"{known}, and a pool of 2 halves the channels and one side of the map instead of both sides"
    return known


def _size_text(value: JsonValue) -> str:
    """A shape as one says it, without the batch: 224 × 224 × 3."""
    if not isinstance(value, list):
        return value_text(value)
    return " × ".join(
        (symbol_of(size) or "").removeprefix(OPEN_SHAPE) or ("?" if size is None else str(size)) for size in value[1:]
    )


def _axes(suspect: Suspect) -> str:
    left, right = suspect.left, suspect.right
    if suspect.field == "shape" and isinstance(left, list) and isinstance(right, list) and left != right:
        if len(left) == 4 and left[3] == right[3] and left[1:3] == right[2:0:-1]:
            return ": height and width are exchanged"
        if sorted(map(str, left)) == sorted(map(str, right)):
            return ": the same sizes in another order (Keras takes height, width, channels)"
        if left[:-1] == right[:-1]:
            return ": the number of channels differs"
    return ""


def _entries(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _listed(kinds: JsonValue) -> str:
    names = [str(kind) for kind in _entries(kinds)]
    return " → ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _layers(suspect: Suspect) -> str:
    places = len(suspect.edits)
    where = "" if places == 1 else f", at {places} places"
    if suspect.left and suspect.right:
        return f"The left has {_listed(suspect.left)} where the right has {_listed(suspect.right)}{where}."
    side, other = ("left", "right") if suspect.left else ("right", "left")
    return f"The {side} has {_listed(suspect.left or suspect.right)}, which the {other} has not{where}."


def _moved(suspect: Suspect) -> str:
    return f"{_listed(suspect.left)} stands at another place on the right."


def _inputs(suspect: Suspect) -> str:
    left, right = value_text(suspect.left), value_text(suspect.right)
    who = suspect.layers[0].left if suspect.layers else "the output of the network"
    if left == right:
        return f"{who} takes {left} on both sides by name, but another tensor bears that name on the right."
    same = sorted(map(str, _entries(suspect.left))) == sorted(map(str, _entries(suspect.right)))
    order = "the same inputs in another order: " if same else ""
    return f"{who} takes {order}{left} on the left and {right} on the right."


def _activation(suspect: Suspect) -> str:
    with_argument, with_layer = ("left", "right") if isinstance(suspect.right, list) else ("right", "left")
    function, kinds = sorted([suspect.left, suspect.right], key=lambda value: isinstance(value, list))
    count = sum(pair.left is not None and pair.right is not None for pair in suspect.layers)
    layers = "one layer" if count == 1 else f"{NUMBERS.get(count, count)} layers"
    return (
        f"The {with_argument} gives {layers} activation={value_text(function)} as an argument, the {with_layer} has it as a "
        f"layer of its own ({', '.join(map(str, _entries(kinds)))}) behind {'it' if count == 1 else 'each'}."
    )


def _shared(suspect: Suspect) -> str:
    def side(value: JsonValue) -> str:
        names = value if isinstance(value, list) else []
        return (
            "one layer, used several times" if len(names) == 1 else f"{len(names)} layers, each with weights of its own"
        )

    return f"The same {suspect.layer_kind} calls use {side(suspect.left)}, on the left and {side(suspect.right)}, on the right."


_TOPOLOGY = {
    "activation": _activation,
    "inputs": _inputs,
    "layers": _layers,
    "position": _moved,
    "shared": _shared,
}
