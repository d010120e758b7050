"""The parts of the interpreter, put together."""

import ast
from collections.abc import Sequence

from app.core.architectures.readers.keras_code import calls, classes, expressions, statements
from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.scope import Scope
from app.core.architectures.readers.keras_code.values import Arguments, Network


class Interpreter(Machine):
    """Follows a source's syntax tree. Nothing of it is ever executed: every operation is one of this package's own."""

    def evaluate(self, node: ast.expr, scope: Scope) -> object:
        """What an expression stands for."""
        return expressions.evaluate(self, node, scope)

    def run(self, body: Sequence[ast.stmt], scope: Scope) -> None:
        """Follow statements."""
        statements.run(self, body, scope)

    def call(self, callee: object, arguments: Arguments) -> object:
        """Call whatever can be called."""
        return calls.call_value(self, callee, arguments)

    def follow(self, network: Network, given: object, *, is_nested: bool = True) -> object:
        """What the `call` of a network that is written as a class yields for these tensors."""
        return classes.follow(self, network, given, is_nested=is_nested)
