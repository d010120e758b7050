"""Layers as they are made and called."""

from collections.abc import Callable

from pydantic import JsonValue

from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.source_text import described, shortened
from app.core.architectures.readers.keras_code.tensor_operators import applied
from app.core.architectures.readers.keras_code.values import (
    TRAINING,
    Arguments,
    Instance,
    Layer,
    Network,
    Node,
    Tensor,
    Unknown,
)
from app.core.architectures.readers.keras_code.written_values import as_written, has_tensor, leaves_in, tensors_in
from app.core.architectures.readers.keras_names import Modern, modern_layer, written_input_shape
from app.core.architectures.readers.keras_names.arguments import INPUT_KINDS
from app.core.architectures.readers.keras_names.operations import own_kind
from app.core.architectures.written import object_of, symbol_of
from app.core.values import JsonObject

_ATTENTION = frozenset(["GroupQueryAttention", "MultiHeadAttention"])
_RECURRENT = frozenset(["Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "GRU", "LSTM", "RNN", "SimpleRNN"])
_STATES = {"LSTM": 2, "ConvLSTM1D": 2, "ConvLSTM2D": 2, "ConvLSTM3D": 2, "GRU": 1, "SimpleRNN": 1}
_LAMBDA_ARGUMENTS = ("function", "output_shape", "mask", "arguments")


def make_layer(machine: Machine, kind: str, arguments: Arguments) -> Layer:
    """The layer of that class, whichever Keras the call was written for."""
    inner = _network_of(arguments.take(0, "layer")) if kind == "TimeDistributed" else None
    if inner is not None:
        return _over_time(machine, inner, arguments)
    keywords = {key: as_written(value) for key, value in arguments.keywords.items() if value is not TRAINING}
    positional = [as_written(value) for value in arguments.positional]
    if kind == "Lambda":
        keywords = {**dict(zip(_LAMBDA_ARGUMENTS, positional, strict=False)), **keywords}
        positional = []
    modern = modern_layer(kind, positional, keywords, machine.catalogue)
    _say_what_changed(machine, modern, arguments)
    layer = machine.new_layer(modern.kind, _with_data_format(machine, modern), name=_name(modern.extras.get("name")))
    layer.input_shape = written_input_shape(modern)
    layer.parts = [part for part in leaves_in([arguments.positional, arguments.keywords]) if isinstance(part, Layer)]
    dtype = modern.extras.get("dtype")
    layer.dtype = dtype if isinstance(dtype, str) else None
    if kind == "Merge":
        layer.branches = [part for entry in leaves_in(arguments.take(0, "layers")) if (part := _network_of(entry))]
    return layer


def custom_layer(machine: Machine, kind: str, config: JsonObject) -> Layer:
    """A layer of a class that Keras does not have; what it takes is kept as it is written."""
    modern = modern_layer(kind, (), config, machine.catalogue)
    own = own_kind(kind, machine.catalogue)
    layer = machine.new_layer(own, modern.config, name=_name(modern.extras.get("name")))
    layer.input_shape = written_input_shape(modern)
    return layer


def make_input(machine: Machine, kind: str, arguments: Arguments) -> Tensor:
    """`Input(...)` or `InputLayer(...)`; around a tensor that is there it is that tensor."""
    given = arguments.take(0, "tensor", "input_tensor")
    if isinstance(given, Tensor):
        return given
    keywords = {key: as_written(value) for key, value in arguments.keywords.items()}
    modern = modern_layer(kind, [as_written(value) for value in arguments.positional], keywords, machine.catalogue)
    dtype = modern.extras.get("dtype")
    return new_input(
        machine,
        shape=written_input_shape(modern),
        name=_name(modern.extras.get("name")),
        dtype=dtype if isinstance(dtype, str) else "float32",
    )


def new_input(machine: Machine, *, shape: JsonValue, name: str | None = None, dtype: str = "float32") -> Tensor:
    """A place where data enters. The shape has its batch first; a symbol stands for all else; None is not known."""
    layer = machine.new_layer("InputLayer", {}, name=name)
    layer.input_shape, layer.dtype = shape, dtype
    node = machine.new_node(layer, ())
    node.shape = shape if isinstance(shape, list) else None
    return Tensor(node)


def open_input(machine: Machine, value: object) -> Tensor:
    """The input that stands for a value nobody defined; the same one for the same text."""
    text = described(value)[0]
    if text not in machine.open_inputs:
        shape: dict[str, JsonValue] = {"symbol": text}
        machine.open_inputs[text] = new_input(machine, shape=shape)
        machine.open_inputs[text].node.is_open = True
    return machine.open_inputs[text]


def apply_layer(machine: Machine, layer: Layer, arguments: Arguments, over: "CallNetwork | None" = None) -> object:
    """Call a layer: one tensor, or a list where it yields several for certain."""
    inputs = _inputs(machine, layer, arguments)
    if layer.inner is not None and over is not None:
        return over(layer.inner, inputs)
    config: JsonObject = {}
    for key, value in arguments.keywords.items():
        if value is None or isinstance(value, Unknown) or value is TRAINING or has_tensor(value):
            continue
        if key not in {"inputs", "name"}:
            config[key] = as_written(value)
    return results_of(machine.new_node(layer, inputs, arguments=config))


CallNetwork = Callable[[Network, list[Tensor]], object]


def results_of(node: Node) -> object:
    """What a call yields: a tensor, or a list of tensors where its states or scores are asked for."""
    count = 1 + _further_results(node)
    return Tensor(node) if count == 1 else [Tensor(node, index) for index in range(count)]


def _further_results(node: Node) -> int:
    if node.arguments.get("return_attention_scores") is True:
        return 1
    kind, config = node.layer.kind, node.layer.config
    inner = object_of(config.get("layer")) if kind == "Bidirectional" else None
    if inner is not None:
        return 2 * _STATES.get(inner[0], 0) if inner[1].get("return_state") is True else 0
    return _STATES.get(kind, 0) if config.get("return_state") is True else 0


def _inputs(machine: Machine, layer: Layer, arguments: Arguments) -> list[Tensor]:
    known = machine.catalogue.layer(layer.kind) is not None
    inputs = list(tensors_in(arguments.positional))
    for key in _in_order(layer.kind, list(arguments.keywords)):
        value = arguments.keywords[key]
        if not has_tensor(value):
            continue
        if not known or _is_input(layer.kind, key):
            inputs += tensors_in(value)
        else:
            machine.note(
                machine.here, f"{key}={described(value)[0]}", f"a call of {layer.kind} cannot take this tensor here"
            )
    if inputs:
        return inputs
    given = arguments.positional or [
        value for key, value in arguments.keywords.items() if key in {"inputs", "sequences"}
    ]
    flat = given[0] if len(given) == 1 and isinstance(given[0], list | tuple) else given
    return [_data(machine, entry) for entry in flat if entry is not None] or [open_input(machine, Unknown("inputs"))]


def _data(machine: Machine, value: object) -> Tensor:
    """What is no tensor: inside a `call` something that was made there (`tf.range(...)`), elsewhere an open input."""
    if machine.given is None or not isinstance(value, Unknown) or value.record is None:
        return open_input(machine, value)
    made = value.record
    config = {key: as_written(entry) for key, entry in made.arguments.items()}
    return applied(machine, made.function.rpartition(".")[2] or "data", config, [machine.given])


def _in_order(kind: str, keywords: list[str]) -> list[str]:
    first = [name for name in ("query", "value", "key") if name in keywords] if kind in _ATTENTION else []
    return [*first, *[name for name in keywords if name not in first]]


def _is_input(kind: str, keyword: str) -> bool:
    if kind in _ATTENTION:
        return keyword in {"query", "value", "key"}
    return keyword in {"inputs", "sequences", "x"} or (kind in _RECURRENT and keyword == "initial_state")


def _say_what_changed(machine: Machine, modern: Modern, arguments: Arguments) -> None:
    for key, value in modern.surplus:
        what = f"argument {key!r}" if not key.isdigit() else f"a {int(key) + 1}. argument"
        shown = described(arguments.keywords.get(key, value))[0]
        machine.note(
            machine.here,
            arguments.text or shown,
            f"Keras's {modern.kind} does not take {what}: {shortened(str(shown))}",
        )
    for note in modern.notes:
        machine.remark(arguments.text, note)


def _with_data_format(machine: Machine, modern: Modern) -> JsonObject:
    """`K.set_image_data_format("channels_first")` holds for every layer that does not say otherwise."""
    known = machine.catalogue.layer(modern.kind)
    if machine.data_format != "channels_first" or known is None or known.argument("data_format") is None:
        return modern.config
    return {**modern.config, "data_format": modern.config.get("data_format") or "channels_first"}


def _over_time(machine: Machine, inner: Network, arguments: Arguments) -> Layer:
    name = arguments.take(-1, "name")
    layer = machine.new_layer("TimeDistributed", {}, name=name if isinstance(name, str) else None)
    layer.inner = inner
    shape = as_written(arguments.take(-1, "input_shape"))
    batch_shape = as_written(arguments.take(-1, "batch_input_shape"))
    layer.input_shape = batch_shape or ([None, *shape] if isinstance(shape, list) else shape)
    return layer


def _network_of(value: object) -> Network | None:
    if isinstance(value, Instance):
        return value.network
    return value if isinstance(value, Network) else None


def _name(value: JsonValue) -> str | None:
    text = symbol_of(value)
    if text is not None:
        return text
    return value if isinstance(value, str) and value else None


def is_input_kind(kind: str) -> bool:
    """Whether a class name is that of an input."""
    return kind in INPUT_KINDS
