"""Functions of the source: their arguments, and what they return."""

import ast

from app.core.architectures.readers.keras_code.limits import DEEPEST_CALL
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.scope import Scope
from app.core.architectures.readers.keras_code.signals import ReturnSignal
from app.core.architectures.readers.keras_code.values import MISSING, Arguments, Function


def call_function(machine: Machine, function: Function, arguments: Arguments) -> object:
    """Follow a function's body with its arguments."""
    function.was_called = True
    node = function.node
    text = arguments.text or f"{function.name}(…)"
    if machine.depth >= DEEPEST_CALL:
        machine.note(machine.here, text, f"functions call one another more than {DEEPEST_CALL} levels deep")
        return machine.unknown(text)
    scope = Scope(parent=function.scope if isinstance(function.scope, Scope) else None, owner=function.owner)
    scope.function = function.name
    for name, value in bound_arguments(function, arguments).items():
        scope.names[name] = machine.unknown(name) if value is MISSING else value
    unit, here = machine.unit, machine.here
    machine.unit = function.unit
    machine.depth += 1
    try:
        if isinstance(node, ast.Lambda):
            return machine.evaluate(node.body, scope)
        machine.run(node.body, scope)
    except ReturnSignal as signal:
        return signal.value
    finally:
        machine.depth -= 1
        machine.unit, machine.here = unit, here
    return None


def bound_arguments(function: Function, arguments: Arguments, *, only_given: bool = False) -> dict[str, object]:
    """Values by parameter; MISSING where nothing is given and nothing is the default.

    With `only_given`, the first parameter (`self`), defaults and what is missing are left out.
    """
    taken = function.node.args
    names = [entry.arg for entry in [*taken.posonlyargs, *taken.args]]
    given = dict(zip(names, arguments.positional, strict=False))
    surplus = arguments.positional[len(names) :]
    if taken.vararg is not None:
        given[taken.vararg.arg] = tuple(surplus)
    known = {*names, *[entry.arg for entry in taken.kwonlyargs]}
    given.update({key: value for key, value in arguments.keywords.items() if key in known})
    rest = {key: value for key, value in arguments.keywords.items() if key not in known}
    if only_given:
        first = names[:1]
        more = given.pop(taken.vararg.arg, ()) if taken.vararg is not None else ()
        extra = {str(number): value for number, value in enumerate(more if isinstance(more, tuple) else ())}
        return {**{key: value for key, value in given.items() if key not in first}, **rest, **extra}
    if taken.kwarg is not None:
        given[taken.kwarg.arg] = rest
    defaults = dict(zip(names[len(names) - len(function.defaults) :], function.defaults, strict=False))
    defaults.update(function.keyword_defaults)
    missing: dict[str, object] = dict.fromkeys(known, MISSING)
    return {**missing, **defaults, **given}


def make_function(
    machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: Scope, *, name: str
) -> Function:
    """A `def` or `lambda`: defaults are what they are now."""
    defaults = tuple(machine.evaluate(entry, scope) for entry in node.args.defaults)
    keyword_defaults = {
        parameter.arg: machine.evaluate(entry, scope)
        for parameter, entry in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if entry is not None
    }
    return Function(name, node, scope, machine.unit, defaults, keyword_defaults)


def is_generator(function: Function) -> bool:
    """Whether a function yields."""
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function.node))
