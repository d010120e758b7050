"""Calls of what was imported: layers, networks, objects and functions of Keras; everything else is kept as a record."""

from collections.abc import Callable

from app.core.architectures.readers.keras_code.applications import make_application
from app.core.architectures.readers.keras_code.keras_objects import GROUPS, make_object
from app.core.architectures.readers.keras_code.layers import apply_layer, is_input_kind, make_input, make_layer
from app.core.architectures.readers.keras_code.library_functions import library_function
from app.core.architectures.readers.keras_code.library_names import is_keras_layer_path, is_lower_case_layer
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.networks import new_functional, new_sequential, over_time_of
from app.core.architectures.readers.keras_code.recording import record
from app.core.architectures.readers.keras_code.tensor_operators import operation
from app.core.architectures.readers.keras_code.tensor_shapes import known_shape
from app.core.architectures.readers.keras_code.values import (
    MISSING,
    Arguments,
    ModulePath,
    Network,
    Tensor,
)
from app.core.architectures.readers.keras_code.written_values import has_tensor

_NETWORKS: dict[str, Callable[[Machine, Arguments], object]] = {
    "Functional": new_functional,
    "Model": new_functional,
    "Network": new_functional,
    "Sequential": new_sequential,
}


def call_path(machine: Machine, callee: ModulePath, arguments: Arguments) -> object:
    """Call something that was imported."""
    path = callee.path
    parts = path.split(".")
    if parts[0] == "keras":
        found = _call_keras(machine, path, parts, arguments)
        if found is not MISSING:
            return found
    known = library_function(machine, path, arguments)
    if known is not MISSING:
        return known
    if has_tensor(arguments.positional) or has_tensor(list(arguments.keywords.values())):
        return operation(machine, path, arguments.positional, arguments.keywords)
    return record(machine, path, arguments)


def _call_keras(machine: Machine, path: str, parts: list[str], arguments: Arguments) -> object:
    name = parts[-1]
    family = parts[1] if len(parts) > 2 else ""
    if name in _NETWORKS:
        return _NETWORKS[name](machine, arguments)
    if is_input_kind(name):
        return make_input(machine, name, arguments)
    if family == "applications" and name in machine.catalogue.applications:
        return make_application(machine, name, arguments)
    if family in GROUPS and not has_tensor(arguments.positional):
        return make_object(machine, family, name, arguments)
    if is_keras_layer_path(path, machine.catalogue):
        return _call_layer(machine, name, arguments)
    special = _SPECIAL.get(name)
    return MISSING if special is None else special(machine, arguments)


def _call_layer(machine: Machine, name: str, arguments: Arguments) -> object:
    if not is_lower_case_layer(name):
        return make_layer(machine, name, arguments)
    given = arguments.take(0, "inputs", "tensor_list")
    rest = {key: value for key, value in arguments.keywords.items() if key not in {"inputs", "tensor_list"}}
    constructor = Arguments(arguments.positional[1:], rest, arguments.node, arguments.written)
    if name == "merge":
        constructor = Arguments([None, *arguments.positional[1:]], rest, arguments.node, arguments.written)
    layer = make_layer(machine, name, constructor)
    layer.config.pop("inputs", None)
    return apply_layer(machine, layer, Arguments([given], {}), over=over_time_of(machine))


def _set_data_format(machine: Machine, arguments: Arguments) -> object:
    value = arguments.take(0, "data_format", "dim_ordering")
    machine.data_format = {"th": "channels_first", "tf": "channels_last"}.get(str(value), str(value))
    return MISSING


def _data_format(machine: Machine, _: Arguments) -> object:
    return machine.data_format or "channels_last"


def _dim_ordering(machine: Machine, _: Arguments) -> object:
    return "th" if machine.data_format == "channels_first" else "tf"


def _int_shape(machine: Machine, arguments: Arguments) -> object:
    tensor = arguments.take(0, "x")
    return known_shape(machine, tensor, arguments.text) if isinstance(tensor, Tensor) else MISSING


def _rank(_: Machine, arguments: Arguments) -> object:
    tensor = arguments.take(0, "x")
    return len(tensor.node.shape) if isinstance(tensor, Tensor) and tensor.node.shape is not None else MISSING


def _is_tensor(_: Machine, arguments: Arguments) -> object:
    return isinstance(arguments.take(0, "x"), Tensor)


def _same_network(_: Machine, arguments: Arguments) -> object:
    """`multi_gpu_model(model)` trains that network."""
    given = arguments.take(0, "model")
    return given if isinstance(given, Network) else MISSING


def _backend(_: Machine, __: Arguments) -> object:
    return "tensorflow"


_SPECIAL: dict[str, Callable[[Machine, Arguments], object]] = {
    "backend": _backend,
    "image_data_format": _data_format,
    "image_dim_ordering": _dim_ordering,
    "int_shape": _int_shape,
    "is_keras_tensor": _is_tensor,
    "multi_gpu_model": _same_network,
    "ndim": _rank,
    "set_image_data_format": _set_data_format,
    "set_image_dim_ordering": _set_data_format,
}
