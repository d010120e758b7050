"""Layers with arguments drawn at random, fitting what arrives. Lists and written forms only, as JSON has them."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from pydantic import JsonValue

from app.core.architectures.architecture import Call, Layer
from app.core.architectures.written import keras_object
from app.core.values import JsonObject

Shape: TypeAlias = tuple[int | None, ...]
Drawn: TypeAlias = tuple[str, JsonObject]

ACTIVATIONS = ("relu", "tanh", "sigmoid", "elu", "gelu", "silu", "softplus", "linear")
_ELEMENTWISE = ("Add", "Multiply", "Average", "Maximum", "Minimum")
_TAKES_OTHER_LENGTHS = frozenset({"Conv1D", "Conv2D", "Dense", "LSTM", "GRU", "BatchNormalization", "SeparableConv2D"})


def one_layer(rng: random.Random, *, shape: Shape, dtype: str) -> Drawn:
    """A layer on one tensor of that shape; Keras may still refuse it (a window that does not fit)."""
    if dtype.startswith("int"):
        return "Embedding", {"input_dim": rng.randint(5, 50), "output_dim": rng.randint(1, 6)}
    of_rank = {2: _ON_VECTORS, 3: _ON_SEQUENCES, 4: _ON_IMAGES, 5: _ON_VOLUMES}.get(len(shape), ())
    return rng.choice([*_ON_ANYTHING, *of_rank, *of_rank, *of_rank])(rng, shape)


def keeping_layer(rng: random.Random, *, shape: Shape, dtype: str) -> Drawn | None:
    """A layer that yields the shape it takes; None for whole numbers."""
    if not dtype.startswith("float") or shape[-1] is None:
        return None
    drawn: list[Drawn] = [
        ("Dense", {"units": shape[-1]}),
        ("BatchNormalization", {}),
        ("Activation", {"activation": rng.choice(ACTIVATIONS)}),
        ("Dropout", {"rate": 0.3}),
    ]
    if 3 <= len(shape) <= 5:
        convolution: JsonObject = {"filters": shape[-1], "kernel_size": rng.choice([1, 3]), "padding": "same"}
        drawn += [(f"Conv{len(shape) - 2}D", convolution)] * 3
    return rng.choice(drawn)


def merging_layer(
    rng: random.Random, *, first: str, shapes: Mapping[str, Shape], dtypes: Mapping[str, str]
) -> tuple[str, JsonObject, tuple[str, ...]] | None:
    """A layer that joins `first` with others that fit it; None where nothing does."""
    wanted = shapes[first]
    floats = [name for name in shapes if dtypes[name].startswith("float") and len(shapes[name]) == len(wanted)]
    alike = [name for name in floats if shapes[name] == wanted]
    joinable = [name for name in floats if shapes[name][:-1] == wanted[:-1]]
    if first not in floats:
        return None
    if len(wanted) == 3 and rng.random() < 0.4:
        return _attention(rng, first=first, others=[name for name in floats if shapes[name][2] == wanted[2]])
    if len(alike) > 1 and rng.random() < 0.6:
        kind = rng.choice([*_ELEMENTWISE, "Subtract"])
        count = 2 if kind == "Subtract" else rng.randint(2, 3)
        return kind, {}, (first, *[rng.choice(alike) for _ in range(count - 1)])
    axis: JsonObject = rng.choice([{}, {"axis": -1}])
    return "Concatenate", axis, (first, *[rng.choice(joinable) for _ in range(rng.randint(1, 2))])


def shared_candidate(
    rng: random.Random, *, layers: Sequence[Layer], first_calls: Mapping[str, Call], shapes: Mapping[str, Shape]
) -> tuple[Layer, tuple[str, ...]] | None:
    """A layer that is there, and another tensor that it can take too."""
    if not layers:
        return None
    layer = rng.choice(list(layers))
    taken = first_calls[layer.name].inputs
    if len(taken) != 1:
        return None
    wanted = shapes[taken[0]]
    fitting = [name for name, shape in shapes.items() if shape == wanted]
    if layer.kind in _TAKES_OTHER_LENGTHS and "data_format" not in layer.config and "axis" not in layer.config:
        fitting += [name for name, shape in shapes.items() if len(shape) == len(wanted) and shape[-1] == wanted[-1]]
    return layer, (rng.choice(fitting),)


def _attention(rng: random.Random, *, first: str, others: list[str]) -> tuple[str, JsonObject, tuple[str, ...]]:
    other = rng.choice(others)
    drawn: list[Drawn] = [
        ("MultiHeadAttention", {"num_heads": rng.randint(1, 3), "key_dim": rng.randint(1, 5), **_maybe_value(rng)}),
        ("GroupQueryAttention", {"head_dim": 4, "num_query_heads": 4, "num_key_value_heads": rng.choice([1, 2, 4])}),
        ("Attention", {"use_scale": rng.random() < 0.5}),
        ("AdditiveAttention", {}),
        ("Dot", {"axes": [2, 2]}),
    ]
    kind, config = rng.choice(drawn)
    more = (other,) if kind != "Dot" and rng.random() < 0.3 else ()
    return kind, config, (first, other, *more)


def _maybe_value(rng: random.Random) -> JsonObject:
    return rng.choice([{}, {"value_dim": rng.randint(1, 5)}, {"output_shape": rng.randint(1, 6)}, {"use_bias": False}])


def _options(rng: random.Random, **choices: Sequence[JsonValue]) -> JsonObject:
    """Each argument left out half the time."""
    return {name: rng.choice(list(values)) for name, values in choices.items() if rng.random() < 0.5}


def _weights(rng: random.Random) -> JsonObject:
    regularizers: list[JsonValue] = [None, "l2", keras_object("L1", {"l1": 0.02})]
    initializers: list[JsonValue] = ["he_normal", "zeros", keras_object("RandomNormal", {"stddev": 0.02})]
    drawn = _options(rng, kernel_regularizer=regularizers, kernel_initializer=initializers, use_bias=[False, True])
    return drawn if rng.random() < 0.3 else {}


def _sizes(rng: random.Random, *, rank: int, most: int) -> JsonValue:
    return rng.randint(1, most) if rng.random() < 0.5 else [rng.randint(1, most) for _ in range(rank)]


def _convolution(rank: int) -> Callable[[random.Random, Shape], Drawn]:
    def draw(rng: random.Random, shape: Shape) -> Drawn:
        channels = shape[-1] or 1
        form = rng.choice(["plain", "plain", "transpose", "depthwise", "separable", "groups", "dilated", "first"])
        config: JsonObject = {"kernel_size": _sizes(rng, rank=rank, most=3), **_options(rng, activation=ACTIVATIONS)}
        config |= _options(rng, padding=["valid", "same", "same"], strides=[1, 2])
        if form == "depthwise" and rank < 3:
            return f"DepthwiseConv{rank}D", {**config, **_options(rng, depth_multiplier=[1, 2])}
        config["filters"] = rng.randint(1, 8)
        if form == "separable" and rank < 3:
            return f"SeparableConv{rank}D", {**config, **_options(rng, depth_multiplier=[1, 2])}
        config |= _weights(rng)
        if form == "transpose":
            return f"Conv{rank}DTranspose", config
        if form == "groups":
            config |= {"groups": channels, "filters": channels * rng.randint(1, 2)}
        if form == "dilated":
            config |= {"dilation_rate": 2, "strides": 1}
        if form == "first":
            config["data_format"] = "channels_first"
        return f"Conv{rank}D", config

    return draw


def _pooling(rank: int) -> Callable[[random.Random, Shape], Drawn]:
    def draw(rng: random.Random, shape: Shape) -> Drawn:
        how = rng.choice(["Max", "Average"])
        if rng.random() < 0.15:
            return f"Global{how}Pooling{rank}D", _options(rng, keepdims=[True, False])
        if rng.random() < 0.1:
            return f"Adaptive{how}Pooling{rank}D", {"output_size": rng.randint(1, 2)}
        config = _options(rng, pool_size=[2, 3, [2] * rank], strides=[1, 2], padding=["valid", "same"])
        return f"{how}Pooling{rank}D", {**config, **_options(rng, data_format=["channels_last"])}

    return draw


def _reshaping(rank: int) -> Callable[[random.Random, Shape], Drawn]:
    def draw(rng: random.Random, shape: Shape) -> Drawn:
        each: JsonValue = [rng.randint(0, 2) for _ in range(rank)] if rank > 1 else [0, 2]
        pads: JsonValue = each if rng.random() < 0.5 else 1
        drawn: list[Drawn] = [
            (f"ZeroPadding{rank}D", {"padding": pads}),
            (f"Cropping{rank}D", {"cropping": 1}),
            (f"UpSampling{rank}D", {"size": 2}),
            (f"SpatialDropout{rank}D", {"rate": 0.25}),
        ]
        return rng.choice(drawn)

    return draw


def _recurrent(rng: random.Random, shape: Shape) -> Drawn:
    kind = rng.choice(["LSTM", "GRU", "SimpleRNN"])
    config: JsonObject = {"units": rng.randint(1, 6)}
    config |= _options(rng, return_sequences=[True, True, False], go_backwards=[True], use_bias=[False], dropout=[0.2])
    chosen = rng.random()
    if chosen < 0.3:
        merge = _options(rng, merge_mode=["concat", "sum", "ave"])
        return "Bidirectional", {"layer": keras_object(kind, config), **merge}
    if chosen < 0.45:
        cells: list[JsonValue] = [keras_object(f"{name}Cell", {"units": rng.randint(1, 4)}) for name in ("LSTM", "GRU")]
        return "RNN", {"cell": rng.choice([cells[0], cells]), **_options(rng, return_sequences=[True])}
    if chosen < 0.6 and kind != "SimpleRNN":
        config["return_state"] = True
    return kind, config


def _recurrent_convolution(rank: int) -> Callable[[random.Random, Shape], Drawn]:
    def draw(rng: random.Random, shape: Shape) -> Drawn:
        config: JsonObject = {"filters": rng.randint(1, 3), "kernel_size": 2}
        return f"ConvLSTM{rank}D", {**config, **_options(rng, return_sequences=[True], padding=["same"])}

    return draw


def _in_time(rng: random.Random, shape: Shape) -> Drawn:
    inner: list[JsonValue] = [
        keras_object("Dense", {"units": rng.randint(1, 6)}),
        keras_object("Dropout", {"rate": 0.1}),
    ]
    if len(shape) == 4:
        inner.append(keras_object("Conv1D", {"filters": 2, "kernel_size": 2}))
    if len(shape) == 5:
        inner.append(keras_object("Conv2D", {"filters": 2, "kernel_size": 2, "padding": "same"}))
    return "TimeDistributed", {"layer": rng.choice(inner)}


def _reshape(rng: random.Random, shape: Shape) -> Drawn:
    sizes: list[JsonValue] = [size or 1 for size in shape[1:]]
    targets: list[JsonValue] = [[*reversed(sizes)], [-1], [*sizes, 1], [-1, *sizes[-1:]]]
    return "Reshape", {"target_shape": rng.choice(targets[:2] if len(sizes) > 3 else targets)}


def _permute(rng: random.Random, shape: Shape) -> Drawn:
    dims: list[JsonValue] = list(range(1, len(shape)))
    rng.shuffle(dims)
    return "Permute", {"dims": dims}


def _dense(rng: random.Random, shape: Shape) -> Drawn:
    return "Dense", {"units": rng.randint(1, 16), **_options(rng, activation=ACTIVATIONS), **_weights(rng)}


def _spectral(rng: random.Random, shape: Shape) -> Drawn:
    return "SpectralNormalization", {"layer": keras_object("Dense", {"units": rng.randint(1, 6)})}


def _einsum(rng: random.Random, shape: Shape) -> Drawn:
    sizes: JsonObject = {"output_shape": [shape[1], rng.randint(1, 6)]}
    return "EinsumDense", {"equation": "abc,cd->abd", **sizes, **_options(rng, bias_axes=["d"])}


def _fixed(kind: str, **choices: Sequence[JsonValue]) -> Callable[[random.Random, Shape], Drawn]:
    return lambda rng, shape: (kind, _options(rng, **choices))


def _with(kind: str, **config: JsonValue) -> Callable[[random.Random, Shape], Drawn]:
    return lambda rng, shape: (kind, dict(config))


_ON_ANYTHING = (
    _dense,
    _permute,
    _reshape,
    _fixed("Flatten"),
    _fixed("Identity"),
    _fixed("BatchNormalization", scale=[False], center=[False], momentum=[0.9], trainable=[False]),
    _fixed("LayerNormalization", center=[False], epsilon=[0.01]),
    _fixed("RMSNormalization"),
    _fixed("UnitNormalization"),
    lambda rng, shape: ("Activation", {"activation": rng.choice(ACTIVATIONS)}),
    lambda rng, shape: ("Dropout", {"rate": rng.choice([0.1, 0.25, 0.5])}),
    _fixed("ReLU", max_value=[6.0]),
    _fixed("LeakyReLU", negative_slope=[0.1]),
    _fixed("ELU"),
    _fixed("PReLU"),
    _fixed("Softmax"),
    _with("GaussianNoise", stddev=0.1),
    _with("GaussianDropout", rate=0.1),
    _with("AlphaDropout", rate=0.1),
    _with("ActivityRegularization", l2=0.1),
    _with("Rescaling", scale=0.5),
)
_ON_VECTORS = (_dense, _with("RepeatVector", n=3), _reshape)
_ON_SEQUENCES = (
    _convolution(1),
    _convolution(1),
    _pooling(1),
    _reshaping(1),
    _recurrent,
    _recurrent,
    _in_time,
    _spectral,
    _einsum,
)
_ON_IMAGES = (
    _convolution(2),
    _convolution(2),
    _convolution(2),
    _pooling(2),
    _pooling(2),
    _reshaping(2),
    _recurrent_convolution(1),
    _in_time,
    _with("GroupNormalization", groups=-1),
    _with("RandomFlip", mode="horizontal"),
    _with("RandomRotation", factor=0.1),
    _with("Resizing", height=6, width=5),
    _with("CenterCrop", height=3, width=3),
)
_ON_VOLUMES = (_convolution(3), _convolution(3), _pooling(3), _reshaping(3), _recurrent_convolution(2), _in_time)
