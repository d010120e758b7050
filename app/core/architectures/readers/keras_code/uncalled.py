"""Functions and classes that build a network and that nobody calls: what people paste most."""

import ast

from app.core.architectures.readers.keras_code.classes import class_member, keras_base
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.signals import BreakSignal, ContinueSignal, RaisedSignal, ReturnSignal
from app.core.architectures.readers.keras_code.values import (
    Arguments,
    Bound,
    Function,
    Instance,
    Network,
    Tensor,
    UserClass,
)
from app.core.architectures.readers.keras_code.written_values import tensors_in

_BUILDS = (
    "build",
    "create",
    "make",
    "get",
    "define",
    "generator",
    "discriminator",
    "model",
    "net",
    "encoder",
    "decoder",
)


def follow_uncalled(machine: Machine) -> None:
    """Call what nobody called, with defaults and symbols, until there is a network."""
    values = list(machine.globals.names.values())
    functions = [value for value in values if isinstance(value, Function) and not value.was_called]
    classes = [value for value in values if isinstance(value, UserClass) and not value.was_used]
    mentioned = {name for function in functions for name in _mentioned(function)}
    first = [function for function in functions if function.name not in mentioned]
    for group in (first, [function for function in functions if function.name in mentioned]):
        for function in group:
            if not function.was_called:
                _call(machine, function, function.name)
        if machine.networks:
            return
    for cls in classes:
        _instantiate(machine, cls)


def imply_network(machine: Machine) -> None:
    """Layers that are called and never made a Model: whatever nothing else takes is an output."""
    taken = {tensor.node for node in machine.loose_nodes for tensor in node.inputs}
    ends = [node for node in machine.loose_nodes if node not in taken and node.layer.kind != "InputLayer"]
    if not ends:
        return
    network = machine.new_network("functional")
    network.place = ends[-1].place
    network.outputs = [Tensor(node) for node in ends]
    used = _inputs_behind(network.outputs)
    network.inputs = sorted(used, key=lambda tensor: tensor.node.number)
    machine.note(
        network.place,
        ends[-1].layer.kind,
        "no Model(...) is made of these layers; what nothing else takes is read as an output",
    )


def _inputs_behind(outputs: object) -> set[Tensor]:
    waiting, seen = list(tensors_in(outputs)), set[Tensor]()
    while waiting:
        tensor = waiting.pop()
        if tensor not in seen:
            seen.add(tensor)
            waiting.extend(tensor.node.inputs)
    return {tensor for tensor in seen if tensor.node.layer.kind == "InputLayer"}


def _call(machine: Machine, callee: object, name: str, arguments: Arguments | None = None) -> object:
    before = len(machine.networks)
    try:
        result = machine.call(callee, arguments or Arguments([], {}, written=f"{name}()"))
    except (RaisedSignal, BreakSignal, ContinueSignal, ReturnSignal):
        return None
    except RecursionError:
        machine.note(machine.here, name, "this goes too deep to be followed")
        return None
    if isinstance(result, Network) and not result.variables and len(machine.networks) > before:
        result.variables.append(name)
    return result


def _instantiate(machine: Machine, cls: UserClass) -> None:
    is_network = keras_base(machine, cls) in {"model", "sequential"}
    made = _call(machine, cls, cls.name)
    if not isinstance(made, Instance) or is_network or machine.networks:
        return
    for name, member in cls.names.items():
        wanted = (
            isinstance(member, Function) and not member.was_called and any(word in name.lower() for word in _BUILDS)
        )
        if wanted and isinstance(member, Function) and isinstance(class_member(cls, name), Function):
            _call(machine, Bound(member, made), name)


def _mentioned(function: Function) -> set[str]:
    return {node.id for node in ast.walk(function.node) if isinstance(node, ast.Name) and node.id != function.name}
