"""Shapes as far as they can be known without building: what `x.shape[-1]` in a source is asked for.

Sizes are numbers, None (left open), symbols, or UNKNOWN_SIZE. Formulas are those of Keras's documentation of each layer.
"""

from collections.abc import Callable, Sequence
from math import prod
from typing import TypeAlias, cast

from pydantic import JsonValue

from app.core.architectures.kinds import KEEP_SHAPE
from app.core.architectures.written import object_of, symbol
from app.core.values import JsonObject

UNKNOWN_SIZE: JsonValue = cast("JsonValue", symbol("?"))

Sizes: TypeAlias = list[JsonValue]

_MERGES = frozenset(["Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"])
_RECURRENT = frozenset(["GRU", "LSTM", "SimpleRNN"])


def inferred(kind: str, config: JsonObject, inputs: Sequence[Sizes | None]) -> Sizes | None:
    """The shape of the first result, None where it cannot be known here."""
    if not inputs or inputs[0] is None or len(inputs[0]) < 2:
        return None
    first = inputs[0]
    if kind in KEEP_SHAPE:
        return list(first)
    if kind in _MERGES:
        return _merged(inputs)
    rule = _RULES.get(kind.rstrip("123D")) if kind[-2:] in {"1D", "2D", "3D"} else _RULES.get(kind)
    if kind == "Concatenate":
        return _concatenated(config, inputs)
    return rule(config, first) if rule is not None else None


def _merged(inputs: Sequence[Sizes | None]) -> Sizes | None:
    known = [sizes for sizes in inputs if sizes is not None]
    if len(known) != len(inputs) or len({len(sizes) for sizes in known}) != 1:
        return None
    return [_broadcast(sizes) for sizes in zip(*known, strict=True)]


def _broadcast(sizes: Sequence[JsonValue]) -> JsonValue:
    wide = [size for size in sizes if size != 1]
    if not wide:
        return 1
    return wide[0] if all(size == wide[0] for size in wide) else UNKNOWN_SIZE


def _concatenated(config: JsonObject, inputs: Sequence[Sizes | None]) -> Sizes | None:
    known = [sizes for sizes in inputs if sizes is not None]
    axis = config.get("axis", -1)
    if len(known) != len(inputs) or not isinstance(axis, int) or not -len(known[0]) <= axis < len(known[0]):
        return None
    result = list(known[0])
    along = [sizes[axis] for sizes in known if len(sizes) == len(result)]
    result[axis] = sum(size for size in along if isinstance(size, int)) if _numbers(along) else UNKNOWN_SIZE
    return result


def _dense(config: JsonObject, sizes: Sizes) -> Sizes:
    return [*sizes[:-1], config.get("units", UNKNOWN_SIZE)]


def _flat(_: JsonObject, sizes: Sizes) -> Sizes:
    return [sizes[0], prod(cast("list[int]", sizes[1:])) if _numbers(sizes[1:]) else UNKNOWN_SIZE]


def _convolution(config: JsonObject, sizes: Sizes) -> Sizes | None:
    return _windowed(config, sizes, window="kernel_size", stride=1, channels=config.get("filters", UNKNOWN_SIZE))


def _transposed(config: JsonObject, sizes: Sizes) -> Sizes | None:
    places = _places(config, sizes)
    kernel = _per_place(config.get("kernel_size"), len(places))
    strides = _per_place(config.get("strides", 1), len(places))
    valid = config.get("padding", "valid") == "valid"
    result = [
        _calculated([size, k, s], lambda n, k, s: n * s + (max(k - s, 0) if valid else 0))
        for size, k, s in zip(places, kernel, strides, strict=True)
    ]
    return _with_places(config, sizes, result, channels=config.get("filters", UNKNOWN_SIZE))


def _depthwise(config: JsonObject, sizes: Sizes) -> Sizes | None:
    multiplier = config.get("depth_multiplier", 1)
    channels = _calculated([sizes[_channel_axis(config)], multiplier], lambda n, m: n * m)
    return _windowed(config, sizes, window="kernel_size", stride=1, channels=channels)


def _pooling(config: JsonObject, sizes: Sizes) -> Sizes | None:
    config = {"pool_size": 2, **config}
    strides = config.get("strides") or config["pool_size"]
    channels = sizes[_channel_axis(config)]
    return _windowed({**config, "strides": strides}, sizes, window="pool_size", stride=1, channels=channels)


def _windowed(config: JsonObject, sizes: Sizes, *, window: str, stride: int, channels: JsonValue) -> Sizes | None:
    places = _places(config, sizes)
    count = len(places)
    windows = _per_place(config.get(window), count)
    strides = _per_place(config.get("strides", stride), count)
    dilations = _per_place(config.get("dilation_rate", 1), count)
    valid = config.get("padding", "valid") == "valid"
    result = [
        _calculated(
            [size, w, s, d], lambda n, w, s, d: (n - ((w - 1) * d if valid else 0) + s - 1) // s if s > 0 else 0
        )
        for size, w, s, d in zip(places, windows, strides, dilations, strict=True)
    ]
    return _with_places(config, sizes, result, channels=channels)


def _upsampled(config: JsonObject, sizes: Sizes) -> Sizes | None:
    places = _places(config, sizes)
    factors = _per_place(config.get("size", 2), len(places))
    result = [_calculated([size, by], lambda n, by: n * by) for size, by in zip(places, factors, strict=True)]
    return _with_places(config, sizes, result, channels=sizes[_channel_axis(config)])


def _padded(config: JsonObject, sizes: Sizes) -> Sizes | None:
    return _bordered(config, sizes, border=config.get("padding", 1), sign=1)


def _cropped(config: JsonObject, sizes: Sizes) -> Sizes | None:
    border = config.get("cropping", 1 if len(sizes) == 3 else 0)
    return _bordered(config, sizes, border=border, sign=-1)


def _bordered(config: JsonObject, sizes: Sizes, *, border: JsonValue, sign: int) -> Sizes | None:
    places = _places(config, sizes)
    each = [border] if len(places) == 1 and isinstance(border, list) else _per_place(border, len(places))
    result = [
        _calculated([size, *_pair(sides)], lambda n, a, b: n + sign * (a + b))
        for size, sides in zip(places, each, strict=True)
    ]
    return _with_places(config, sizes, result, channels=sizes[_channel_axis(config)])


def _global_pooling(config: JsonObject, sizes: Sizes) -> Sizes | None:
    channels = sizes[_channel_axis(config)]
    if config.get("keepdims") is True:
        return _with_places(config, sizes, [1] * (len(sizes) - 2), channels=channels)
    return [sizes[0], channels] if config.get("keepdims", False) is False else None


def _recurrent(config: JsonObject, sizes: Sizes) -> Sizes | None:
    units = config.get("units", UNKNOWN_SIZE)
    return [*sizes[:2], units] if config.get("return_sequences") is True else [sizes[0], units]


def _bidirectional(config: JsonObject, sizes: Sizes) -> Sizes | None:
    inner = object_of(config.get("layer"))
    if inner is None or inner[0] not in _RECURRENT:
        return None
    result = _recurrent(inner[1], sizes)
    if result is not None and config.get("merge_mode", "concat") == "concat":
        result[-1] = _calculated([result[-1]], lambda n: 2 * n)
    return result


def _time_distributed(config: JsonObject, sizes: Sizes) -> Sizes | None:
    inner = object_of(config.get("layer"))
    if inner is None or len(sizes) < 3:
        return None
    result = inferred(inner[0], inner[1], [[sizes[0], *sizes[2:]]])
    return None if result is None else [result[0], sizes[1], *result[1:]]


def _reshaped(config: JsonObject, sizes: Sizes) -> Sizes | None:
    target = config.get("target_shape")
    if not isinstance(target, list):
        return None
    if -1 not in target:
        return [sizes[0], *target]
    rest = [size for size in target if size != -1]
    whole = prod(cast("list[int]", rest)) if _numbers(rest) else 0
    open_size: JsonValue = UNKNOWN_SIZE
    if whole and _numbers(sizes[1:]):
        open_size = prod(cast("list[int]", sizes[1:])) // whole
    return [sizes[0], *[open_size if size == -1 else size for size in target]]


def _permuted(config: JsonObject, sizes: Sizes) -> Sizes | None:
    axes = config.get("dims")
    if not isinstance(axes, list) or sorted(map(str, axes)) != sorted(map(str, range(1, len(sizes)))):
        return None
    return [sizes[0], *[sizes[cast("int", axis)] for axis in axes]]


def _repeated(config: JsonObject, sizes: Sizes) -> Sizes:
    return [sizes[0], config.get("n", UNKNOWN_SIZE), sizes[-1]]


def _embedded(config: JsonObject, sizes: Sizes) -> Sizes:
    return [*sizes, config.get("output_dim", UNKNOWN_SIZE)]


def _channel_axis(config: JsonObject) -> int:
    return 1 if config.get("data_format") == "channels_first" else -1


def _places(config: JsonObject, sizes: Sizes) -> Sizes:
    return sizes[2:] if _channel_axis(config) == 1 else sizes[1:-1]


def _with_places(config: JsonObject, sizes: Sizes, places: Sizes, *, channels: JsonValue) -> Sizes:
    return [sizes[0], channels, *places] if _channel_axis(config) == 1 else [sizes[0], *places, channels]


def _per_place(value: JsonValue, count: int) -> Sizes:
    if isinstance(value, list):
        return value if len(value) == count else value * count if len(value) == 1 else [UNKNOWN_SIZE] * count
    return [UNKNOWN_SIZE if value is None else value] * count


def _pair(value: JsonValue) -> Sizes:
    return value if isinstance(value, list) and len(value) == 2 else [value, value]


def _calculated(values: Sequence[JsonValue], formula: Callable[..., int]) -> JsonValue:
    if values[0] is None:
        return None
    return formula(*values) if _numbers(values) else UNKNOWN_SIZE


def _numbers(values: Sequence[JsonValue]) -> bool:
    return all(isinstance(value, int) and not isinstance(value, bool) for value in values)


_RULES: dict[str, Callable[[JsonObject, Sizes], Sizes | None]] = {
    "AveragePooling": _pooling,
    "Bidirectional": _bidirectional,
    "Conv": _convolution,
    "Cropping": _cropped,
    "Dense": _dense,
    "DepthwiseConv": _depthwise,
    "Embedding": _embedded,
    "Flatten": _flat,
    "GRU": _recurrent,
    "GlobalAveragePooling": _global_pooling,
    "GlobalMaxPooling": _global_pooling,
    "LSTM": _recurrent,
    "MaxPooling": _pooling,
    "MultiHeadAttention": lambda config, sizes: None if config.get("output_shape") else list(sizes),
    "Permute": _permuted,
    "RepeatVector": _repeated,
    "Reshape": _reshaped,
    "SeparableConv": _convolution,
    "SimpleRNN": _recurrent,
    "TimeDistributed": _time_distributed,
    "UpSampling": _upsampled,
    "ZeroPadding": _padded,
    **{f"Conv{d}DTranspose": _transposed for d in "123"},
}
