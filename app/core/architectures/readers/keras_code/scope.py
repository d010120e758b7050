"""Names and what they stand for."""

from dataclasses import dataclass, field

from app.core.architectures.readers.keras_code.values import MISSING


@dataclass(eq=False)
class Scope:
    """The names of a function's call, of a comprehension, or of everything; `parent` is where to look next."""

    parent: "Scope | None" = None
    names: dict[str, object] = field(default_factory=dict)
    elsewhere: dict[str, "Scope"] = field(default_factory=dict)  # names declared global or nonlocal
    owner: object = None  # in a method: the class it is written in
    function: str = ""

    @property
    def root(self) -> "Scope":
        """The global scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def find(self, name: str) -> object:
        """What the name stands for, MISSING where nobody defined it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return MISSING

    def assign(self, name: str, value: object) -> None:
        """Let the name stand for a value."""
        self.elsewhere.get(name, self).names[name] = value

    def declare(self, name: str, *, is_global: bool) -> None:
        """`global name` or `nonlocal name`."""
        target = self.root
        if not is_global:
            scope = self.parent
            while scope is not None and name not in scope.names:
                scope = scope.parent
            target = scope or self.root
        self.elsewhere[name] = target
