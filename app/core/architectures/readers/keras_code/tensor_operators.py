"""Operators and functions on tensors as the layers that do the same; what no layer is equal to keeps its own name."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from app.core.architectures.chain import snake_case
from app.core.architectures.operations import GET_ITEM, keeps_batch
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.source_text import grouped
from app.core.architectures.readers.keras_code.values import Rank, Tensor, Unknown
from app.core.architectures.readers.keras_code.written_values import as_written, has_tensor, leaves_in, tensors_in
from app.core.architectures.readers.keras_names.operations import (
    bound,
    modern_function,
    origin_of,
    own_kind,
    without_defaults,
)
from app.core.values import JsonObject

_FUNCTIONS = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "//": "floor_divide",
    "%": "mod",
    "@": "matmul",
    "**": "power",
    "&": "logical_and",
    "|": "logical_or",
    "^": "logical_xor",
    "~": "logical_not",
}
_COMPARED = {
    "Eq": "equal",
    "NotEq": "not_equal",
    "Lt": "less",
    "LtE": "less_equal",
    "Gt": "greater",
    "GtE": "greater_equal",
}
_DROPOUTS = frozenset(["keras.backend.dropout", "keras.random.dropout", "tensorflow.nn.dropout"])
_OF_TWO = {"add": "Add", "maximum": "Maximum", "minimum": "Minimum", "multiply": "Multiply", "subtract": "Subtract"}
_ACTIVATIONS = frozenset(
    [
        "celu",
        "elu",
        "exponential",
        "gelu",
        "hard_sigmoid",
        "hard_silu",
        "leaky_relu",
        "log_softmax",
        "mish",
        "relu",
        "relu6",
        "selu",
        "sigmoid",
        "silu",
        "softmax",
        "softplus",
        "softsign",
        "swish",
        "tanh",
    ]
)
_Found = tuple[str, JsonObject, list[Tensor]]
_POOLED_AXES: dict[tuple[int, ...], str] = {(1,): "1D", (1, 2): "2D", (1, 2, 3): "3D"}


def binary(machine: Machine, sign: str, left: object, right: object) -> Tensor:
    """`left sign right` where one of them is a tensor."""
    return operation(machine, f"keras.ops.{_FUNCTIONS.get(sign, 'shift')}", [left, right], {})


def unary(machine: Machine, sign: str, value: Tensor) -> Tensor:
    """`-value`, `+value`, `~value`."""
    if sign == "+":
        return value
    return operation(machine, "keras.ops.negative" if sign == "-" else "keras.ops.logical_not", [value], {})


def compared(machine: Machine, kind: str, left: Tensor, right: object) -> Tensor:
    """`left < right` and the like, each element by itself."""
    return operation(machine, f"keras.ops.{_COMPARED.get(kind, snake_case(kind))}", [left, right], {})


def indexed(machine: Machine, value: Tensor, text: str) -> Tensor:
    """`value[:, 0]`; the index stays text."""
    return applied(machine, GET_ITEM, {"index": text}, [value])


def operation(machine: Machine, path: str, positional: Sequence[object], keywords: Mapping[str, object]) -> Tensor:
    """The function of that full path (`tensorflow.reduce_mean`) on tensors among other things."""
    found = _dropout(path, positional, keywords)
    if found is not None:
        return applied(machine, *found)
    name, origin, catalogue = modern_function(path.rpartition(".")[2]), origin_of(path), machine.catalogue
    options = {key: value for key, value in keywords.items() if key != "name" and value is not None}
    arguments = bound(name, positional, options, origin=origin, catalogue=catalogue)
    if arguments is None or any(_mixes(value) for value in arguments.values()):
        return _of_its_own(machine, own_kind(name, catalogue, origin), positional, options)
    given = [value for value in arguments.values() if has_tensor(value)]
    options = {key: value for key, value in arguments.items() if not has_tensor(value)}
    found = _arithmetic(name, list(arguments.values())) or _layer_of(name, given, options)
    if found is not None:
        kind, config, inputs = found
        return applied(machine, kind, config, inputs)
    config = without_defaults(name, {key: as_written(value) for key, value in options.items()}, catalogue)
    return applied(machine, name, config, list(tensors_in(given)))


def _dropout(path: str, positional: Sequence[object], keywords: Mapping[str, object]) -> _Found | None:
    """`tf.nn.dropout(x, rate)` and its like: a Dropout, whose rate TensorFlow 1 gave as what is kept."""
    if path not in _DROPOUTS:
        return None
    given = [*positional, *[keywords[key] for key in ("x", "inputs", "rate", "level") if key in keywords]]
    kept = keywords.get("keep_prob")
    rate = 1 - kept if isinstance(kept, int | float) else given[1] if len(given) > 1 else None
    if not given or not isinstance(given[0], Tensor) or rate is None:
        return None
    return "Dropout", {"rate": as_written(rate)}, [given[0]]


def _mixes(value: object) -> bool:
    """Whether an argument is a list in which tensors stand beside other things."""
    return has_tensor(value) and any(not isinstance(entry, Tensor) for entry in leaves_in(value))


def _of_its_own(machine: Machine, kind: str, positional: Sequence[object], keywords: Mapping[str, object]) -> Tensor:
    constants = {str(place): as_written(entry) for place, entry in enumerate(positional) if not has_tensor(entry)}
    rest = {key: as_written(value) for key, value in keywords.items() if not has_tensor(value)}
    tensors = [*tensors_in(list(positional)), *tensors_in(list(keywords.values()))]
    return applied(machine, kind or "operation", {**constants, **rest}, tensors)


def applied(machine: Machine, kind: str, config: JsonObject, inputs: Sequence[Tensor]) -> Tensor:
    """A layer that nobody wrote as one, on tensors."""
    layer = machine.new_layer(kind, config)
    layer.is_operation = True
    return Tensor(machine.new_node(layer, inputs))


def _arithmetic(name: str, given: Sequence[object]) -> _Found | None:
    """Two tensors make a merge layer; a tensor and a number make a Rescaling."""
    if name == "negative" and len(given) == 1 and isinstance(given[0], Tensor):
        return "Rescaling", {"scale": -1.0}, [given[0]]
    if len(given) != 2:
        return None
    left, right = given
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        kind = _OF_TWO.get(name)
        return None if kind is None else (kind, {}, [left, right])
    tensor, number = (left, right) if isinstance(left, Tensor) else (right, left)
    if not isinstance(tensor, Tensor) or isinstance(number, bool) or not isinstance(number, int | float | Unknown):
        return None
    return _rescaling(name, tensor, number, tensor_first=tensor is left)


def _rescaling(name: str, tensor: Tensor, number: float | Unknown, *, tensor_first: bool) -> _Found | None:
    if name == "multiply":
        return "Rescaling", {"scale": _scaled(number)}, [tensor]
    if name == "divide" and tensor_first and number != 0:
        return "Rescaling", {"scale": _inverse(number)}, [tensor]
    if name == "add" or (name == "subtract" and tensor_first):
        offset = _scaled(number) if name == "add" else _negative(number)
        before = tensor.node.layer
        if before.is_operation and before.kind == "Rescaling" and "offset" not in before.config:
            return "Rescaling", {**before.config, "offset": offset}, [tensor.node.inputs[0]]
        return "Rescaling", {"scale": 1.0, "offset": offset}, [tensor]
    if name == "subtract":
        return "Rescaling", {"scale": -1.0, "offset": _scaled(number)}, [tensor]
    return None


def _scaled(number: float | Unknown) -> JsonValue:
    return as_written(number) if isinstance(number, Unknown) else float(number)


def _negative(number: float | Unknown) -> JsonValue:
    if isinstance(number, Unknown):
        return as_written(Unknown(f"-{grouped(number, None, at_least=Rank.SIGN)}"))
    return -float(number)


def _inverse(number: float | Unknown) -> JsonValue:
    if isinstance(number, Unknown):
        return as_written(Unknown(f"1 / {grouped(number, None, at_least=Rank.SIGN)}"))
    return 1.0 / number


def _layer_of(name: str, given: Sequence[object], options: JsonObject | dict[str, object]) -> _Found | None:
    tensors = list(tensors_in(given))
    rest = {key: value for key, value in options.items() if (key, value) != ("axis", -1)}
    if name == "concatenate" and len(tensors) > 1 and len(given) == 1:
        return "Concatenate", {"axis": as_written(options.get("axis", 0))}, tensors
    if len(tensors) != 1:
        return None
    if name in _ACTIVATIONS and len(given) == 1 and not rest:
        return "Activation", {"activation": "silu" if name == "swish" else name}, tensors
    if name == "softmax" and len(given) == 1 and set(rest) == {"axis"}:
        return "Softmax", {"axis": as_written(rest["axis"])}, tensors
    if name == "identity" and len(given) == 1:
        return "Identity", {}, tensors
    return _reshaping(name, options, tensors) or _pooling(name, options, tensors)


def _reshaping(name: str, options: Mapping[str, object], tensors: list[Tensor]) -> _Found | None:
    """Where the batch stays in front, Reshape and Permute say the same without it."""
    key = {"reshape": "newshape", "transpose": "axes"}.get(name)
    sizes = None if key is None else as_written(options.get(key))
    if not isinstance(sizes, list) or len(sizes) < 2:
        return None
    if name == "transpose":
        return ("Permute", {"dims": sizes[1:]}, tensors) if sizes[0] == 0 else None
    shape = None if tensors[0].index else tensors[0].node.shape
    fits = sizes[0] == -1 and -1 not in sizes[1:] and keeps_batch(shape, sizes[1:])
    return ("Reshape", {"target_shape": sizes[1:]}, tensors) if fits else None


def _pooling(name: str, options: Mapping[str, object], tensors: list[Tensor]) -> _Found | None:
    """The mean or maximum over all places of a feature map whose rank is known."""
    word = {"mean": "Average", "max": "Max"}.get(name)
    sizes, axis = tensors[0].node.shape, options.get("axis")
    if word is None or sizes is None or tensors[0].index:
        return None
    axes = tuple(sorted(entry % len(sizes) for entry in _axes(axis)))
    dimensions = _POOLED_AXES.get(axes)
    if dimensions is None or len(sizes) != len(axes) + 2:
        return None
    keeps = options.get("keepdims") is True
    config: JsonObject = {"data_format": "channels_last", **({"keepdims": True} if keeps else {})}
    return f"Global{word}Pooling{dimensions}", config, tensors


def _axes(axis: object) -> list[int]:
    entries = axis if isinstance(axis, list | tuple) else [axis]
    return [entry for entry in entries if isinstance(entry, int)]
