"""Loops, contexts and exceptions: followed as far as it is known how they go, and said where it is not."""

import ast
from collections.abc import Sequence

from app.core.architectures.readers.keras_code.assigning import assign, note_assignment
from app.core.architectures.readers.keras_code.containers import listed
from app.core.architectures.readers.keras_code.forgetting import forget_changes
from app.core.architectures.readers.keras_code.limits import MOST_ALIKE, MOST_ROUNDS
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.operators import truth
from app.core.architectures.readers.keras_code.scope import Scope
from app.core.architectures.readers.keras_code.signals import BreakSignal, ContinueSignal, RaisedSignal
from app.core.architectures.readers.keras_code.source_text import described, unparsed
from app.core.architectures.readers.keras_code.values import MISSING, Unknown
from app.core.architectures.reading import ErrorSeen

_ROUNDS_OF_TRAINING = 2  # rounds that only train are all alike
_TOO_BROAD = frozenset(["", "BaseException", "Exception", "RuntimeError", "ValueError"])


def loop_over(machine: Machine, node: ast.For, scope: Scope) -> None:
    """`for`: all rounds over what is known, one over what is not."""
    iterable = machine.evaluate(node.iter, scope)
    entries = iterable if isinstance(iterable, range) else listed(machine, iterable)
    before = machine.made
    rounds = _Rounds(machine, node, alike=_ROUNDS_OF_TRAINING if isinstance(iterable, range) else MOST_ALIKE)
    for entry in entries if entries is not None else [MISSING]:
        assign(machine, node.target, entry, scope)
        if not rounds.follow(node.body, scope):
            break
    else:
        machine.run(node.orelse, scope)
    if entries is None or rounds.were_left_out:
        forget_changes(machine, [node], scope)
    if entries is None and machine.made > before:
        what = described(iterable, node.iter)[0]
        machine.note(machine.place(node), machine.source(node.iter), f"{what} is not known; the loop is followed once")


def loop_while(machine: Machine, node: ast.While, scope: Scope) -> None:
    """`while`: as long as its condition is known to hold; once where it is not known."""
    rounds = _Rounds(machine, node)
    while True:
        test = machine.evaluate(node.test, scope)
        known = truth(test)
        if known is False:
            machine.run(node.orelse, scope)
            return
        before = machine.made
        goes_on = rounds.follow(node.body, scope)
        if known is None or rounds.were_left_out:
            forget_changes(machine, node.body, scope)
        if not goes_on:
            return
        if known is None:
            if machine.made > before:
                condition = described(test, node.test)[0]
                machine.note(machine.place(node), condition, "the condition is not known; the loop is followed once")
            return


def in_context(machine: Machine, node: ast.With, scope: Scope) -> None:
    """`with`: its body, whatever the context is."""
    for item in node.items:
        value = machine.evaluate(item.context_expr, scope)
        if item.optional_vars is not None:
            note_assignment(value, item.context_expr, item.optional_vars)
            assign(machine, item.optional_vars, value, scope)
    machine.run(node.body, scope)


def attempt(machine: Machine, node: ast.Try, scope: Scope) -> None:
    """`try`: its body; a handler only where the source raises for certain."""
    before = machine.made, machine.record_count
    try:
        machine.run(node.body, scope)
        machine.run(node.orelse, scope)
    except RaisedSignal as signal:
        if not node.handlers:
            raise
        handler = node.handlers[0]
        if handler.name is not None:
            scope.assign(handler.name, Unknown(signal.text))
        machine.run(handler.body, scope)
    finally:
        if before != (machine.made, machine.record_count):
            _note_passed_over(machine, node.handlers)
        machine.run(node.finalbody, scope)


class _Rounds:
    """Follows the rounds of one loop and knows when enough were followed."""

    def __init__(self, machine: Machine, node: ast.stmt, *, alike: int = _ROUNDS_OF_TRAINING) -> None:
        self._machine = machine
        self._most_alike = alike
        self._node = node
        self._count = 0
        self.were_left_out = False
        self._alike = 0

    def follow(self, body: Sequence[ast.stmt], scope: Scope) -> bool:
        """One round; False where the loop is left."""
        machine = self._machine
        made, records = machine.made, machine.record_count
        self._count += 1
        if self._count > MOST_ROUNDS:
            why = f"the loop has more than {MOST_ROUNDS:,} rounds; it is left here"
            machine.note(machine.place(self._node), unparsed(self._node).split("\n", 1)[0], why)
            self.were_left_out = True
            return False
        try:
            machine.run(body, scope)
        except BreakSignal:
            return False
        except ContinueSignal:
            pass
        only_trains = machine.made == made and machine.record_count > records
        self._alike = self._alike + 1 if only_trains else 0
        self.were_left_out = self._alike >= self._most_alike
        return not self.were_left_out


def _note_passed_over(machine: Machine, handlers: Sequence[ast.ExceptHandler]) -> None:
    for handler in handlers:
        caught = unparsed(handler.type) if handler.type is not None else ""
        kinds = {kind.strip(" ()").rpartition(".")[2] for kind in caught.split(",")}
        if kinds & _TOO_BROAD and all(_does_nothing(node) for node in handler.body):
            text = f"except {caught}: {unparsed(handler.body[0])}".replace("except :", "except:")
            seen = ErrorSeen(place=machine.place(handler), text=text[:200])
            if seen not in machine.errors_seen and len(machine.errors_seen) < 100:
                machine.errors_seen.append(seen)


def _does_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        value = node.value
        prints = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print"
        return prints or isinstance(value, ast.Constant)
    return isinstance(node, ast.Pass | ast.Continue)
