"""Argument names and values that were, and what Keras 3 calls the same thing."""

from typing import Literal

from pydantic import JsonValue

from app.core.architectures.catalogue import Catalogue
from app.core.architectures.written import keras_object
from app.core.values import JsonObject

EXTRAS = frozenset(
    [
        "batch_input_shape",
        "batch_shape",
        "batch_size",
        "dtype",
        "input_dim",
        "input_dtype",
        "input_length",
        "input_shape",
        "input_tensor",
        "name",
        "optional",
        "ragged",
        "shape",
        "sparse",
        "tensor",
        "type_spec",
        "weights",
    ]
)
"""What says something about the input, the name or given weights, and is no argument of a layer."""

EXTRAS_OF_ALL = frozenset(["batch_input_shape", "dtype", "input_dtype", "input_shape", "name", "weights"])
"""Those of them that mean this in every layer, also in one of somebody's own."""

INPUT_KINDS = frozenset(["Input", "InputLayer"])

NO_MEANING = frozenset(
    [
        "autocast",
        "build_config",
        "cache_enabled",
        "consume_less",
        "dynamic",
        "fused",
        "implementation",
        "input_spec",
        "key_shape",
        "module",
        "query_shape",
        "registered_name",
        "rng_type",
        "shared_object_id",
        "value_shape",
    ]
)
"""What changes how something is computed or kept, and nothing about the network."""

ONLY_PASSED_ON = frozenset(["activity_regularizer", "trainable"])
"""Arguments that every layer takes without saying so in its signature."""

_RENAMED = {
    "U_regularizer": "recurrent_regularizer",
    "W_constraint": "kernel_constraint",
    "W_regularizer": "kernel_regularizer",
    "atrous_rate": "dilation_rate",
    "b_constraint": "bias_constraint",
    "b_regularizer": "bias_regularizer",
    "beta_init": "beta_initializer",
    "bias": "use_bias",
    "border_mode": "padding",
    "dim_ordering": "data_format",
    "dropout_U": "recurrent_dropout",
    "dropout_W": "dropout",
    "filter_length": "kernel_size",
    "gamma_init": "gamma_initializer",
    "init": "kernel_initializer",
    "inner_activation": "recurrent_activation",
    "inner_init": "recurrent_initializer",
    "length": "size",
    "nb_filter": "filters",
    "output_dim": "units",
    "p": "rate",
    "pool_length": "pool_size",
    "sigma": "stddev",
    "stride": "strides",
    "subsample": "strides",
    "subsample_length": "strides",
}
_RENAMED_FOR: dict[str, dict[str, str]] = {
    "Embedding": {
        "W_constraint": "embeddings_constraint",
        "W_regularizer": "embeddings_regularizer",
        "init": "embeddings_initializer",
    },
    "LeakyReLU": {"alpha": "negative_slope"},
    "PReLU": {"init": "alpha_initializer"},
    "ReLU": {"theta": "threshold"},
    "SeparableConv2D": {"init": "depthwise_initializer"},
    "SimpleRNN": {"inner_init": "recurrent_initializer"},
}
_NO_COUNTERPART = frozenset(["Highway", "MaxoutDense", "ParametricSoftplus", "SReLU"])
_STILL_RENAMED = frozenset(["LocallyConnected1D", "LocallyConnected2D"])
_RECURRENT = frozenset(["ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "GRU", "LSTM", "SimpleRNN"])
_ORDERINGS: dict[str, JsonValue] = {"default": None, "tf": "channels_last", "th": "channels_first"}
_NEUTRAL: dict[str, JsonValue] = {
    "adjustment": None,
    "dropout": 0.0,
    "groups": 1,
    "mode": 0,
    "quantization_config": None,
    "renorm": False,
    "rms_scaling": False,
    "softmax_robust_masking": False,
    "time_major": False,
    "unroll": False,
    "virtual_batch_size": None,
}
"""Arguments some layers no longer have, with the value at which they did nothing."""


def renamed(
    name: str, target: str, arguments: JsonObject, *, era: Literal[1, 2, 3] | None, catalogue: Catalogue
) -> tuple[JsonObject, tuple[str, ...]]:
    """The arguments of what was written as `name` for its Keras 3 class `target`, and what is to be said about it."""
    if name == "TimeDistributedDense":
        return _time_distributed_dense(arguments, era=era, catalogue=catalogue)
    if name in _NO_COUNTERPART:
        return arguments, ()
    known = catalogue.layer(target)
    if known is None and target not in _STILL_RENAMED:
        return arguments, ()
    own = frozenset[str]() if known is None else frozenset(entry.name for entry in known.arguments)
    given = _kernel_folded(arguments)
    names = {**_RENAMED, **_RENAMED_FOR.get(target, {})}
    result: JsonObject = {}
    for key, value in given.items():
        now = key if key in own else names.get(key, key)
        if now in own or key not in _NEUTRAL or value != _NEUTRAL[key]:
            result[now] = _ORDERINGS.get(value, value) if key == "dim_ordering" and isinstance(value, str) else value
    notes = [*_special(name, target, result, era=era)]
    return result, tuple(notes)


def _kernel_folded(arguments: JsonObject) -> JsonObject:
    """`nb_row` and `nb_col`, or the three `kernel_dim`, as one `kernel_size` where the first of them stood."""
    for parts in (("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3")):
        if parts[0] in arguments:
            sizes = [arguments[part] for part in parts if part in arguments]
            whole: JsonValue = sizes if len(sizes) > 1 else sizes[0]
            return {
                ("kernel_size" if key == parts[0] else key): (whole if key == parts[0] else value)
                for key, value in arguments.items()
                if key not in parts[1:]
            }
    return arguments


def _time_distributed_dense(
    arguments: JsonObject, *, era: Literal[1, 2, 3] | None, catalogue: Catalogue
) -> tuple[JsonObject, tuple[str, ...]]:
    outer = {key: value for key, value in arguments.items() if key in EXTRAS or key == "trainable"}
    inner = {key: value for key, value in arguments.items() if key not in outer}
    config, notes = renamed("Dense", "Dense", inner, era=era, catalogue=catalogue)
    return {"layer": keras_object("Dense", config), **outer}, notes


def _special(name: str, target: str, arguments: JsonObject, *, era: Literal[1, 2, 3] | None) -> list[str]:
    """Changes the arguments in place where more than a name changed; answers what is to be said."""
    if name == "ThresholdedReLU":
        arguments.setdefault("threshold", 1.0)
    if name == "SyncBatchNormalization":
        arguments["synchronized"] = True
    if target in {"BatchNormalization", "LayerNormalization"}:
        axis = arguments.get("axis")
        arguments |= {"axis": axis[0]} if isinstance(axis, list) and len(axis) == 1 else {}
    if target.startswith(("SeparableConv", "DepthwiseConv")):
        _without_unused_kernel(target, arguments)
    if target.startswith("AveragePooling") and "pool_size" not in arguments and "pool_length" not in arguments:
        arguments["pool_size"] = 2
        return [
            f"{name} without pool_size is read as Keras 1 and 2 took it, with windows of 2: Keras 3 wants it written"
        ]
    if target in _RECURRENT:
        return _recurrent(name, target, arguments, era=era)
    if target == "Conv2DTranspose" and arguments.pop("output_shape", None) is not None:
        return [f"{name}'s output_shape is left out: Keras works the shape out from kernel, strides and padding"]
    return []


def _without_unused_kernel(target: str, arguments: JsonObject) -> None:
    """Keras 2's files hold what these layers inherited from Conv2D and never used."""
    if (
        target.startswith("Separable")
        and "depthwise_initializer" in arguments
        and "kernel_initializer" not in arguments
    ):
        arguments.setdefault("pointwise_initializer", arguments["depthwise_initializer"])
    unused = ["kernel_initializer", "kernel_regularizer", "kernel_constraint"]
    for key in [*unused, *(["filters"] if target.startswith("Depthwise") else [])]:
        arguments.pop(key, None)


def _recurrent(name: str, target: str, arguments: JsonObject, *, era: Literal[1, 2, 3] | None) -> list[str]:
    arguments.pop("zero_output_for_mask", None)  # Bidirectional sets it by itself on what it wraps
    forget = arguments.pop("forget_bias_init", None)
    if forget is not None:
        arguments["unit_forget_bias"] = forget in ("one", "ones")
    if name.startswith("CuDNN"):
        arguments |= {"reset_after": True} if target == "GRU" else {}
        missing = "LSTM's second bias is not counted" if target == "LSTM" else "the same network, computed another way"
        return [f"{name} is read as {target}: {missing}"]
    if target == "GRU" and era in (1, 2):
        arguments.setdefault("reset_after", False)  # before Keras 2.1.3 there was no other way; files then do not say
    if era == 1 and target != "SimpleRNN":
        arguments.setdefault("recurrent_activation", "hard_sigmoid")
    return []
