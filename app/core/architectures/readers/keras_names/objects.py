"""One written form for each initializer, regularizer, constraint and activation, whichever Keras wrote it.

What means the same comes out the same: `VarianceScaling(1, "fan_avg", "uniform")` of Keras 2, `"GlorotUniform"` and
`{"kind": "GlorotUniform", "config": {"seed": null}}` are all `"glorot_uniform"`. A regularizer always shows its numbers.
"""

import re
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from pydantic import JsonValue

from app.core.architectures.catalogue import Catalogue
from app.core.architectures.readers.keras_names.kinds import bare
from app.core.architectures.written import code_of, keras_object, object_of, symbol_of
from app.core.values import JsonObject

Group: TypeAlias = Literal["initializer", "regularizer", "constraint", "activation"]

_GROUPS: tuple[Group, ...] = ("initializer", "regularizer", "constraint")
_INITIALIZERS = {
    "identityinitializer": "Identity",
    "normal": "RandomNormal",
    "one": "Ones",
    "orthogonalinitializer": "Orthogonal",
    "uniform": "RandomUniform",
    "zero": "Zeros",
}
_REGULARIZERS = {"activityregularizer": "L1L2", "l1l2": "L1L2", "l1l2regularizer": "L1L2", "weightregularizer": "L1L2"}
_CONSTRAINTS = {"maxnorm": "MaxNorm", "nonneg": "NonNeg", "unitnorm": "UnitNorm"}
_ACTIVATIONS = {"hard_swish": "hard_silu", "swish": "silu", "leakyrelu": "leaky_relu"}
_ALIASES: dict[Group, dict[str, str]] = {
    "activation": _ACTIVATIONS,
    "constraint": _CONSTRAINTS,
    "initializer": _INITIALIZERS,
    "regularizer": _REGULARIZERS,
}
_FAMILIES: dict[tuple[JsonValue, ...], str] = {
    (1.0, "fan_avg", "uniform"): "GlorotUniform",
    (1.0, "fan_avg", "truncated_normal"): "GlorotNormal",
    (2.0, "fan_in", "uniform"): "HeUniform",
    (2.0, "fan_in", "truncated_normal"): "HeNormal",
    (1.0, "fan_in", "uniform"): "LecunUniform",
    (1.0, "fan_in", "truncated_normal"): "LecunNormal",
}
"""What (scale, mode, distribution) of VarianceScaling each named initializer is (Glorot 2010, He 2015, LeCun 1998)."""
_NO_MEANING = frozenset(["dtype", "name", "partition_info"])


def group_of(argument: str) -> Group | None:
    """What kind of object an argument of this name takes, if it takes one."""
    if argument.endswith("activation"):
        return "activation"
    for group in _GROUPS:
        if argument.endswith(group):
            return group
    return "initializer" if argument in {"init", "inner_init"} else None


def modern_object(value: JsonValue, group: Group, catalogue: Catalogue) -> JsonValue:
    """The one written form of a value that stands where such an object is expected."""
    if value is None or symbol_of(value) is not None or code_of(value) is not None:
        return value
    kind, config = _named(value)
    if kind is None:
        return value
    if isinstance(value, dict) and not is_known(kind, group, catalogue):
        return keras_object(bare(kind), config)
    return _FORMS[group](kind, config, catalogue)


def is_known(name: str, group: Group, catalogue: Catalogue) -> bool:
    """Whether Keras (any) has an object of this name in this group."""
    known = catalogue.object(_class_name(name, _ALIASES[group], group, catalogue))
    return known is not None and known.group == group


def _named(value: JsonValue) -> tuple[str | None, JsonObject]:
    if isinstance(value, str):
        return value, {}
    found = object_of(value)
    if found is not None:
        return found[0], {key: entry for key, entry in found[1].items() if key not in _NO_MEANING}
    if isinstance(value, dict) and isinstance(value.get("name"), str):  # Keras 1 wrote {"name": "MaxNorm", "m": 2}
        return str(value["name"]), {key: entry for key, entry in value.items() if key not in _NO_MEANING}
    return None, {}


def _class_name(kind: str, aliases: Mapping[str, str], group: Group, catalogue: Catalogue) -> str:
    name = re.sub(r"V\d$", "", bare(kind))
    known = aliases.get(name.lower())
    if known is not None:
        return known
    listed = catalogue.object(name)
    if listed is not None and listed.group == group:
        return name
    folded = name.replace("_", "").lower()
    for entry in catalogue.objects:
        if entry.group == group and entry.kind.lower() == folded:
            return entry.kind
    return aliases.get(folded, name)


def _activation(kind: str, config: JsonObject, _catalogue: Catalogue) -> JsonValue:
    name = bare(kind)
    if config:
        return keras_object(name, config)
    return _ACTIVATIONS.get(name.lower(), name)


def _regularizer(kind: str, config: JsonObject, catalogue: Catalogue) -> JsonValue:
    name = _class_name(kind, _REGULARIZERS, "regularizer", catalogue)
    if name not in {"L1", "L2", "L1L2"}:
        return keras_object(name, config)
    default = 0.01 if not config and name != "L1L2" else 0.0
    own = config.get("l") if name != "L1L2" else None  # keras.regularizers.l2(l=...) was Keras 2's spelling
    l1 = config.get("l1", own if own is not None else default) if name != "L2" else 0.0
    l2 = config.get("l2", own if own is not None else default) if name != "L1" else 0.0
    if not l1 and not l2:
        return None
    if not l2:
        return keras_object("L1", {"l1": l1})
    return keras_object("L2", {"l2": l2}) if not l1 else keras_object("L1L2", {"l1": l1, "l2": l2})


def _initializer(kind: str, config: JsonObject, catalogue: Catalogue) -> JsonValue:
    name = _class_name(kind, _INITIALIZERS, "initializer", catalogue)
    if name == "VarianceScaling":
        distribution = config.get("distribution", "truncated_normal")
        distribution = "truncated_normal" if distribution == "normal" else distribution
        rest = {key: entry for key, entry in config.items() if key not in {"scale", "mode", "distribution"}}
        measures: tuple[JsonValue, ...] = (config.get("scale", 1.0), config.get("mode", "fan_in"), distribution)
        named = _FAMILIES.get(measures) if all(isinstance(entry, str | int | float) for entry in measures) else None
        if named is not None:
            return _plain(named, rest, catalogue)
        return keras_object(name, {**config, "distribution": distribution})
    if name == "Constant" and config.get("value", 0.0) in (0, 1):
        return "ones" if config.get("value", 0.0) else "zeros"
    return _plain(name, _renamed(config, {"scale": "stddev"} if name == "RandomNormal" else {}), catalogue)


def _constraint(kind: str, config: JsonObject, catalogue: Catalogue) -> JsonValue:
    name = _class_name(kind, _CONSTRAINTS, "constraint", catalogue)
    return _plain(name, _renamed(config, {"high": "max_value", "low": "min_value", "m": "max_value"}), catalogue)


def _plain(kind: str, config: JsonObject, catalogue: Catalogue) -> JsonValue:
    """The name alone where every argument has its default (as far as the catalogue knows it)."""
    known = catalogue.object(kind)
    left = {
        key: value
        for key, value in config.items()
        if known is None or (argument := known.argument(key)) is None or argument.default != value
    }
    if left or known is None:
        return keras_object(kind, left) if left else kind
    return re.sub("([a-z0-9])([A-Z])", r"\1_\2", kind).lower()


def _renamed(config: JsonObject, names: Mapping[str, str]) -> JsonObject:
    return {names.get(key, key): value for key, value in config.items()}


_FORMS: dict[Group, Callable[[str, JsonObject, Catalogue], JsonValue]] = {
    "activation": _activation,
    "constraint": _constraint,
    "initializer": _initializer,
    "regularizer": _regularizer,
}
