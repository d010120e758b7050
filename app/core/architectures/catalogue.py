"""What Keras's own layers and objects take: their arguments, defaults and meanings, as the installed Keras says."""

from functools import cached_property

from pydantic import JsonValue

from app.core.values import Value


class Argument(Value):
    """One argument of a constructor, in the order of its signature; `default` is null where it is required."""

    name: str
    required: bool
    default: JsonValue = None
    meaning: str = ""
    choices: tuple[str, ...] = ()


class Kind(Value):
    """A class of Keras: what it is in a sentence, and what it takes."""

    kind: str
    summary: str
    arguments: tuple[Argument, ...]
    group: str = ""  # "layer", "regularizer", "initializer", "constraint" or "activation"
    family: str = ""  # for layers: what Keras's documentation lists them under ("convolutional", "pooling", ...)

    def argument(self, name: str) -> Argument | None:
        """The argument of that name."""
        return next((entry for entry in self.arguments if entry.name == name), None)


class Catalogue(Value):
    """Every layer that can be built here, and every object that can be an argument of one."""

    keras_version: str
    layers: tuple[Kind, ...]
    objects: tuple[Kind, ...]
    applications: tuple[str, ...]  # names in keras.applications that build a network
    operations: tuple[Kind, ...] = ()  # functions of keras.ops, their tensors among the arguments

    @cached_property
    def _by_kind(self) -> dict[str, Kind]:
        return {entry.kind: entry for entry in self.layers}

    @cached_property
    def _objects_by_kind(self) -> dict[str, Kind]:
        return {entry.kind: entry for entry in self.objects}

    @cached_property
    def _operations_by_kind(self) -> dict[str, Kind]:
        return {entry.kind: entry for entry in self.operations}

    def layer(self, kind: str) -> Kind | None:
        """The layer of that class name."""
        return self._by_kind.get(kind)

    def object(self, kind: str) -> Kind | None:
        """The regularizer, initializer, constraint or activation of that class or function name (`L2`, `relu`)."""
        return self._objects_by_kind.get(kind)

    def operation(self, kind: str) -> Kind | None:
        """The function of `keras.ops` of that name, where its shape rule is used here."""
        return self._operations_by_kind.get(kind)
