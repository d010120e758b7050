"""Expressions: what each stands for."""

import ast
from collections.abc import Callable, Iterator

from app.core.architectures.readers.keras_code.assigning import assign
from app.core.architectures.readers.keras_code.attributes import attribute
from app.core.architectures.readers.keras_code.calls import evaluate_call
from app.core.architectures.readers.keras_code.containers import listed
from app.core.architectures.readers.keras_code.formatting import joined, with_spec
from app.core.architectures.readers.keras_code.functions import make_function
from app.core.architectures.readers.keras_code.limits import (
    LARGEST_CONTAINER,
    LARGEST_INTEGER_BITS,
    LONGEST_STRING,
    MOST_ALIKE,
    LimitReachedError,
)
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.names import name_value
from app.core.architectures.readers.keras_code.operators import binary, compare, truth, unary
from app.core.architectures.readers.keras_code.scope import Scope
from app.core.architectures.readers.keras_code.source_text import described, grouped, unparsed
from app.core.architectures.readers.keras_code.subscripts import is_key, subscript
from app.core.architectures.readers.keras_code.values import MISSING, Rank, Unknown


def evaluate(machine: Machine, node: ast.expr, scope: Scope) -> object:
    """What an expression stands for."""
    machine.budget.step()
    rule = _RULES.get(type(node))
    if rule is None:
        machine.note(machine.place(node), machine.source(node), "this kind of expression is not followed")
        return machine.unknown(unparsed(node))
    return rule(machine, node, scope)


def _constant(_: Machine, node: ast.Constant, __: Scope) -> object:
    value = node.value
    too_large = isinstance(value, int) and value.bit_length() > LARGEST_INTEGER_BITS
    if too_large or (isinstance(value, str | bytes) and len(value) > LONGEST_STRING):
        return Unknown(f"a very large {type(value).__name__}")
    return value


def _name(machine: Machine, node: ast.Name, scope: Scope) -> object:
    return name_value(machine, node.id, scope)


def _attribute(machine: Machine, node: ast.Attribute, scope: Scope) -> object:
    return attribute(machine, node, machine.evaluate(node.value, scope))


def _entries(machine: Machine, nodes: list[ast.expr], scope: Scope) -> Iterator[object]:
    for entry in nodes:
        if not isinstance(entry, ast.Starred):
            yield machine.evaluate(entry, scope)
            continue
        value = machine.evaluate(entry.value, scope)
        known = listed(machine, value)
        # A shape that nobody described, in the middle of another: a symbol for all of its sizes.
        yield from known if known is not None else [machine.unknown(f"*{described(value, entry.value)[0]}")]


def _list(machine: Machine, node: ast.List, scope: Scope) -> object:
    machine.budget.allocate(len(node.elts))
    return list(_entries(machine, node.elts, scope))


def _tuple(machine: Machine, node: ast.Tuple, scope: Scope) -> object:
    machine.budget.allocate(len(node.elts))
    return tuple(_entries(machine, node.elts, scope))


def _set(machine: Machine, node: ast.Set, scope: Scope) -> object:
    values = list(_entries(machine, node.elts, scope))
    return set(values) if all(is_key(value) for value in values) else values


def _dict(machine: Machine, node: ast.Dict, scope: Scope) -> object:
    machine.budget.allocate(len(node.keys))
    made: dict[object, object] = {}
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        value = machine.evaluate(value_node, scope)
        if key_node is None:
            made.update(value if isinstance(value, dict) else {})
            continue
        key = machine.evaluate(key_node, scope)
        made[key if is_key(key) else described(key, key_node)[0]] = value
    return made


def _binary(machine: Machine, node: ast.BinOp, scope: Scope) -> object:
    """Long sums lean to the left: they are followed in a loop, not one level deeper for each term."""
    chain = [node]
    while isinstance(chain[-1].left, ast.BinOp):
        chain.append(chain[-1].left)
    value = machine.evaluate(chain[-1].left, scope)
    for entry in reversed(chain):
        machine.budget.step()
        value = binary(machine, entry, value, machine.evaluate(entry.right, scope))
    return value


def _unary(machine: Machine, node: ast.UnaryOp, scope: Scope) -> object:
    return unary(machine, node, machine.evaluate(node.operand, scope))


def _compare(machine: Machine, node: ast.Compare, scope: Scope) -> object:
    values = [machine.evaluate(entry, scope) for entry in [node.left, *node.comparators]]
    return compare(machine, node, values)


def _boolean(machine: Machine, node: ast.BoolOp, scope: Scope) -> object:
    decides = isinstance(node.op, ast.Or)
    word, rank = ("or", Rank.OR) if decides else ("and", Rank.AND)
    unsure: list[str] = []
    value: object = not decides
    for entry in node.values:
        value = machine.evaluate(entry, scope)
        known = truth(value)
        if known is decides and not unsure:
            return value
        if known is decides and isinstance(value, bool):
            return value
        if known is not (not decides):
            unsure.append(grouped(value, entry, at_least=Rank(rank + 1)))
    if not unsure:
        return value
    return machine.unknown(f" {word} ".join(unsure), rank if len(unsure) > 1 else Rank.ATOM)


def _conditional(machine: Machine, node: ast.IfExp, scope: Scope) -> object:
    test = machine.evaluate(node.test, scope)
    known = truth(test)
    if known is not None:
        return machine.evaluate(node.body if known else node.orelse, scope)
    before = machine.made
    value = machine.evaluate(node.body, scope)
    if machine.made > before:
        condition = described(test, node.test)[0]
        machine.note(
            machine.place(node), machine.source(node), f"whether {condition} is not known; it is taken to be true"
        )
        return value
    other = machine.evaluate(node.orelse, scope)
    first, second = grouped(value, node.body, at_least=Rank.OR), grouped(other, node.orelse, at_least=Rank.CONDITION)
    condition = grouped(test, node.test, at_least=Rank.OR)
    return value if first == second else machine.unknown(f"{first} if {condition} else {second}", Rank.CONDITION)


def _subscript(machine: Machine, node: ast.Subscript, scope: Scope) -> object:
    return subscript(machine, node, scope)


def _lambda(machine: Machine, node: ast.Lambda, scope: Scope) -> object:
    return make_function(machine, node, scope, name="<lambda>")


def _comprehension(machine: Machine, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope) -> object:
    values: list[object] = []
    before = machine.made, machine.record_count
    known = True
    for inner, is_known in _rounds(machine, node.generators, Scope(parent=scope)):
        known = known and is_known
        values.append(machine.evaluate(node.elt, inner))
        if machine.made == before[0] and machine.record_count > before[1] + MOST_ALIKE:
            return machine.unknown(unparsed(node))  # data in the making: one entry is like the other
        machine.budget.allocate(1)
        if len(values) > LARGEST_CONTAINER:
            raise LimitReachedError(f"a list gets more than {LARGEST_CONTAINER:,} entries")
    if known:
        return set(values) if isinstance(node, ast.SetComp) and all(is_key(value) for value in values) else values
    if machine.made > before[0]:
        machine.note(machine.place(node), machine.source(node), "what this goes over is not known; it is followed once")
        return values
    return machine.unknown(unparsed(node))


def _dict_comprehension(machine: Machine, node: ast.DictComp, scope: Scope) -> object:
    made: dict[object, object] = {}
    for inner, is_known in _rounds(machine, node.generators, Scope(parent=scope)):
        if not is_known:
            return machine.unknown(unparsed(node))
        machine.budget.allocate(1)
        key = machine.evaluate(node.key, inner)
        if is_key(key):
            made[key] = machine.evaluate(node.value, inner)
    return made


def _rounds(machine: Machine, generators: list[ast.comprehension], scope: Scope) -> Iterator[tuple[Scope, bool]]:
    """Each round of a comprehension with its names; what cannot be gone over makes one round, not known."""
    first, rest = generators[0], generators[1:]
    iterable = machine.evaluate(first.iter, scope)
    entries = iterable if isinstance(iterable, range) else listed(machine, iterable)
    is_known = entries is not None
    for entry in entries if entries is not None else [MISSING]:
        inner = Scope(parent=scope)
        assign(machine, first.target, entry, inner)
        tests = [truth(machine.evaluate(test, inner)) for test in first.ifs]
        if False in tests:
            continue
        sure = is_known and None not in tests
        if not rest:
            yield inner, sure
            continue
        for deeper, also in _rounds(machine, rest, inner):
            yield deeper, sure and also


def _text(machine: Machine, node: ast.JoinedStr, scope: Scope) -> object:
    pieces: list[object] = []
    for part in node.values:
        value = machine.evaluate(part, scope)
        pieces.append(value if isinstance(value, str | Unknown) else described(value)[0])
    return joined(machine, pieces)


def _formatted(machine: Machine, node: ast.FormattedValue, scope: Scope) -> object:
    value = machine.evaluate(node.value, scope)
    if node.conversion == ord("r"):
        return described(value, node.value)[0]
    spec = machine.evaluate(node.format_spec, scope) if node.format_spec is not None else ""
    if not isinstance(value, int | float | str | Unknown):
        return described(value, node.value)[0]
    return with_spec(value, spec if isinstance(spec, str) else "")


def _walrus(machine: Machine, node: ast.NamedExpr, scope: Scope) -> object:
    value = machine.evaluate(node.value, scope)
    assign(machine, node.target, value, scope)
    return value


def _starred(machine: Machine, node: ast.Starred, scope: Scope) -> object:
    return machine.evaluate(node.value, scope)


def _slice(machine: Machine, node: ast.Slice, _: Scope) -> object:
    return machine.unknown(unparsed(node))


def _awaited(machine: Machine, node: ast.Await, scope: Scope) -> object:
    return machine.evaluate(node.value, scope)


def _yielded(machine: Machine, node: ast.Yield, _: Scope) -> object:
    return machine.unknown(unparsed(node))


_RULES: dict[type[ast.AST], Callable[..., object]] = {
    ast.Attribute: _attribute,
    ast.Await: _awaited,
    ast.BinOp: _binary,
    ast.BoolOp: _boolean,
    ast.Call: evaluate_call,
    ast.Compare: _compare,
    ast.Constant: _constant,
    ast.Dict: _dict,
    ast.DictComp: _dict_comprehension,
    ast.FormattedValue: _formatted,
    ast.GeneratorExp: _comprehension,
    ast.IfExp: _conditional,
    ast.JoinedStr: _text,
    ast.Lambda: _lambda,
    ast.List: _list,
    ast.ListComp: _comprehension,
    ast.Name: _name,
    ast.NamedExpr: _walrus,
    ast.Set: _set,
    ast.SetComp: _comprehension,
    ast.Slice: _slice,
    ast.Starred: _starred,
    ast.Subscript: _subscript,
    ast.Tuple: _tuple,
    ast.UnaryOp: _unary,
    ast.Yield: _yielded,
    ast.YieldFrom: _yielded,
}
