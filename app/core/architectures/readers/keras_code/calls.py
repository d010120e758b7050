"""Calls of whatever can be called."""

import ast
from collections.abc import Callable
from functools import partial

from app.core.architectures.readers.keras_code.classes import call_instance, instantiate
from app.core.architectures.readers.keras_code.functions import call_function, is_generator
from app.core.architectures.readers.keras_code.keras_calls import call_path
from app.core.architectures.readers.keras_code.layers import apply_layer
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.methods import call_builtin, call_method, call_unknown
from app.core.architectures.readers.keras_code.networks import call_network, over_time_of
from app.core.architectures.readers.keras_code.recording import record
from app.core.architectures.readers.keras_code.scope import Scope
from app.core.architectures.readers.keras_code.source_text import described, grouped
from app.core.architectures.readers.keras_code.values import (
    MISSING,
    Arguments,
    Bound,
    Builtin,
    Function,
    Instance,
    Layer,
    Method,
    ModulePath,
    Network,
    Partial,
    Rank,
    Super,
    Tensor,
    Unknown,
    UserClass,
)
from app.core.architectures.readers.keras_code.written_values import tensors_in

_MOST_SHOWN = 8


def evaluate_call(machine: Machine, node: ast.Call, scope: Scope) -> object:
    """What a call in the source yields."""
    machine.budget.check_time()
    if isinstance(node.func, ast.Name) and node.func.id == "super" and scope.find("super") is MISSING:
        return _super(machine, node, scope)
    callee = machine.evaluate(node.func, scope)
    arguments = _evaluated(machine, node, scope)
    arguments.written = partial(_text, callee, node, arguments)
    machine.here = machine.place(node)
    return machine.call(callee, arguments)


def call_value(machine: Machine, callee: object, arguments: Arguments) -> object:
    """Call a value, whatever it is."""
    for kind, call in _CALLS.items():
        if isinstance(callee, kind):
            return call(machine, callee, arguments)
    machine.note(machine.here, arguments.text, "this cannot be called")
    return machine.unknown(arguments.text or "…")


def _evaluated(machine: Machine, node: ast.Call, scope: Scope) -> Arguments:
    positional: list[object] = []
    for entry in node.args:
        if not isinstance(entry, ast.Starred):
            positional.append(machine.evaluate(entry, scope))
            continue
        value = machine.evaluate(entry.value, scope)
        positional.extend(value if isinstance(value, list | tuple | range) and len(value) < 1000 else [value])
    keywords: dict[str, object] = {}
    for keyword in node.keywords:
        value = machine.evaluate(keyword.value, scope)
        if keyword.arg is not None:
            keywords[keyword.arg] = value
        elif isinstance(value, dict):
            keywords.update({str(key): entry for key, entry in value.items()})
    return Arguments(positional, keywords, node)


def _text(callee: object, node: ast.Call, arguments: Arguments) -> str:
    """The call as it is written, with known values in place of names."""
    if len(arguments.positional) + len(arguments.keywords) > _MOST_SHOWN:
        return f"{grouped(callee, node.func, at_least=Rank.ATOM)}(…)"
    shown = [
        *[described(value, entry)[0] for value, entry in zip(arguments.positional, node.args, strict=False)],
        *[f"{key}={described(value)[0]}" for key, value in arguments.keywords.items()],
    ]
    return f"{grouped(callee, node.func, at_least=Rank.ATOM)}({', '.join(shown)})"


def _super(machine: Machine, node: ast.Call, scope: Scope) -> object:
    """`super()` and `super(Name, self)`."""
    given = [machine.evaluate(entry, scope) for entry in node.args]
    current: Scope | None = scope
    while current is not None and current.owner is None:
        current = current.parent
    owner = given[0] if given and isinstance(given[0], UserClass) else (current.owner if current is not None else None)
    receiver = given[1] if len(given) > 1 else scope.find("self")
    if isinstance(owner, UserClass):
        return Super(receiver, owner)
    return Unknown("super()")


def _function(machine: Machine, callee: object, arguments: Arguments) -> object:
    assert isinstance(callee, Function)
    if is_generator(callee):
        callee.was_called = True
        return record(machine, callee.name, arguments)
    return call_function(machine, callee, arguments)


def _bound(machine: Machine, callee: object, arguments: Arguments) -> object:
    assert isinstance(callee, Bound)
    given = Arguments([callee.receiver, *arguments.positional], arguments.keywords, arguments.node, arguments.written)
    return _function(machine, callee.function, given)


def _class(machine: Machine, callee: object, arguments: Arguments) -> object:
    assert isinstance(callee, UserClass)
    return instantiate(machine, callee, arguments)


def _instance(machine: Machine, callee: object, arguments: Arguments) -> object:
    assert isinstance(callee, Instance)
    return call_instance(machine, callee, arguments)


def _layer(machine: Machine, callee: object, arguments: Arguments) -> object:
    assert isinstance(callee, Layer)
    return apply_layer(machine, callee, arguments, over=over_time_of(machine))


def _tensor(machine: Machine, callee: object, arguments: Arguments) -> object:
    """What a function of elsewhere yielded for a tensor is called on others: it is a layer, or a network, after all."""
    assert isinstance(callee, Tensor)
    return apply_layer(machine, callee.node.layer, arguments)


def _network(machine: Machine, callee: object, arguments: Arguments) -> object:
    assert isinstance(callee, Network)
    tensors = [*tensors_in(arguments.positional), *tensors_in(list(arguments.keywords.values()))]
    return call_network(machine, callee, tensors)


def _path(machine: Machine, callee: object, arguments: Arguments) -> object:
    assert isinstance(callee, ModulePath)
    return call_path(machine, callee, arguments)


def _partial(machine: Machine, callee: object, arguments: Arguments) -> object:
    assert isinstance(callee, Partial)
    given = Arguments(
        [*callee.positional, *arguments.positional],
        {**callee.keywords, **arguments.keywords},
        arguments.node,
        arguments.written,
    )
    return machine.call(callee.callee, given)


_CALLS: dict[type, Callable[[Machine, object, Arguments], object]] = {
    Bound: _bound,
    Builtin: call_builtin,
    Function: _function,
    Instance: _instance,
    Layer: _layer,
    Method: call_method,
    ModulePath: _path,
    Network: _network,
    Partial: _partial,
    Tensor: _tensor,
    Unknown: call_unknown,
    UserClass: _class,
}
