"""`value.name`: attributes of what is known, and symbols for all others."""

import ast
import math
import re
from collections.abc import Callable

from app.core.architectures.readers.keras_code.classes import class_member, method_of, super_member
from app.core.architectures.readers.keras_code.library_names import canonical
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.network_parts import (
    input_of,
    inputs_of,
    members_of,
    output_of,
    outputs_of,
    set_trainable,
    unknown_network,
)
from app.core.architectures.readers.keras_code.networks import graph_of
from app.core.architectures.readers.keras_code.source_text import grouped
from app.core.architectures.readers.keras_code.tensor_shapes import known_shape
from app.core.architectures.readers.keras_code.values import (
    MISSING,
    Builtin,
    Function,
    Instance,
    Layer,
    Method,
    ModulePath,
    Network,
    Rank,
    Super,
    Tensor,
    Unknown,
    UserClass,
    is_plain,
)
from app.core.architectures.readers.keras_code.written_values import is_layer_like, symbol_or_plain, tensors_in

_CONSTANTS = {"math.pi": math.pi, "math.e": math.e, "numpy.pi": math.pi, "numpy.e": math.e, "numpy.newaxis": None}
_NETWORK_NAME = re.compile(r"model|base|net|encoder|decoder|backbone|vgg|generator|discriminator", re.IGNORECASE)
_SHAPES = frozenset(["shape", "_keras_shape", "_shape"])


def attribute(machine: Machine, node: ast.Attribute, value: object) -> object:
    """`value.attr` as far as it can be known."""
    found = attribute_of(machine, value, node.attr)
    if found is not MISSING:
        return found
    text = f"{grouped(value, node.value, at_least=Rank.ATOM)}.{node.attr}"
    record = value.record if isinstance(value, Unknown) else None
    return machine.unknown(text, record=record, base=value, attribute=node.attr)


def attribute_of(machine: Machine, value: object, name: str) -> object:
    """The same for a name; MISSING where nothing is known of it."""
    if is_plain(value):
        return Method(value, name)
    for kind, look_up in _LOOK_UPS.items():
        if isinstance(value, kind):
            return look_up(machine, value, name)
    return MISSING


def set_attribute(machine: Machine, value: object, name: str, assigned: object) -> None:
    """`value.name = assigned`."""
    if name == "trainable" and is_layer_like(value) and isinstance(assigned, bool):
        set_trainable(machine, value, trainable=assigned)
    elif isinstance(value, Instance):
        value.attributes[name] = assigned
        _keep_name(value, name, assigned)
    elif isinstance(value, UserClass):
        value.names[name] = assigned
    elif isinstance(value, Layer | Network) and name in {"name", "_name"} and isinstance(assigned, str):
        value.name = assigned
    elif isinstance(value, Layer) and name in value.config:
        machine.note(machine.here, name, "an argument that is changed after the layer was made is not followed")


def _keep_name(value: Instance, name: str, assigned: object) -> None:
    """Networks that an object of the source's own holds are named by the attribute."""
    network = assigned.network if isinstance(assigned, Instance) else assigned
    if isinstance(network, Network) and not value.is_of_keras:
        network.variables.append(name)
        network.global_variable = network.global_variable or name


def _of_module(machine: Machine, value: object, name: str) -> object:
    assert isinstance(value, ModulePath)
    path, text = canonical(f"{value.path}.{name}"), f"{value.text}.{name}"
    filled = machine.filled(text)
    return filled if filled is not None else _CONSTANTS.get(path, ModulePath(path, text))


def _of_tensor(machine: Machine, value: object, name: str) -> object:
    assert isinstance(value, Tensor)
    if name in _SHAPES:
        return known_shape(machine, value, f"{_tensor_text(value)}.shape")
    return MISSING if name in {"dtype", "name"} else Method(value, name)


def _of_layer(machine: Machine, value: object, name: str) -> object:
    assert isinstance(value, Layer)
    if name in {"output", "input"}:
        found = output_of(machine, value) if name == "output" else input_of(machine, value)
        return MISSING if found is None else found
    if name in {"output_shape", "input_shape"}:
        tensor = next(tensors_in(attribute_of(machine, value, name.removesuffix("_shape"))), None)
        return MISSING if tensor is None else known_shape(machine, tensor, f"{_tensor_text(tensor)}.shape")
    if name == "name":
        return value.name if value.name is not None else MISSING
    if name == "trainable":
        return value.config.get("trainable") is not False
    if name in value.config:
        return symbol_or_plain(value.config[name])
    return Method(value, name)


def _of_network(machine: Machine, value: object, name: str) -> object:
    assert isinstance(value, Network)
    if name in _PARTS and not (value.items or value.kind != "sequential"):
        return [] if name == "layers" else MISSING
    if name in _PARTS:
        return _PARTS[name](machine, value)
    if name == "name":
        return value.name or value.base
    return Method(value, name)


def _of_instance(machine: Machine, value: object, name: str) -> object:
    assert isinstance(value, Instance)
    if name in value.attributes:
        return value.attributes[name]
    found = method_of(machine, value, value.of, name)
    if found is not MISSING:
        return found
    inner = value.network or value.layer
    return attribute_of(machine, inner, name) if inner is not None else MISSING


def _of_class(machine: Machine, value: object, name: str) -> object:
    assert isinstance(value, UserClass)
    if name == "__name__":
        return value.name
    member = class_member(value, name)
    if isinstance(member, Function) and member.form == "class":
        return method_of(machine, value, value, name)
    return member


def _of_super(machine: Machine, value: object, name: str) -> object:
    assert isinstance(value, Super)
    found = super_member(machine, value, name)
    return Method(value, name) if found is MISSING else found


def _of_unknown(machine: Machine, value: object, name: str) -> object:
    assert isinstance(value, Unknown)
    if name in {"output", "outputs", "input", "inputs"} and _may_be_network(value):
        node = unknown_network(machine, value)
        tensor = Tensor(node) if name.startswith("output") else node.inputs[0]
        return [tensor] if name.endswith("s") else tensor
    return MISSING


def _may_be_network(value: Unknown) -> bool:
    """Whether something that nothing is known of looks like a network: `args.output` is none."""
    if value.record is None:
        return _NETWORK_NAME.search(value.text) is not None
    function = value.record.function.rpartition(".")[2]
    return function[:1].isupper() or _NETWORK_NAME.search(function) is not None


def _of_function(_: Machine, value: object, name: str) -> object:
    return value.name if name == "__name__" and isinstance(value, Function | Builtin) else MISSING


def _first_output_shape(machine: Machine, network: Network) -> object:
    tensor = next(tensors_in(graph_of(machine, network).outputs), None)
    return MISSING if tensor is None else known_shape(machine, tensor, f"{network.base}.output_shape")


def _input_shape(machine: Machine, network: Network) -> object:
    return known_shape(machine, inputs_of(machine, network)[0], f"{network.base}.input_shape")


def _tensor_text(value: Tensor) -> str:
    return value.node.layer.name or value.node.layer.kind


def _listed_outputs(machine: Machine, network: Network) -> object:
    return list(tensors_in(outputs_of(machine, network)))


_PARTS: dict[str, Callable[[Machine, Network], object]] = {
    "input": input_of,
    "input_shape": _input_shape,
    "inputs": inputs_of,
    "layers": members_of,
    "output": outputs_of,
    "output_shape": _first_output_shape,
    "outputs": _listed_outputs,
}
_LOOK_UPS: dict[type, Callable[[Machine, object, str], object]] = {
    ModulePath: _of_module,
    Tensor: _of_tensor,
    Layer: _of_layer,
    Network: _of_network,
    Instance: _of_instance,
    UserClass: _of_class,
    Super: _of_super,
    Unknown: _of_unknown,
    Function: _of_function,
    Builtin: _of_function,
}
