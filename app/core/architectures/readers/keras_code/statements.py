"""Statements, one after another."""

import ast
from collections.abc import Callable, Sequence

from app.core.architectures.readers.keras_code import control
from app.core.architectures.readers.keras_code.assigning import assign, note_assignment
from app.core.architectures.readers.keras_code.branches import branch
from app.core.architectures.readers.keras_code.functions import make_function
from app.core.architectures.readers.keras_code.library_names import canonical
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.operators import binary_of
from app.core.architectures.readers.keras_code.scope import Scope
from app.core.architectures.readers.keras_code.signals import BreakSignal, ContinueSignal, RaisedSignal, ReturnSignal
from app.core.architectures.readers.keras_code.source_text import unparsed
from app.core.architectures.readers.keras_code.subscripts import delete_subscript
from app.core.architectures.readers.keras_code.values import Function, ModulePath, UserClass

_FORMS = {"staticmethod": "static", "classmethod": "class", "property": "property", "cached_property": "property"}


def run(machine: Machine, body: Sequence[ast.stmt], scope: Scope) -> None:
    """Follow statements in their order."""
    for node in body:
        machine.budget.step()
        machine.here = machine.place(node)
        rule = _RULES.get(type(node))
        if rule is None:
            machine.note(machine.place(node), machine.source(node), "this kind of statement is not followed")
        else:
            rule(machine, node, scope)


def _expression(machine: Machine, node: ast.Expr, scope: Scope) -> None:
    machine.evaluate(node.value, scope)


def _assign(machine: Machine, node: ast.Assign, scope: Scope) -> None:
    value = machine.evaluate(node.value, scope)
    for target in node.targets:
        note_assignment(value, node.value, target)
        assign(machine, target, value, scope)


def _annotated(machine: Machine, node: ast.AnnAssign, scope: Scope) -> None:
    if node.value is not None:
        value = machine.evaluate(node.value, scope)
        note_assignment(value, node.value, node.target)
        assign(machine, node.target, value, scope)
    elif isinstance(scope.owner, UserClass) and isinstance(node.target, ast.Name):
        scope.names.setdefault(node.target.id, machine.unknown(node.target.id))  # a field without a default


def _augmented(machine: Machine, node: ast.AugAssign, scope: Scope) -> None:
    read = ast.parse(unparsed(node.target), mode="eval").body
    ast.copy_location(read, node.target)
    current = machine.evaluate(read, scope)
    value = machine.evaluate(node.value, scope)
    if isinstance(current, list) and isinstance(value, list | tuple) and isinstance(node.op, ast.Add):
        machine.budget.allocate(len(value))
        current.extend(value)
        return
    assign(machine, node.target, binary_of(machine, type(node.op), current, value, (read, node.value, node)), scope)


def _function(machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
    function = make_function(machine, node, scope, name=node.name)
    scope.assign(node.name, function)


def _class(machine: Machine, node: ast.ClassDef, scope: Scope) -> None:
    bases = tuple(machine.evaluate(base, scope) for base in node.bases)
    body = Scope(parent=scope)
    cls = UserClass(node.name, bases, body.names, machine.place(node))
    body.owner = cls
    scope.assign(node.name, cls)
    machine.run(node.body, body)
    for value in body.names.values():
        if isinstance(value, Function) and value.scope is body:
            value.scope = scope  # methods do not see the names of their class
            value.owner = cls
            _set_form(value)


def _set_form(function: Function) -> None:
    if isinstance(function.node, ast.Lambda):
        return
    for decorator in function.node.decorator_list:
        form = _FORMS.get(unparsed(decorator).rpartition(".")[2])
        if form == "static":
            function.form = "static"
        elif form == "class":
            function.form = "class"
        elif form == "property":
            function.form = "property"


def _import(_: Machine, node: ast.Import, scope: Scope) -> None:
    for entry in node.names:
        path = canonical(entry.name)
        if entry.asname is not None:
            scope.assign(entry.asname, ModulePath(path, entry.asname))
        else:
            first = entry.name.split(".")[0]
            scope.assign(first, ModulePath(canonical(first), first))


def _import_from(machine: Machine, node: ast.ImportFrom, scope: Scope) -> None:
    module = node.module or ""
    for entry in node.names:
        path = canonical(f"{module}.{entry.name}".lstrip("."))
        if entry.name == "*":
            machine.star_imports.append(canonical(module))
        else:
            name = entry.asname or entry.name
            scope.assign(name, ModulePath(path, name))


def _return(machine: Machine, node: ast.Return, scope: Scope) -> None:
    value = None if node.value is None else machine.evaluate(node.value, scope)
    raise ReturnSignal(value)


def _raise(machine: Machine, node: ast.Raise, _: Scope) -> None:
    raise RaisedSignal(machine.source(node))


def _break(_: Machine, __: ast.Break, ___: Scope) -> None:
    raise BreakSignal


def _continue(_: Machine, __: ast.Continue, ___: Scope) -> None:
    raise ContinueSignal


def _pass(_: Machine, __: ast.stmt, ___: Scope) -> None:
    return


def _delete(machine: Machine, node: ast.Delete, scope: Scope) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name):
            scope.names.pop(target.id, None)
        elif isinstance(target, ast.Subscript):
            delete_subscript(machine, target, scope)


def _global(_: Machine, node: ast.Global, scope: Scope) -> None:
    for name in node.names:
        scope.declare(name, is_global=True)


def _nonlocal(_: Machine, node: ast.Nonlocal, scope: Scope) -> None:
    for name in node.names:
        scope.declare(name, is_global=False)


_RULES: dict[type[ast.stmt], Callable[..., None]] = {
    ast.AnnAssign: _annotated,
    ast.Assert: _pass,
    ast.Assign: _assign,
    ast.AsyncFor: control.loop_over,
    ast.AsyncFunctionDef: _function,
    ast.AsyncWith: control.in_context,
    ast.AugAssign: _augmented,
    ast.Break: _break,
    ast.ClassDef: _class,
    ast.Continue: _continue,
    ast.Delete: _delete,
    ast.Expr: _expression,
    ast.For: control.loop_over,
    ast.FunctionDef: _function,
    ast.Global: _global,
    ast.If: branch,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
    ast.Nonlocal: _nonlocal,
    ast.Pass: _pass,
    ast.Raise: _raise,
    ast.Return: _return,
    ast.Try: control.attempt,
    ast.TryStar: control.attempt,
    ast.While: control.loop_while,
    ast.With: control.in_context,
}
