"""Layers that Keras makes of operators and functions on tensors, as the layers that do the same.

Keras 3 names the operation's class (`Add` of keras.src.ops.numpy), Keras 2 a function (`TFOpLambda` with
`math.multiply`) or an op of a TensorFlow graph (`TensorFlowOpLayer` with `AddV2`).
"""

from dataclasses import dataclass, field
from typing import cast

from pydantic import JsonValue

from app.core.architectures.catalogue import Catalogue
from app.core.architectures.chain import snake_case
from app.core.architectures.operations import GET_ITEM, index_text, keeps_batch
from app.core.architectures.readers.keras_json.graphs import Argument, Leaf, Node, Tensor, tensors_in
from app.core.architectures.readers.keras_json.nodes import without_tensors
from app.core.architectures.readers.keras_json.values import Era, plain
from app.core.architectures.readers.keras_names.kinds import bare
from app.core.architectures.readers.keras_names.operations import (
    Origin,
    bound,
    modern_function,
    origin_of,
    own_kind,
    without_defaults,
)
from app.core.architectures.written import object_of
from app.core.values import JsonObject

_FUNCTION_LAYERS = frozenset(
    ["ClassMethod", "InstanceMethod", "InstanceProperty", "SlicingOpLambda", "TFOpLambda", "TensorFlowOpLayer"]
)
_GET_ITEM = dict.fromkeys(["__getitem__", "getitem", "strided_slice"], "get_item")
_OF_TWO = {
    "add": "Add",
    "maximum": "Maximum",
    "minimum": "Minimum",
    "multiply": "Multiply",
    "subtract": "Subtract",
}
_ACTIVATIONS = frozenset(
    [
        *("celu", "elu", "exponential", "gelu", "hard_sigmoid", "hard_silu", "leaky_relu", "log_softmax", "mish"),
        *("relu", "relu6", "selu", "sigmoid", "silu", "softmax", "softplus", "softsign", "swish", "tanh"),
    ]
)
_POOLED_AXES: dict[tuple[JsonValue, ...], str] = {(1,): "1D", (1, 2): "2D", (1, 2, 3): "3D"}


@dataclass(frozen=True)
class Operation:
    """A function on tensors: its own name, what it was given by position, and all else it was given."""

    function: str
    positional: tuple[Argument, ...]
    options: JsonObject = field(default_factory=dict)
    origin: Origin = "own"

    @property
    def tensors(self) -> list[Tensor]:
        """The tensors among what it was given."""
        return [tensor for entry in self.positional for tensor in tensors_in(entry)]


def is_operation(leaf: Leaf) -> bool:
    """Whether a layer is only there because a function was applied to a tensor."""
    return leaf.class_name in _FUNCTION_LAYERS or leaf.module.startswith(("keras.src.ops", "keras.ops"))


def as_layer(leaf: Leaf, node: Node, *, catalogue: Catalogue, era: Era) -> tuple[str, JsonObject, list[Tensor]]:
    """Kind, arguments and inputs; a function that no layer is equal to is a kind of its own name."""
    operation = _operation(leaf, node, era=era)
    found = _arithmetic(operation) or _renamed(operation) or _reshaping(operation) or _pooling(operation, leaf)
    if found is not None:
        return (*found, operation.tensors)
    return _sliced(operation) or _bound(operation, node, catalogue) or _of_its_own(operation, node, catalogue)


def _sliced(operation: Operation) -> tuple[str, JsonObject, list[Tensor]] | None:
    """`x[:, :10]`, as Keras 3 (an operation on two things) and Keras 2 (`slice_spec`) write it."""
    if operation.function != "get_item" or len(operation.tensors) != 1:
        return None
    spec = operation.options.get("slice_spec", operation.positional[-1] if len(operation.positional) == 2 else "")
    try:
        parts = [_index_part(part) for part in (spec if isinstance(spec, list) else [spec])]
    except ValueError:
        return None
    return GET_ITEM, {"index": index_text(parts)}, operation.tensors


def _index_part(written: Argument) -> object:
    if written is None or (isinstance(written, int) and not isinstance(written, bool)):
        return written
    found = object_of(written)
    kind, ends = found if found is not None else ("__slice__", written if isinstance(written, dict) else {})
    if kind == "__ellipsis__":
        return Ellipsis
    sizes = [ends.get(name, 0.5) for name in ("start", "stop", "step")]
    if kind != "__slice__" or not all(size is None or isinstance(size, int) for size in sizes):
        raise ValueError("no index that is written in numbers")
    return slice(*sizes)


def _bound(operation: Operation, node: Node, catalogue: Catalogue) -> tuple[str, JsonObject, list[Tensor]] | None:
    """The function of `keras.ops` that it is, with all that it was given under the names of its arguments."""
    name, tensors = operation.function, {key: value for key, value in node.keywords.items() if tensors_in(value)}
    given = bound(
        name,
        operation.positional,
        {**operation.options, **tensors},
        origin=operation.origin,
        catalogue=catalogue,
    )
    if given is None:
        return None
    arguments = cast("dict[str, Argument]", given)
    config = {key: cast("JsonValue", value) for key, value in arguments.items() if not tensors_in(value)}
    inputs = [tensor for value in arguments.values() for tensor in tensors_in(value)]
    return name, without_defaults(name, config, catalogue), inputs


def _of_its_own(operation: Operation, node: Node, catalogue: Catalogue) -> tuple[str, JsonObject, list[Tensor]]:
    constants = {
        str(position): cast("JsonValue", entry)
        for position, entry in enumerate(operation.positional)
        if entry is not None and not tensors_in(entry)
    }
    kind = "GetItem" if operation.function == "get_item" else operation.function
    inputs = [*operation.tensors, *tensors_in(dict(node.keywords))]
    return own_kind(kind, catalogue, operation.origin), {**constants, **operation.options}, inputs


def _operation(leaf: Leaf, node: Node, *, era: Era) -> Operation:
    options = {
        key: plain(value, era=era)
        for key, value in without_tensors(node.keywords).items()
        if value is not None and key != "name"
    }
    positional = tuple(_plain_constant(entry, era=era) for entry in node.positional)
    if leaf.class_name == "TensorFlowOpLayer":
        return _graph_op(leaf, positional, options)
    function = leaf.config.get("function")
    if leaf.class_name in _FUNCTION_LAYERS:
        name = str(function or leaf.class_name).rsplit(".", maxsplit=1)[-1]
        if "y" in node.keywords:
            positional = (*positional, _plain_constant(node.keywords["y"], era=era))
            options.pop("y", None)
        module = "keras.backend" if "backend." in str(function) else "tensorflow"
        return Operation(_function_name(name), positional, options, origin_of(f"{module}.{name}"))
    ignored = {"name", "trainable"} if isinstance(leaf.config.get("dtype"), str) else {"name", "dtype", "trainable"}
    own = {key: plain(value, era=era) for key, value in leaf.config.items() if key not in ignored and value is not None}
    return Operation(_function_name(snake_case(bare(leaf.class_name))), positional, {**own, **options}, "ops")


def _graph_op(leaf: Leaf, positional: tuple[Argument, ...], options: JsonObject) -> Operation:
    definition, constants = leaf.config.get("node_def"), leaf.config.get("constants")
    op = str(definition.get("op", "")) if isinstance(definition, dict) else ""
    given = positional[0] if len(positional) == 1 and isinstance(positional[0], list) else [*positional]
    arguments: list[Argument] = list(given)
    if isinstance(constants, dict):
        for position in sorted(int(key) for key in constants if key.isdigit()):
            arguments.insert(position, constants[str(position)])
    name = _function_name(snake_case(op) or "TensorFlowOpLayer")
    if name == "concatenate" and isinstance(arguments[-1:], list) and isinstance(arguments[-1], int):
        return Operation(name, tuple(arguments[:-1]), {**options, "axis": arguments[-1]})
    return Operation(name, tuple(arguments), options)


def _function_name(name: str) -> str:
    return _GET_ITEM.get(name, modern_function(name))


def _plain_constant(value: Argument, *, era: Era) -> Argument:
    return value if tensors_in(value) else plain(cast("JsonValue", value), era=era)


def _arithmetic(operation: Operation) -> tuple[str, JsonObject] | None:
    """Two tensors make a merge layer; a tensor and a number (or one number per channel) make a Rescaling."""
    function, given = operation.function, operation.positional
    if function == "negative" and len(given) == 1:
        return "Rescaling", {"scale": -1.0}
    if len(given) != 2:
        return None
    left, right = given
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        kind = _OF_TWO.get(function)
        return None if kind is None else (kind, {})
    number = right if isinstance(left, Tensor) else left
    if isinstance(number, bool) or not isinstance(number, int | float):
        return None
    return _rescaling(function, float(number), tensor_first=isinstance(left, Tensor))


def _rescaling(function: str, number: float, *, tensor_first: bool) -> tuple[str, JsonObject] | None:
    if function == "add":
        return "Rescaling", {"scale": 1.0, "offset": number}
    if function == "multiply":
        return "Rescaling", {"scale": number}
    if function == "subtract":
        return "Rescaling", ({"scale": 1.0, "offset": -number} if tensor_first else {"scale": -1.0, "offset": number})
    if function == "divide" and tensor_first and number:
        return "Rescaling", {"scale": 1.0 / number}
    return None


def _renamed(operation: Operation) -> tuple[str, JsonObject] | None:
    function, options = operation.function, operation.options
    if function in _ACTIVATIONS and len(operation.tensors) == 1 == len(operation.positional):
        rest = {key: value for key, value in options.items() if (key, value) != ("axis", -1)}
        if function == "softmax" and set(rest) == {"axis"}:
            return "Softmax", rest
        default_slope = function == "leaky_relu" and rest.get("negative_slope") == 0.2
        named = "silu" if function == "swish" else function
        return ("Activation", {"activation": named}) if not rest or default_slope else None
    if function == "concatenate" and len(operation.tensors) > 1:
        return "Concatenate", {"axis": options.get("axis", 0)}
    return ("Identity", {}) if function == "identity" and len(operation.tensors) == 1 else None


def _reshaping(operation: Operation) -> tuple[str, JsonObject] | None:
    """Where the batch stays in front, Reshape and Permute say the same without it."""
    if len(operation.tensors) != 1:
        return None
    if operation.function == "reshape":
        shape = operation.options.get("newshape", operation.options.get("shape"))
        if not isinstance(shape, list) or len(shape) < 2 or shape[0] != -1 or -1 in shape[1:]:
            return None
        return ("Reshape", {"target_shape": shape[1:]}) if keeps_batch(operation.tensors[0].shape, shape[1:]) else None
    axes = operation.options.get("axes", operation.options.get("perm"))
    if operation.function == "transpose" and isinstance(axes, list) and axes[:1] == [0] and len(axes) > 1:
        return "Permute", {"dims": axes[1:]}
    return None


def _pooling(operation: Operation, leaf: Leaf) -> tuple[str, JsonObject] | None:
    """The mean or maximum over all places of a feature map whose rank the file says."""
    names = {"mean": "GlobalAveragePooling", "max": "GlobalMaxPooling"}
    if operation.function not in names or len(operation.tensors) != 1:
        return None
    shape = operation.tensors[0].shape or leaf.built_for
    axis = operation.options.get("axis")
    if not isinstance(shape, list | tuple) or not shape or not isinstance(axis, list):
        return None
    axes = tuple(sorted(number % len(shape) for number in axis if isinstance(number, int)))
    dimensions = _POOLED_AXES.get(axes)
    if dimensions is None or len(shape) != len(axes) + 2:
        return None
    kept: JsonObject = {"keepdims": True} if operation.options.get("keepdims") is True else {}
    return f"{names[operation.function]}{dimensions}", {"data_format": "channels_last", **kept}
