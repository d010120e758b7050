"""A layer as it was written for any Keras, in the names and arguments of Keras 3."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pydantic import JsonValue

from app.core.architectures.catalogue import Catalogue, Kind
from app.core.architectures.readers.keras_names.arguments import (
    EXTRAS,
    EXTRAS_OF_ALL,
    INPUT_KINDS,
    NO_MEANING,
    ONLY_PASSED_ON,
    renamed,
)
from app.core.architectures.readers.keras_names.kinds import ONLY_KERAS_1, bare, modern_kind
from app.core.architectures.readers.keras_names.merges import merged
from app.core.architectures.readers.keras_names.objects import group_of, is_known, modern_object
from app.core.architectures.readers.keras_names.signatures import KERAS_1_SIGNATURES, ONLY_KERAS_1_ARGUMENTS
from app.core.architectures.written import keras_object, object_of, symbol_of
from app.core.values import JsonObject

Era: TypeAlias = Literal[1, 2, 3]
"""The Keras a layer was written for, where that is known."""


_NEVER_BY_POSITION = EXTRAS_OF_ALL | {"trainable"}


@dataclass(frozen=True)
class Modern:
    """A layer in Keras 3's words.

    `extras` are not arguments of the layer but say something about its input or its name; `surplus` are arguments that
    Keras does not know, by name (a position as "0", "1", ...); `notes` say what this layer was and what changed.
    """

    kind: str
    config: JsonObject = field(default_factory=dict)
    extras: JsonObject = field(default_factory=dict)
    surplus: tuple[tuple[str, JsonValue], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Context:
    catalogue: Catalogue
    era: Era | None
    within: list[Modern] = field(default_factory=list)


def modern_layer(
    kind: str,
    positional: Sequence[JsonValue],
    keywords: Mapping[str, JsonValue],
    catalogue: Catalogue,
    *,
    era: Era | None = None,
) -> Modern:
    """The layer of that class name and these written arguments, whichever Keras they were written for.

    Where `era` is None the arguments tell: `nb_filter` or `border_mode` was Keras 1. A kind that Keras 3 does not have
    keeps its name and its arguments.
    """
    name = bare(kind)
    era = era or _era_of(name, positional, keywords, catalogue)
    context = _Context(catalogue, era)
    if name in {"Merge", "merge"}:
        return _merge(name, positional, keywords, context)
    target = modern_kind(name, catalogue)
    order = _order(name, target, era, positional, catalogue)
    arguments, surplus = _named(order, positional, keywords)
    arguments, notes = renamed(name, target, arguments, era=era, catalogue=catalogue)
    notes = (*_ambiguity(name, positional, era), *notes)
    return _sorted_out(target, arguments, surplus=surplus, notes=notes, context=context)


def _era_of(
    name: str, positional: Sequence[JsonValue], keywords: Mapping[str, JsonValue], catalogue: Catalogue
) -> Era | None:
    order = KERAS_1_SIGNATURES.get(name)
    own = catalogue.layer(modern_kind(name, catalogue))
    legacy = [key for key in keywords if key in ONLY_KERAS_1_ARGUMENTS and (own is None or own.argument(key) is None)]
    if name in ONLY_KERAS_1 or legacy:
        return 1
    if order is None or len(positional) < 2:
        return 1 if name == "BatchNormalization" and positional and isinstance(positional[0], float) else None
    second = positional[1]
    if "init" in order[:2] and isinstance(second, str) and is_known(second, "initializer", catalogue):
        return 1
    kernel = [
        position for position, argument in enumerate(order) if argument.startswith(("nb_row", "nb_col", "kernel_d"))
    ]
    if name.startswith(("Convolution", "SeparableConvolution")) and kernel and len(positional) > kernel[-1]:
        return 1 if all(_is_size(positional[position]) for position in kernel) else None
    return None


def _is_size(value: JsonValue) -> bool:
    return isinstance(value, int) or symbol_of(value) is not None


def _order(
    name: str, target: str, era: Era | None, positional: Sequence[JsonValue], catalogue: Catalogue
) -> tuple[str, ...]:
    if era == 1 and name in KERAS_1_SIGNATURES:
        order = KERAS_1_SIGNATURES[name]
        if order[0] == "output_dim" and len(positional) > 1 and isinstance(positional[1], int):
            return ("input_dim", *order)  # before 0.2 Keras took Dense(784, 128)
        return order
    if target in INPUT_KINDS:
        return ("shape", "batch_size", "dtype")
    known = catalogue.layer(target)
    return (
        () if known is None else tuple(entry.name for entry in known.arguments if entry.name not in _NEVER_BY_POSITION)
    )


def _named(
    order: tuple[str, ...], positional: Sequence[JsonValue], keywords: Mapping[str, JsonValue]
) -> tuple[JsonObject, list[tuple[str, JsonValue]]]:
    arguments: JsonObject = dict(zip(order, positional, strict=False))
    surplus: list[tuple[str, JsonValue]] = [
        (str(position), value) for position, value in enumerate(positional) if position >= len(order)
    ]
    for key, value in keywords.items():
        if key in arguments:
            surplus.append((key, value))
        else:
            arguments[key] = value
    return arguments, surplus


def _ambiguity(name: str, positional: Sequence[JsonValue], era: Era | None) -> tuple[str, ...]:
    if (
        name == "Conv2D"
        and era != 1
        and len(positional) >= 3
        and all(isinstance(size, int) for size in positional[1:3])
    ):
        kernel, stride = positional[1:3]
        meant = f"Conv2D(…, {kernel}, {stride}) is a kernel of {kernel} and a stride of {stride}"
        return (f"{meant}; Keras 1 and 2.0 to 2.2 took the same words for a kernel of {kernel} × {stride}",)
    return ()


def _merge(name: str, positional: Sequence[JsonValue], keywords: Mapping[str, JsonValue], context: _Context) -> Modern:
    arguments, surplus = _named(KERAS_1_SIGNATURES[name], positional, keywords)
    kind, config = merged(arguments)
    return _sorted_out(kind, config, surplus=surplus, notes=(), context=context)


def _sorted_out(
    kind: str,
    arguments: JsonObject,
    *,
    surplus: list[tuple[str, JsonValue]],
    notes: tuple[str, ...],
    context: _Context,
) -> Modern:
    known = context.catalogue.layer(kind)
    config: JsonObject = {}
    extras: JsonObject = {}
    for key, value in arguments.items():
        if key in NO_MEANING or (key == "trainable" and value is True):
            continue
        if _is_extra(kind, key, known):
            extras[key] = value
        elif known is None or known.argument(key) is not None or key in ONLY_PASSED_ON:
            config[key] = _written(key, value, context)
        else:
            surplus.append((key, value))
    if known is None and surplus:  # nothing is known of what such a layer takes, so nothing is too much
        config |= dict(surplus)
        surplus = []
    within = [(f"{layer.kind}.{key}", value) for layer in context.within for key, value in layer.surplus]
    more_notes = [note for layer in context.within for note in layer.notes]
    return Modern(kind, config, extras, (*surplus, *within), (*notes, *more_notes))


def _is_extra(kind: str, argument: str, known: Kind | None) -> bool:
    if argument not in EXTRAS:
        return False
    if known is None:  # a layer of somebody's own may well have a `shape` or an `input_dim` of its own
        return kind in INPUT_KINDS or argument in EXTRAS_OF_ALL
    return known.argument(argument) is None or argument in EXTRAS_OF_ALL


def _written(argument: str, value: JsonValue, context: _Context) -> JsonValue:
    """The value in its one written form; layers within (of a wrapper, of a cell) are noted in the context."""
    found = object_of(value)
    group = group_of(argument)
    if found is not None and (group is None or context.catalogue.layer(modern_kind(found[0], context.catalogue))):
        layer = modern_layer(found[0], (), found[1], context.catalogue, era=context.era)
        context.within.append(layer)
        return keras_object(layer.kind, layer.config)
    if group is not None:
        return modern_object(value, group, context.catalogue)
    return [_written(argument, entry, context) for entry in value] if isinstance(value, list) else value
