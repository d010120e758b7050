"""What is no longer known of names after something was followed only in part: never a wrong number, rather a symbol."""

import ast
from collections.abc import Sequence

from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.scope import Scope
from app.core.architectures.readers.keras_code.source_text import grouped
from app.core.architectures.readers.keras_code.values import MISSING, Instance, Rank, Unknown, is_plain
from app.core.architectures.readers.keras_code.written_values import leaves_in

_CHANGES = frozenset(
    [
        "add",
        "append",
        "clear",
        "extend",
        "insert",
        "pop",
        "popitem",
        "remove",
        "reverse",
        "setdefault",
        "sort",
        "update",
    ]
)


def forget_changes(machine: Machine, body: Sequence[ast.stmt], scope: Scope) -> None:
    """A loop was followed once or twice instead of to its end: what it counts and collects is not known."""
    for name in _touched(body):
        value = scope.find(name)
        if _may_be_forgotten(value):
            scope.assign(name, machine.unknown(name))
    holder = scope.find("self")
    if isinstance(holder, Instance):
        for name in _touched_attributes(body):
            if _may_be_forgotten(holder.attributes.get(name, MISSING)):
                holder.attributes[name] = machine.unknown(f"self.{name}")


def assigned(body: Sequence[ast.stmt]) -> list[str]:
    """The names that a body assigns."""
    found = {
        node.id: None
        for statement in body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return list(found)


def either(machine: Machine, condition: object, test: ast.expr, first: object, second: object) -> object:
    """What a name stands for behind both ways of a condition that is not known."""
    if first is MISSING or second is MISSING:
        return second if first is MISSING else first
    if first is second or not (_is_data(first) and _is_data(second)):
        return first
    one, other = grouped(first, None, at_least=Rank.OR), grouped(second, None, at_least=Rank.CONDITION)
    if one == other:
        return first
    return machine.unknown(f"{one} if {grouped(condition, test, at_least=Rank.OR)} else {other}", Rank.CONDITION)


def _touched(body: Sequence[ast.stmt]) -> list[str]:
    """Names that a body assigns, and those of lists and dicts that it changes."""
    found = dict.fromkeys(assigned(body))
    for statement in body:
        for node in ast.walk(statement):
            changed: ast.expr | None = None
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
                changed = node.func.value
            elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
                changed = node.value
            while isinstance(changed, ast.Subscript):
                changed = changed.value
            if isinstance(changed, ast.Name):
                found[changed.id] = None
    return list(found)


def _touched_attributes(body: Sequence[ast.stmt]) -> list[str]:
    found = {
        node.attr: None
        for statement in body
        for node in ast.walk(statement)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    }
    return list(found)


def _may_be_forgotten(value: object) -> bool:
    """Plain values, but none that holds layers, tensors or objects of Keras."""
    return value is not None and is_plain(value) and all(_is_plain_leaf(leaf) for leaf in leaves_in(value))


def _is_plain_leaf(value: object) -> bool:
    if isinstance(value, Unknown):
        return value.record is None or not value.record.function.startswith("keras.")
    return is_plain(value)


def _is_data(value: object) -> bool:
    return all(is_plain(leaf) or (isinstance(leaf, Unknown) and leaf.record is None) for leaf in leaves_in(value))
