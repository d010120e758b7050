"""`if`: the way that is known, or both ways as far as they do not get into each other's."""

import ast
from collections.abc import Sequence

from app.core.architectures.readers.keras_code.forgetting import assigned, either
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.operators import truth
from app.core.architectures.readers.keras_code.scope import Scope
from app.core.architectures.readers.keras_code.source_text import described
from app.core.architectures.readers.keras_code.values import MISSING

_LEAVES = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def branch(machine: Machine, node: ast.If, scope: Scope) -> None:
    """`if`: one of both ways where the condition is known; `elif` is followed in a loop."""
    current = node
    while True:
        test = machine.evaluate(current.test, scope)
        known = truth(test)
        if known is None:
            _unsure(machine, current, test, scope)
            return
        if known:
            machine.run(current.body, scope)
            return
        if len(current.orelse) != 1 or not isinstance(current.orelse[0], ast.If):
            machine.run(current.orelse, scope)
            return
        machine.budget.step()
        current = current.orelse[0]


def _unsure(machine: Machine, node: ast.If, test: object, scope: Scope) -> None:
    """An unknown condition. Where layers are made one way is taken, and said; else a name is `one if test else other`."""
    condition = described(test, node.test)[0]
    before = machine.made
    if _leaves(node.body) or _leaves(node.orelse):
        chosen, left_out = (node.orelse, node.body) if _leaves(node.body) else (node.body, node.orelse)
        machine.run(chosen, scope)
        if machine.made > before or _makes_layers(left_out):
            said = "false" if chosen is node.orelse else "true"
            machine.note(machine.place(node), condition, f"whether this is so is not known; it is taken to be {said}")
        return
    names = assigned([*node.body, *node.orelse])
    start = {name: scope.names.get(name, MISSING) for name in names}
    machine.run(node.body, scope)
    if machine.made > before:
        machine.note(machine.place(node), condition, "whether this is so is not known; it is taken to be true")
        return
    first = {name: scope.names.get(name, MISSING) for name in names}
    _set(scope, start)
    machine.run(node.orelse, scope)
    if machine.made > before:
        machine.note(machine.place(node), condition, "whether this is so is not known; both ways are followed")
    for name in names:
        value = either(machine, test, node.test, first[name], scope.names.get(name, MISSING))
        _set(scope, {name: value})


def _set(scope: Scope, values: dict[str, object]) -> None:
    for name, value in values.items():
        if value is MISSING:
            scope.names.pop(name, None)
        else:
            scope.names[name] = value


def _leaves(body: Sequence[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], _LEAVES)


def _makes_layers(body: Sequence[ast.stmt]) -> bool:
    """Whether a body looks as if it made part of a network: `.add(...)`, or the result of one call called at once."""
    return any(
        isinstance(node, ast.Call)
        and (
            isinstance(node.func, ast.Call)
            or (isinstance(node.func, ast.Attribute) and node.func.attr in {"add", "pop"})
        )
        for statement in body
        for node in ast.walk(statement)
    )
