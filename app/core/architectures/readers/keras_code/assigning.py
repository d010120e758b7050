"""Assignments: names, attributes, entries, and what is unpacked into several of them."""

import ast
from collections.abc import Sequence

from app.core.architectures.operations import SEVERAL_RESULTS
from app.core.architectures.readers.keras_code.attributes import set_attribute
from app.core.architectures.readers.keras_code.limits import MOST_OPEN_PARTS
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.scope import Scope
from app.core.architectures.readers.keras_code.source_text import described, unparsed
from app.core.architectures.readers.keras_code.subscripts import set_subscript
from app.core.architectures.readers.keras_code.tensor_operators import indexed
from app.core.architectures.readers.keras_code.values import (
    MISSING,
    Instance,
    Layer,
    Network,
    Rank,
    Tensor,
    Unknown,
)


def assign(machine: Machine, target: ast.expr, value: object, scope: Scope) -> None:
    """Let a target stand for a value; MISSING makes a symbol of each name."""
    if isinstance(target, ast.Name):
        _assign_name(machine, target.id, value, scope)
    elif isinstance(target, ast.Tuple | ast.List):
        _unpack(machine, target.elts, value, scope)
    elif isinstance(target, ast.Starred):
        assign(machine, target.value, value, scope)
    elif isinstance(target, ast.Attribute):
        receiver = machine.evaluate(target.value, scope)
        named = machine.unknown(unparsed(target)) if value is MISSING else value
        set_attribute(machine, receiver, target.attr, _renamed(named, unparsed(target)))
    elif isinstance(target, ast.Subscript):
        set_subscript(machine, target, value, scope)


def note_assignment(value: object, node: ast.expr, target: ast.expr) -> None:
    """Keep in the record of a call what its result is assigned to."""
    if isinstance(value, Unknown) and value.record is not None and value.record.node is node:
        value.record.assigned_to = value.record.assigned_to or unparsed(target)


def _assign_name(machine: Machine, name: str, value: object, scope: Scope) -> None:
    if value is MISSING:
        value = machine.unknown(name)
    if isinstance(value, Unknown):
        filled = machine.filled(name)
        value = filled if filled is not None else _renamed(value, name)
    _keep_variable(name, value, scope)
    scope.assign(name, value)


def _renamed(value: object, name: str) -> object:
    """The result of a call is called what it was assigned to; anything else keeps saying how it comes about."""
    if isinstance(value, Unknown) and value.record is not None and value.record.assigned_to == name:
        return Unknown(name, Rank.ATOM, value.record)
    return value


def _keep_variable(name: str, value: object, scope: Scope) -> None:
    network = value.network if isinstance(value, Instance) else value
    if isinstance(network, Network):
        network.variables.append(name)
        if scope.parent is None or name in scope.elsewhere:
            network.global_variable = network.global_variable or name


def _unpack(machine: Machine, targets: Sequence[ast.expr], value: object, scope: Scope) -> None:
    star = next((number for number, target in enumerate(targets) if isinstance(target, ast.Starred)), None)
    entries = _entries(machine, value, len(targets), has_star=star is not None)
    if entries is None:
        for number, target in enumerate(targets):
            assign(machine, target, _part(machine, value, target, number), scope)
        return
    if star is not None:
        after = len(targets) - star - 1
        entries = [*entries[:star], entries[star : len(entries) - after], *entries[len(entries) - after :]]
    for target, entry in zip(targets, entries, strict=False):
        assign(machine, target, entry, scope)


def _entries(machine: Machine, value: object, count: int, *, has_star: bool) -> list[object] | None:
    """The parts of a value, None where it cannot be taken apart into so many."""
    if isinstance(value, Tensor) and count <= MOST_OPEN_PARTS:
        layer = value.node.layer
        yields_one = machine.catalogue.layer(layer.kind) is not None or layer.is_operation
        if yields_one and (layer.kind not in SEVERAL_RESULTS or value.index):
            return [indexed(machine, value, str(number)) for number in range(count)]
        return [machine.result_at(value, number) for number in range(count)]
    if isinstance(value, dict):
        value = list(value)
    if isinstance(value, list | tuple | range | str) and (
        len(value) == count or (has_star and len(value) >= count - 1)
    ):
        return list(value)
    return None


def _part(machine: Machine, value: object, target: ast.expr, number: int) -> object:
    """A part of something unknown: of a recorded call its name says most."""
    record = value.record if isinstance(value, Unknown) else None
    if isinstance(target, ast.Name):
        return machine.unknown(target.id, record=record)
    if isinstance(target, ast.Tuple | ast.List | ast.Starred):
        return value if isinstance(value, Unknown) else MISSING
    text = "…" if isinstance(value, Layer) else described(value)[0]
    return machine.unknown(f"{text}[{number}]", record=record)
