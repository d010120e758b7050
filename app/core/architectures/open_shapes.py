"""How many sizes a shape must have that nobody wrote: as many as the first layer that cares about it takes."""

import re

from app.core.architectures.architecture import Architecture, Call, Layer, Shape, Symbol
from app.core.architectures.kinds import KEEP_SHAPE
from app.core.architectures.written import OPEN_SHAPE, object_of

_DIMENSIONS = re.compile(r"([123])D(Transpose)?$")
_ON_SEQUENCES = frozenset(
    {
        "AdditiveAttention",
        "Attention",
        "Bidirectional",
        "GRU",
        "GroupQueryAttention",
        "LSTM",
        "MultiHeadAttention",
        "RNN",
        "SimpleRNN",
    }
)
_ON_IMAGES = frozenset({"CenterCrop", "Resizing", "RandAugment", "AugMix", "CutMix", "MixUp", "Solarization"})
_KEEP_RANK = KEEP_SHAPE | {"Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"}


def open_shape_name(shape: Shape) -> str | None:
    """The name of a shape that is open as a whole (empty where it has none), None for a shape that was written."""
    if len(shape) == 2 and isinstance(shape[1], Symbol) and shape[1].symbol.startswith(OPEN_SHAPE):
        return shape[1].symbol.removeprefix(OPEN_SHAPE)
    return None


def ranks_needed(architecture: Architecture) -> dict[str, int]:
    """How many sizes, the batch among them, the layers behind an input or a call's result take, by its reference.

    The first layer behind it that cares decides; a reference is missing where any number would do.
    """
    layers = {layer.name: layer for layer in architecture.layers}
    found: dict[str, tuple[int, int]] = {}  # the number of the call that decides, and what it takes
    for number, call in reversed(list(enumerate(architecture.calls))):
        layer = layers[call.layer]
        rank = _rank(layer, call)
        decided = (number, rank) if rank is not None else found.get(call.id) if layer.kind in _KEEP_RANK else None
        if decided is not None:
            found |= {name: min(decided, found.get(name, decided)) for name in call.inputs}
    return {name: rank for name, (_, rank) in found.items()}


def _rank(layer: Layer, call: Call) -> int | None:
    if layer.kind == "TimeDistributed":
        inner = object_of(layer.config.get("layer"))
        within = None if inner is None else _rank(Layer(name=layer.name, kind=inner[0], config=inner[1]), call)
        return 3 if within is None else within + 1
    found = _DIMENSIONS.search(layer.kind)
    if found:
        return int(found[1]) + (3 if layer.kind.startswith("ConvLSTM") else 2)
    if layer.kind in _ON_SEQUENCES:
        return 3
    if layer.kind in _ON_IMAGES or layer.kind.startswith("Random"):
        return 4
    if layer.kind in {"Embedding", "RepeatVector"}:
        return 2
    dims = layer.config.get("dims") if layer.kind == "Permute" else None
    return len(dims) + 1 if isinstance(dims, list) else None
