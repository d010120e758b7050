"""`value[index]`, read and set."""

import ast
from collections.abc import Sequence

from app.core.architectures.operations import SEVERAL_RESULTS, index_text
from app.core.architectures.readers.keras_code.limits import LARGEST_CONTAINER
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.scope import Scope
from app.core.architectures.readers.keras_code.source_text import described, grouped, unparsed
from app.core.architectures.readers.keras_code.tensor_operators import indexed
from app.core.architectures.readers.keras_code.values import (
    MISSING,
    ModulePath,
    Rank,
    Tensor,
    Unknown,
    UserClass,
    is_plain,
)

_KEYS = (str, int, float, bool, type(None), Unknown)


def subscript(machine: Machine, node: ast.Subscript, scope: Scope) -> object:
    """What `value[index]` stands for."""
    value = machine.evaluate(node.value, scope)
    if isinstance(value, Tensor):
        return _of_tensor(machine, value, node, scope)
    index = _index(machine, node.slice, scope)
    found = _item(machine, value, index)
    if found is not MISSING:
        return found
    if is_plain(value) and is_plain(index) and not _holds_unknown(value):
        machine.note(machine.place(node), machine.source(node), "there is nothing under this index")
    text = f"{grouped(value, node.value, at_least=Rank.ATOM)}[{_index_text(index, node.slice)}]"
    record = value.record if isinstance(value, Unknown) else None
    return machine.unknown(text, record=record, base=value)


def set_subscript(machine: Machine, node: ast.Subscript, assigned: object, scope: Scope) -> None:
    """`value[index] = assigned`."""
    value = machine.evaluate(node.value, scope)
    index = _index(machine, node.slice, scope)
    if isinstance(value, dict) and is_key(index):
        machine.budget.allocate(1)
        value[index] = assigned
    elif isinstance(value, list) and isinstance(index, int) and -len(value) <= index < len(value):
        value[index] = assigned
    elif isinstance(value, list) and isinstance(index, slice) and isinstance(assigned, list | tuple):
        machine.budget.allocate(len(assigned))
        if len(value) + len(assigned) < LARGEST_CONTAINER and index.step is None:
            value[index] = assigned


def delete_subscript(machine: Machine, node: ast.Subscript, scope: Scope) -> None:
    """`del value[index]`."""
    value = machine.evaluate(node.value, scope)
    index = _index(machine, node.slice, scope)
    if isinstance(value, dict) and is_key(index):
        value.pop(index, None)
    elif isinstance(value, list) and (isinstance(index, slice) or _is_place(value, index)):
        del value[index]  # type: ignore[arg-type]


def is_key(value: object) -> bool:
    """Whether a value may be a key: flat, so that hashing it costs nothing."""
    if isinstance(value, tuple):
        return len(value) < 100 and all(isinstance(entry, _KEYS) for entry in value)
    return isinstance(value, _KEYS)


def _item(machine: Machine, value: object, index: object) -> object:
    if isinstance(value, dict):
        return value.get(index, MISSING) if is_key(index) else MISSING
    if isinstance(value, list | tuple | str | range):
        if isinstance(index, slice):
            result = value[index]
            machine.budget.allocate(0 if isinstance(result, range) else len(result))
            return result
        if isinstance(index, int) and _is_place(value, index):
            return value[index]
    return value if isinstance(value, UserClass) else MISSING  # Generic[T]


def _index(machine: Machine, node: ast.expr, scope: Scope) -> object:
    if not isinstance(node, ast.Slice):
        return machine.evaluate(node, scope)
    parts = [None if part is None else machine.evaluate(part, scope) for part in (node.lower, node.upper, node.step)]
    if all(part is None or isinstance(part, int) for part in parts) and parts[2] != 0:
        return slice(*parts)
    texts = ["" if part is None else described(part)[0] for part in parts]
    return Unknown(":".join(texts[:2] + ([texts[2]] if texts[2] else [])))


def _index_text(index: object, node: ast.expr) -> str:
    return unparsed(node) if isinstance(index, slice) else described(index, node)[0]


def _of_tensor(machine: Machine, value: Tensor, node: ast.Subscript, scope: Scope) -> object:
    index = machine.evaluate(node.slice, scope) if not isinstance(node.slice, ast.Slice | ast.Tuple) else None
    layer = value.node.layer
    is_own_kind = (machine.catalogue.layer(layer.kind) is None and not layer.is_operation) or (
        layer.kind in SEVERAL_RESULTS and not value.index
    )
    if isinstance(index, int) and not isinstance(index, bool) and index >= 0 and (is_own_kind or value.node.is_open):
        return machine.result_at(value, index)
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return indexed(machine, value, index_text([_index_part(machine, part, scope) for part in parts]))


def _index_part(machine: Machine, node: ast.expr, scope: Scope) -> object:
    """A number, None for a new axis, the ellipsis or a slice of numbers; anything else as its text."""
    part = _index(machine, node, scope)
    if isinstance(part, ModulePath) and part.name == "newaxis":
        return None
    is_constant = part is None or part is Ellipsis or isinstance(part, int | slice)
    return part if is_constant else described(part, node)[0]


def _is_place(value: Sequence[object], index: object) -> bool:
    return isinstance(index, int) and -len(value) <= index < len(value)


def _holds_unknown(value: object) -> bool:
    return isinstance(value, list | tuple) and any(isinstance(entry, Unknown) for entry in value[:100])
