"""Functions of TensorFlow and of older backends, said as the function of `keras.ops` that does the same."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Literal, TypeAlias

from pydantic import JsonValue

from app.core.architectures.catalogue import Catalogue, Kind
from app.core.architectures.chain import snake_case
from app.core.architectures.operations import GET_ITEM
from app.core.values import JsonObject

Origin: TypeAlias = Literal["ops", "K", "tf", "own"]

_SAME = {
    "abs": "absolute",
    "add_v2": "add",
    "addv2": "add",
    "amax": "max",
    "amin": "min",
    "clip_by_value": "clip",
    "concat": "concatenate",
    "concat_v2": "concatenate",
    "concatv2": "concatenate",
    "div": "divide",
    "floor_div": "floor_divide",
    "floordiv": "floor_divide",
    "floormod": "mod",
    "gather": "take",
    "hard_swish": "hard_silu",
    "mul": "multiply",
    "neg": "negative",
    "permute_dimensions": "transpose",
    "pow": "power",
    "real_div": "divide",
    "repeat_elements": "repeat",
    "resize_bilinear": "resize",
    "reverse": "flip",
    "sub": "subtract",
    "swish": "silu",
    "true_divide": "divide",
    "truediv": "divide",
    **{f"reduce_{name}": name for name in ["all", "any", "logsumexp", "max", "mean", "min", "prod", "std", "sum"]},
    "reduce_variance": "var",
}
_TENSORFLOW = frozenset(["", "compat.v1", "compat.v2", "image", "linalg", "math", "nn"])
_FIRST = """
a arrays condition features images indices input input_tensor inputs logits params t tensor tensors value values x x1 xs
"""
_FIRST_ARGUMENTS = frozenset(_FIRST.split())
_ARGUMENTS = {
    "a": "x2",
    "alpha": "negative_slope",
    "axes": "axis",
    "b": "x2",
    "clip_value_max": "x_max",
    "clip_value_min": "x_min",
    "depth": "num_classes",
    "dim": "axis",
    "keep_dims": "keepdims",
    "max_value": "x_max",
    "method": "interpolation",
    "min_value": "x_min",
    "multiples": "repeats",
    "n": "repeats",
    "num_or_size_splits": "indices_or_sections",
    "paddings": "pad_width",
    "pattern": "axes",
    "perm": "axes",
    "reduction_indices": "axis",
    "rep": "repeats",
    "shape": "newshape",
    "x": "x1",
    "y": "x2",
}
_DEFAULTS: dict[tuple[Origin, str], dict[str, JsonValue]] = {
    **{("K", name): {"axis": -1} for name in ["argmax", "argmin", "concatenate", "expand_dims"]},
    **{("tf", name): {"axis": 0} for name in ["argmax", "argmin", "cumprod", "cumsum", "take"]},
}
"""What the older function takes where nothing is written, and `keras.ops` does not."""
_OTHERWISE = frozenset(
    [("K", "repeat"), ("tf", "average_pool"), ("tf", "max_pool"), ("tf", "norm"), ("tf", "normalize")]
)
"""Functions that share no more than the name with those of `keras.ops`."""


def origin_of(path: str) -> Origin:
    """Where a function comes from, by its full path (`tensorflow.math.reduce_mean`)."""
    module = path.rpartition(".")[0]
    if module in {"keras.ops", "keras.ops.image", "keras.ops.nn", "keras.ops.numpy", "keras.activations"}:
        return "ops"
    if module == "keras.backend":
        return "K"
    within = module.removeprefix("tensorflow").removeprefix(".")
    return "tf" if module.startswith("tensorflow") and within in _TENSORFLOW else "own"


def modern_function(function: str) -> str:
    """The name in `keras.ops` of a function, by its own last name."""
    name = snake_case(function)
    return _SAME.get(name, name)


def own_kind(name: str, catalogue: Catalogue, origin: Origin = "own") -> str:
    """The kind of a function or class that is none of `keras.ops`, though it may be called like one."""
    return f"{origin}_{name}" if catalogue.operation(name) is not None or name == GET_ITEM else name


def bound(
    name: str, positional: Sequence[object], keywords: Mapping[str, object], *, origin: Origin, catalogue: Catalogue
) -> dict[str, object] | None:
    """All arguments by their names in `keras.ops`, in their order there; None where it is no such function or call."""
    told = catalogue.operation(name)
    if told is None or origin == "own" or (origin, name) in _OTHERWISE:
        return None
    names = [entry.name for entry in told.arguments]
    if len(positional) > len(names):
        return None
    given: dict[str, object] = {**_DEFAULTS.get((origin, name), {}), **dict(zip(names, positional, strict=False))}
    for key, value in keywords.items():
        modern = _argument(key, names, given)
        if modern not in names:
            return None
        given[modern] = value
    if name == "split" and origin == "tf" and not _as_indices(given):
        return None
    return {key: given[key] for key in names if key in given}


def without_defaults(name: str, config: Mapping[str, JsonValue], catalogue: Catalogue) -> JsonObject:
    """The arguments that say something: those that Keras takes anyway are left out."""
    told = catalogue.operation(name)
    assert told is not None  # `bound` has found it
    plain = {key: _plain(key, value) for key, value in config.items()}
    return {key: value for key, value in plain.items() if not _is_default(told, key, value)}


def _argument(key: str, names: list[str], given: Mapping[str, object]) -> str:
    if key in names:
        return key
    if key in _FIRST_ARGUMENTS and names[0] not in given:
        return names[0]
    return _ARGUMENTS.get(key, key)


def _as_indices(given: dict[str, object]) -> bool:
    """TensorFlow's sizes of the parts as Keras's places between them; whether that can be said."""
    sizes = given.get("indices_or_sections")
    if not isinstance(sizes, list | tuple):
        return True
    numbers = [size for size in sizes if isinstance(size, int) and size >= 0]
    given["indices_or_sections"] = list(accumulate(numbers[:-1]))
    return len(numbers) == len(sizes)


def _plain(key: str, value: JsonValue) -> JsonValue:
    if key == "axis" and isinstance(value, list) and len(value) == 1:
        return value[0]
    return value.lower() if key == "mode" and isinstance(value, str) else value


def _is_default(told: Kind, key: str, value: JsonValue) -> bool:
    argument = next(entry for entry in told.arguments if entry.name == key)
    if told.kind == "one_hot" and key == "dtype":
        return value in (None, "float32")
    return not argument.required and value == argument.default and type(value) is type(argument.default)
