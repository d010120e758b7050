"""Regularizers, initializers, constraints and activations as they are made in a source."""

from app.core.architectures.readers.keras_code.machine import Machine
from app.core.architectures.readers.keras_code.values import Arguments, Written
from app.core.architectures.readers.keras_code.written_values import as_written
from app.core.architectures.readers.keras_names.objects import Group, modern_object
from app.core.architectures.written import keras_object
from app.core.values import JsonObject

GROUPS: dict[str, Group] = {
    "activations": "activation",
    "constraints": "constraint",
    "initializers": "initializer",
    "regularizers": "regularizer",
}
_ARGUMENTS = {
    "l1": ("l1",),
    "l2": ("l2",),
    "l1l2": ("l1", "l2"),
    "maxnorm": ("max_value", "axis"),
    "normal": ("mean", "stddev", "seed"),
    "randomnormal": ("mean", "stddev", "seed"),
    "randomuniform": ("minval", "maxval", "seed"),
    "truncatednormal": ("mean", "stddev", "seed"),
    "uniform": ("minval", "maxval", "seed"),
    "nonneg": (),
    "unitnorm": ("axis",),
}
_GETTERS = frozenset(["get", "deserialize"])


def make_object(machine: Machine, family: str, name: str, arguments: Arguments) -> object:
    """`regularizers.l2(0.01)`: its written form, or just its name where everything is left at its default."""
    group = GROUPS[family]
    if name in _GETTERS and arguments.positional:
        return Written(as_written(arguments.positional[0]))
    config: JsonObject = dict(
        zip(_names(machine, name), [as_written(value) for value in arguments.positional], strict=False)
    )
    config |= {key: as_written(value) for key, value in arguments.keywords.items()}
    return Written(modern_object(keras_object(name, config), group, machine.catalogue))


def _names(machine: Machine, name: str) -> tuple[str, ...]:
    folded = name.replace("_", "").lower()
    if folded in _ARGUMENTS:
        return _ARGUMENTS[folded]
    for entry in machine.catalogue.objects:
        if entry.kind.replace("_", "").lower() == folded:
            return tuple(argument.name for argument in entry.arguments)
    return ()
