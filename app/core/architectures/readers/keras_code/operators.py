"""Operators on known values, bounded, and on unknown ones as text."""

import ast
import operator
from collections.abc import Callable, Sequence
from typing import Any

from app.core.architectures.readers.keras_code import tensor_operators
from app.core.architectures.readers.keras_code.formatting import percent
from app.core.architectures.readers.keras_code.limits import (
    LARGEST_CONTAINER,
    LARGEST_INTEGER_BITS,
    LONGEST_STRING,
)
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.source_text import grouped
from app.core.architectures.readers.keras_code.values import (
    TRAINING,
    Builtin,
    ModulePath,
    Rank,
    Tensor,
    Unknown,
    is_plain,
)

_SIGNS: dict[type[ast.operator], tuple[str, Rank, Callable[[Any, Any], Any]]] = {
    ast.Add: ("+", Rank.SUM, operator.add),
    ast.Sub: ("-", Rank.SUM, operator.sub),
    ast.Mult: ("*", Rank.PRODUCT, operator.mul),
    ast.Div: ("/", Rank.PRODUCT, operator.truediv),
    ast.FloorDiv: ("//", Rank.PRODUCT, operator.floordiv),
    ast.Mod: ("%", Rank.PRODUCT, operator.mod),
    ast.MatMult: ("@", Rank.PRODUCT, operator.matmul),
    ast.Pow: ("**", Rank.POWER, operator.pow),
    ast.LShift: ("<<", Rank.BITS, operator.lshift),
    ast.RShift: (">>", Rank.BITS, operator.rshift),
    ast.BitOr: ("|", Rank.BITS, operator.or_),
    ast.BitXor: ("^", Rank.BITS, operator.xor),
    ast.BitAnd: ("&", Rank.BITS, operator.and_),
}
_UNARY: dict[type[ast.unaryop], tuple[str, Callable[[Any], Any]]] = {
    ast.USub: ("-", operator.neg),
    ast.UAdd: ("+", operator.pos),
    ast.Invert: ("~", operator.invert),
}
_ORDERINGS: dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
}
_COMPARISONS = {ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in"}
_NUMBERS = (int, float, complex)


def binary(machine: Machine, node: ast.BinOp, left: object, right: object) -> object:
    """`left op right`."""
    return binary_of(machine, type(node.op), left, right, (node.left, node.right, node))


def binary_of(
    machine: Machine,
    kind: type[ast.operator],
    left: object,
    right: object,
    nodes: tuple[ast.expr | None, ast.expr | None, ast.AST],
) -> object:
    """The same for an operator and two values, however they are written."""
    sign, rank, compute = _SIGNS[kind]
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return tensor_operators.binary(machine, sign, left, right)
    if is_plain(left) and is_plain(right):
        try:
            return _computed(machine, sign, compute, left, right)
        except (ArithmeticError, TypeError, ValueError) as error:
            machine.note(machine.place(nodes[2]), machine.source(nodes[2]), f"this cannot be computed: {error}")
    needed = Rank(rank + 1)
    first, second = (rank, needed) if sign != "**" else (needed, rank)
    text = f"{grouped(left, nodes[0], at_least=first)} {sign} {grouped(right, nodes[1], at_least=second)}"
    return machine.unknown(text, rank)


def unary(machine: Machine, node: ast.UnaryOp, value: object) -> object:
    """`not value`, `-value`, ..."""
    if isinstance(node.op, ast.Not):
        known = truth(value)
        text = f"not {grouped(value, node.operand, at_least=Rank.NOT)}"
        return machine.unknown(text, Rank.NOT) if known is None else not known
    sign, compute = _UNARY[type(node.op)]
    if isinstance(value, Tensor):
        return tensor_operators.unary(machine, sign, value)
    if isinstance(value, int | float):
        return compute(value)
    return machine.unknown(f"{sign}{grouped(value, node.operand, at_least=Rank.SIGN)}", Rank.SIGN)


def compare(machine: Machine, node: ast.Compare, values: Sequence[object]) -> object:
    """`a < b <= c`, as far as it can be known."""
    results: list[bool | None] = []
    for kind, left, right in zip(node.ops, values[:-1], values[1:], strict=True):
        if isinstance(left, Tensor) and not isinstance(kind, ast.Is | ast.IsNot):
            return tensor_operators.compared(machine, type(kind).__name__, left, right)
        results.append(_compared(machine, kind, left, right))
    if False in results:
        return False
    if None not in results:
        return True
    operands = [
        grouped(value, part, at_least=Rank.BITS)
        for value, part in zip(values, [node.left, *node.comparators], strict=True)
    ]
    signs = [_COMPARISONS.get(type(kind)) or _ORDERINGS[type(kind)][0] for kind in node.ops]
    text = operands[0] + "".join(f" {sign} {operand}" for sign, operand in zip(signs, operands[1:], strict=True))
    return machine.unknown(text, Rank.COMPARISON)


def truth(value: object) -> bool | None:
    """Whether a value counts as true; None where that cannot be known."""
    if value is TRAINING:
        return True
    if isinstance(value, Unknown | Tensor):
        return None
    if is_plain(value):
        return bool(value)
    return True


def equal(machine: Machine, left: object, right: object) -> bool | None:
    """Whether two values are equal, compared in steps that are counted."""
    machine.budget.step()
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return True if left == right else None
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        if type(left) is not type(right) or len(left) != len(right):
            return False
        found = [equal(machine, a, b) for a, b in zip(left, right, strict=True)]
        return False if False in found else None if None in found else True
    if isinstance(left, dict | set | list | tuple) or isinstance(right, dict | set | list | tuple):
        return left is right or (None if type(left) is type(right) else False)
    return bool(left == right)


def _computed(machine: Machine, sign: str, compute: Callable[[Any, Any], Any], left: Any, right: Any) -> object:
    if sign == "%" and isinstance(left, str):
        return percent(machine, left, right)
    if sign in {"**", "<<"} and isinstance(left, int) and isinstance(right, int):
        bits = right if sign == "<<" else (abs(left).bit_length() * abs(right) if abs(left) > 1 else 1)
        if bits > LARGEST_INTEGER_BITS:
            raise ValueError("the number is too large")
    if isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS):
        result = compute(left, right)
        if isinstance(result, int) and abs(result).bit_length() > LARGEST_INTEGER_BITS:
            raise ValueError("the number is too large")
        return result
    if sign == "*":
        size = _length(left) * right if isinstance(right, int) else left * _length(right)
    elif sign == "+":
        size = _length(left) + _length(right)
    else:
        size = _length(left)
    if size > (LONGEST_STRING if isinstance(left, str) or isinstance(right, str) else LARGEST_CONTAINER):
        raise ValueError(f"it has {size:,} entries, more than are followed")
    is_text = isinstance(left, str | bytes) or isinstance(right, str | bytes)
    machine.budget.allocate(max(0, size) // (8 if is_text else 1))
    return compute(left, right)


def _length(value: Any) -> int:
    return 1 if isinstance(value, _NUMBERS) or value is None else len(value)


def _compared(machine: Machine, kind: ast.cmpop, left: object, right: object) -> bool | None:
    if isinstance(kind, ast.Is | ast.IsNot):
        same = _identical(left, right)
        return same if same is None or isinstance(kind, ast.Is) else not same
    if isinstance(kind, ast.Eq | ast.NotEq):
        same = equal(machine, left, right)
        return same if same is None or isinstance(kind, ast.Eq) else not same
    if isinstance(kind, ast.In | ast.NotIn):
        inside = contains(machine, right, left)
        return inside if inside is None or isinstance(kind, ast.In) else not inside
    return _ordered(_ORDERINGS[type(kind)][1], left, right)


def _ordered(compute: Callable[[Any, Any], Any], left: object, right: object) -> bool | None:
    both_numbers = isinstance(left, int | float) and isinstance(right, int | float)
    if both_numbers or (isinstance(left, str) and isinstance(right, str)):
        return bool(compute(left, right))
    if isinstance(left, tuple) and isinstance(right, tuple) and all(isinstance(e, int) for e in (*left, *right)):
        return bool(compute(left, right))
    return None


def _identical(left: object, right: object) -> bool | None:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return equal_scalars(left, right)


def equal_scalars(left: object, right: object) -> bool:
    """Identity as people mean it who write `is` between numbers and strings."""
    by_value = (int, float, str, Builtin, ModulePath)
    return left is right or (type(left) is type(right) and isinstance(left, by_value) and left == right)


def contains(machine: Machine, container: object, value: object) -> bool | None:
    """`value in container`."""
    if isinstance(container, str):
        return value in container if isinstance(value, str) else None
    if isinstance(container, range):
        return value in container if isinstance(value, int) else False
    if isinstance(container, dict | set | list | tuple):
        found = [equal(machine, entry, value) for entry in container]
        return True if True in found else None if None in found else False
    return None
