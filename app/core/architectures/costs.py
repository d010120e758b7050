"""What a layer costs, from shapes and arguments alone. What is not known here is None.

Multiply-adds count one multiplication with its addition as one, per image, as in He et al. 2015 (ResNet) and the VGG
figures; biases, activations, normalisation, pooling and sums of layers are not counted.

Arguments are those of `Row.settings`; inner layers of wrappers are written with the arguments that differ from defaults.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod
from typing import TypeAlias

from pydantic import JsonValue

from app.core.architectures.architecture import Shape
from app.core.architectures.attention_costs import attention
from app.core.architectures.geometry import Sizes, Use, elements, sizes_of, split, whole_number, window
from app.core.architectures.kinds import KINDS
from app.core.architectures.written import object_of
from app.core.values import JsonObject

FLOAT_BYTES = 4
_BYTES = {
    "float16": 2,
    "bfloat16": 2,
    "float64": 8,
    "int64": 8,
    "uint64": 8,
    "int8": 1,
    "uint8": 1,
    "bool": 1,
    "int16": 2,
}
_GATES = {"LSTM": 4, "LSTMCell": 4, "GRU": 3, "GRUCell": 3, "SimpleRNN": 1, "SimpleRNNCell": 1}

Rule: TypeAlias = Callable[[Use], int | None]


def multiply_adds(
    kind: str, settings: JsonObject, *, inputs: Sequence[Shape | None], outputs: Sequence[Shape]
) -> int | None:
    """Multiply-adds for one image; None where no rule is known or a size is open."""
    rule = _rule(kind)
    if rule is None:
        return 0 if kind in KINDS and kind not in _UNKNOWN else None
    given, made = [sizes_of(shape) for shape in inputs], [sizes_of(shape) for shape in outputs]
    known_inputs = [sizes for sizes in given if sizes is not None]
    known_outputs = [sizes for sizes in made if sizes is not None]
    if len(known_inputs) != len(given) or len(known_outputs) != len(made) or not given or not made:
        return None
    try:
        return rule(Use(settings, known_inputs, known_outputs))
    except (LookupError, TypeError, ValueError):
        return None  # arguments that no rule foresaw


def activation_bytes(shapes: Sequence[Shape], dtypes: Sequence[str] = ()) -> int | None:
    """Bytes of the results for one image, float32 where no type is said; None where a size is open."""
    counts = [elements(shape) for shape in shapes]
    sizes = [_BYTES.get(dtype, FLOAT_BYTES) for dtype in dtypes] or [FLOAT_BYTES] * len(counts)
    known = [count * size for count, size in zip(counts, sizes, strict=False) if count is not None]
    return sum(known) if len(known) == len(counts) else None


def sum_known(values: Iterable[int | None]) -> int | None:
    """The sum, None where one of them is not known."""
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def _convolution(use: Use) -> int:
    channels, spatial = split(use.inputs[0], use.settings)
    taps = prod(window(use.settings, "kernel_size", len(spatial)))
    return prod(use.outputs[0]) * taps * channels // whole_number(use.settings.get("groups", 1))


def _transposed_convolution(use: Use) -> int:
    # Every value that arrives is multiplied with the whole kernel, once per filter.
    _, spatial = split(use.inputs[0], use.settings)
    return (
        prod(use.inputs[0])
        * prod(window(use.settings, "kernel_size", len(spatial)))
        * whole_number(use.settings["filters"])
    )


def _depthwise_convolution(use: Use) -> int:
    _, spatial = split(use.inputs[0], use.settings)
    return prod(use.outputs[0]) * prod(window(use.settings, "kernel_size", len(spatial)))


def _separable_convolution(use: Use) -> int:
    channels, spatial = split(use.inputs[0], use.settings)
    filters, positions = split(use.outputs[0], use.settings)
    between = channels * whole_number(use.settings.get("depth_multiplier", 1))
    taps = prod(window(use.settings, "kernel_size", len(spatial)))
    return prod(positions) * between * (taps + filters)


def _dense(use: Use) -> int:
    return prod(use.outputs[0]) * use.inputs[0][-1]


def _einsum(use: Use) -> int:
    """Every value of the result sums over the letters that the result has not."""
    left, result = str(use.settings["equation"]).replace(" ", "").split("->")
    given = left.split(",")[0]
    before, dots, after = given.partition("...")
    # The shape has no batch here, which is the first letter (or among those that the dots stand for).
    sizes = dict(zip(reversed(after), reversed(use.inputs[0]), strict=False))
    if not dots:
        sizes = dict(zip(before[1:], use.inputs[0], strict=True))
    contracted = [letter for letter in given if letter.isalpha() and letter not in result]
    return prod(use.outputs[0]) * prod(sizes[letter] for letter in contracted)


def _recurrent(kind: str) -> Rule:
    # One product with the kernel and one with the recurrent kernel for each gate (Hochreiter and Schmidhuber 1997 with
    # Gers's forget gate; Cho et al. 2014), at every step; products of gates value by value are not counted.
    def rule(use: Use) -> int:
        steps, features = use.inputs[0]
        units = whole_number(use.settings["units"])
        return steps * _GATES[kind] * units * (features + units)

    return rule


def _cells(use: Use) -> int:
    steps, features = use.inputs[0]
    total = 0
    for kind, config in _listed(use.settings["cell"]):
        units = whole_number(config["units"])
        total += _GATES[kind] * units * (features + units)
        features = units
    return steps * total


def _listed(cell: JsonValue) -> list[tuple[str, JsonObject]]:
    """The cells of an RNN, one above the other."""
    if isinstance(cell, list):
        return [entry for listed in cell for entry in _listed(listed)]
    found = object_of(cell)
    if found is None:
        raise ValueError("not a cell")
    return _listed(found[1]["cells"]) if found[0] == "StackedRNNCells" else [found]


def _recurrent_convolution(use: Use) -> int:
    # Shi et al. 2015: the two products of an LSTM as convolutions; that over the state keeps its size.
    channels, _ = split(use.inputs[0][1:], use.settings)
    made = use.outputs[0][-(len(use.inputs[0]) - 1) :]
    filters, positions = split(made, use.settings)
    taps = prod(window(use.settings, "kernel_size", len(positions)))
    return use.inputs[0][0] * 4 * prod(made) * taps * (channels + filters)


def _twice(use: Use) -> int | None:
    kind, config = _inner(use.settings, "layer")
    forward = _as_known(kind, config, inputs=use.inputs[:1], outputs=use.outputs[:1])
    other = use.settings.get("backward_layer")
    if other is None:
        return None if forward is None else 2 * forward
    kind, config = _inner(use.settings, "backward_layer")
    return sum_known([forward, _as_known(kind, config, inputs=use.inputs[:1], outputs=use.outputs[:1])])


def _at_every_step(use: Use) -> int | None:
    kind, config = _inner(use.settings, "layer")
    once = _as_known(kind, config, inputs=[use.inputs[0][1:]], outputs=[use.outputs[0][1:]])
    return None if once is None else use.inputs[0][0] * once


def _wrapped(use: Use) -> int | None:
    return _as_known(*_inner(use.settings, "layer"), inputs=use.inputs, outputs=use.outputs)


def _inner(settings: JsonObject, name: str) -> tuple[str, JsonObject]:
    found = object_of(settings[name])
    if found is None:
        raise ValueError("no layer inside")
    return found


def _as_known(kind: str, config: JsonObject, *, inputs: Sequence[Sizes], outputs: Sequence[Sizes]) -> int | None:
    given: list[Shape] = [(None, *sizes) for sizes in inputs]
    return multiply_adds(kind, config, inputs=given, outputs=[(None, *sizes) for sizes in outputs])


def _dot(use: Use) -> int:
    axes = use.settings["axes"]
    axis = whole_number(axes[0] if isinstance(axes, list) else axes)
    return prod(use.outputs[0]) * use.inputs[0][axis - 1 if axis > 0 else axis]


def _rule(kind: str) -> Rule | None:
    found = _RULES.get(kind)
    if found is None and kind[-2:] in {"1D", "2D", "3D"}:
        found = _RULES.get(kind[:-2])
    return _RULES["ConvTranspose"] if kind.endswith("DTranspose") else found


_RULES: Mapping[str, Rule] = {
    "Conv": _convolution,
    "ConvTranspose": _transposed_convolution,
    "DepthwiseConv": _depthwise_convolution,
    "SeparableConv": _separable_convolution,
    "ConvLSTM": _recurrent_convolution,
    "Dense": _dense,
    "EinsumDense": _einsum,
    **{kind: _recurrent(kind) for kind in ("LSTM", "GRU", "SimpleRNN")},
    "RNN": _cells,
    "Bidirectional": _twice,
    "TimeDistributed": _at_every_step,
    "SpectralNormalization": _wrapped,
    "Dot": _dot,
    **{
        kind: attention(kind)
        for kind in ("Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention")
    },
}
_UNKNOWN = frozenset({"MelSpectrogram", *_GATES} - set(_RULES))
