"""Methods of what is no instance of a class of the source, and calls of what nothing is known of."""

import ast
from collections.abc import Callable

from app.core.architectures.readers.keras_code.attributes import attribute_of, set_attribute
from app.core.architectures.readers.keras_code.builtin_functions import builtin
from app.core.architectures.readers.keras_code.classes import initialize
from app.core.architectures.readers.keras_code.containers import plain_method
from app.core.architectures.readers.keras_code.layers import apply_layer
from app.core.architectures.readers.keras_code.library_names import is_layer_name
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.network_parts import layer_called, remember_trainable
from app.core.architectures.readers.keras_code.networks import add, layer_from_record, set_input_shape
from app.core.architectures.readers.keras_code.recording import record
from app.core.architectures.readers.keras_code.source_text import described
from app.core.architectures.readers.keras_code.tensor_operators import operation
from app.core.architectures.readers.keras_code.tensor_shapes import known_shape
from app.core.architectures.readers.keras_code.values import (
    MISSING,
    Arguments,
    Builtin,
    Instance,
    Layer,
    Method,
    Network,
    Super,
    Tensor,
    Unknown,
    is_plain,
)
from app.core.architectures.readers.keras_code.written_values import has_tensor, is_layer_like

_USES = frozenset(
    [
        "compile",
        "evaluate",
        "evaluate_generator",
        "fit",
        "fit_generator",
        "predict",
        "predict_generator",
        "save",
        "save_weights",
        "summary",
        "to_json",
        "train_on_batch",
        "export",
    ]
)


def call_method(machine: Machine, callee: object, arguments: Arguments) -> object:
    """`value.name(...)`."""
    assert isinstance(callee, Method)
    value, name = callee.receiver, callee.name
    if is_plain(value):
        found = plain_method(machine, value, name, arguments)
        return machine.unknown(arguments.text) if found is MISSING else found
    if isinstance(value, Tensor) and name not in _USES:
        return _of_tensor(machine, value, name, arguments)
    if isinstance(value, Super):
        return _of_super(machine, value, name, arguments)
    if isinstance(value, Network):
        method = _NETWORK_METHODS.get(name)
        found = method(machine, value, arguments) if method is not None else MISSING
        if found is not MISSING:
            return found
        _note_use(machine, value, name)
    elif isinstance(value, Layer) and name in {"get_output_at", "get_input_at"}:
        return _node_of(machine, value, name, arguments)
    return _recorded(machine, value, name, arguments)


def call_unknown(machine: Machine, callee: object, arguments: Arguments) -> object:
    """A call of something nobody defined: a layer where it is called on a tensor, and a record otherwise."""
    assert isinstance(callee, Unknown)
    if callee.attribute and callee.base is not None:
        return _method_of_unknown(machine, callee, arguments)
    if has_tensor(arguments.positional) or has_tensor(list(arguments.keywords.values())):
        if callee.record is not None:
            return apply_layer(machine, layer_from_record(machine, callee), arguments)
        return operation(machine, callee.text, arguments.positional, arguments.keywords)
    if callee.record is not None and is_layer_name(callee.record.function.rpartition(".")[2], machine.catalogue):
        return apply_layer(machine, layer_from_record(machine, callee), arguments)
    return record(machine, callee.text, arguments)


def call_builtin(machine: Machine, callee: object, arguments: Arguments) -> object:
    """One of Python's own functions."""
    assert isinstance(callee, Builtin)
    name = callee.name
    if name == "getattr" and len(arguments.positional) > 1 and isinstance(arguments.positional[1], str):
        found = attribute_of(machine, arguments.positional[0], arguments.positional[1])
        return machine.unknown(arguments.text) if found is MISSING else found
    if name == "setattr" and len(arguments.positional) > 2 and isinstance(arguments.positional[1], str):
        set_attribute(machine, arguments.positional[0], arguments.positional[1], arguments.positional[2])
        return None
    found = builtin(machine, name, arguments)
    if found is not MISSING:
        return found
    if has_tensor(arguments.positional):
        path = f"keras.ops.{name}" if name in {"abs", "pow", "round"} else name
        return operation(machine, path, arguments.positional, arguments.keywords)
    if name in {"open", "input", "exec", "eval", "compile", "__import__"}:
        return record(machine, name, arguments)
    return machine.unknown(arguments.text)


def _recorded(machine: Machine, value: object, name: str, arguments: Arguments) -> object:
    node = arguments.node.func if arguments.node is not None else None
    text = machine.source(node.value) if isinstance(node, ast.Attribute) else described(value)[0]
    return record(machine, f".{name}", arguments, receiver=value, receiver_text=text)


def _method_of_unknown(machine: Machine, callee: Unknown, arguments: Arguments) -> object:
    name, base = callee.attribute, callee.base
    given = arguments.positional[0] if arguments.positional else None
    if name == "add" and isinstance(base, Unknown) and base.record is None and is_layer_like(given):
        return _begin_sequential(machine, base.text, given)
    tensors = has_tensor(arguments.positional) or has_tensor(list(arguments.keywords.values()))
    if tensors and name not in _USES:
        return operation(machine, name, arguments.positional, arguments.keywords)
    return _recorded(machine, base, name, arguments)


def _begin_sequential(machine: Machine, text: str, first: object) -> object:
    """A piece of a longer source: what gets layers added and is defined nowhere here is a Sequential."""
    if not text.isidentifier():
        return None
    machine.note(
        machine.here, text, f"{text} is not defined here; it is read as a Sequential that begins with this layer"
    )
    network = machine.new_network("sequential")
    network.variables.append(text)
    network.global_variable = text
    machine.globals.names[text] = network
    add(machine, network, first)
    return None


def _of_tensor(machine: Machine, value: Tensor, name: str, arguments: Arguments) -> object:
    if name in {"get_shape", "as_list"}:
        return known_shape(machine, value, arguments.text)
    return operation(machine, name, [value, *arguments.positional], arguments.keywords)


def _of_super(machine: Machine, value: Super, name: str, arguments: Arguments) -> object:
    if name == "__init__" and isinstance(value.receiver, Instance):
        initialize(machine, value.receiver, arguments)
        return None
    if name == "get_config":
        return {}
    if isinstance(value.receiver, Instance) and name not in {"build", "call", "__call__"}:
        inner = value.receiver.network
        return machine.call(Method(inner, name), arguments) if inner is not None else None
    return machine.unknown(arguments.text)


def _node_of(machine: Machine, value: Layer, name: str, arguments: Arguments) -> object:
    index = arguments.take(0, "node_index", default=0)
    if not isinstance(index, int) or not -len(value.nodes) <= index < len(value.nodes):
        return machine.unknown(arguments.text)
    node = value.nodes[index]
    if name == "get_output_at":
        return Tensor(node)
    return node.inputs[0] if len(node.inputs) == 1 else list(node.inputs)


def _note_use(machine: Machine, network: Network, name: str) -> None:
    if name in _USES:
        network.is_used = True
    if name == "compile" and network.kind != "subclassed":
        remember_trainable(machine, network)


def _add(machine: Machine, network: Network, arguments: Arguments) -> object:
    if not arguments.positional and "layer" not in arguments.keywords:
        return MISSING
    add(machine, network, arguments.take(0, "layer"))
    return None


def _pop(_: Machine, network: Network, __: Arguments) -> object:
    if network.items:
        network.items.pop()
    return None


def _build(_: Machine, network: Network, arguments: Arguments) -> object:
    set_input_shape(network, arguments.take(0, "input_shape", "batch_input_shape"))
    return None


def _get_layer(machine: Machine, network: Network, arguments: Arguments) -> object:
    name, index = arguments.take(0, "name"), arguments.take(1, "index")
    found = layer_called(machine, network, name, index)
    if found is None:
        machine.note(machine.here, arguments.text, "there is no such layer in this network")
        return MISSING
    return found


_NETWORK_METHODS: dict[str, Callable[[Machine, Network, Arguments], object]] = {
    "add": _add,
    "build": _build,
    "get_layer": _get_layer,
    "pop": _pop,
}
