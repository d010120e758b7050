"""What Keras says of one call of a layer: a pure function of the layer, what reaches it and how it is called.

Nothing is allocated: a scope defers every variable. Answers are kept, so that variants of a network cost what is new in them.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any, TypeAlias

import keras
from pydantic import JsonValue

from app.core.architectures.architecture import Layer
from app.core.architectures.kinds import LARGEST_NUMBER, UnknownKindError, refuse_absurd_numbers
from app.core.errors import InvalidError
from app.core.values import JsonObject
from app.networks.catalogue import tell_catalogue
from app.networks.layers import call_layer, first_line, make_layer
from app.networks.operations import apply_operation
from app.networks.settings import settings_of, without_defaults

ANSWERS_KEPT = 20_000
MOST_CONSTANTS = 1_000_000

_UNUSED: dict[tuple[str, str], keras.Layer] = {}
"""The layer that was described last: making one takes as long as calling it, so its first call may have it."""

Tensor: TypeAlias = tuple[tuple[int | None, ...], str]
"""Shape and type of what reaches or leaves a call."""


@dataclass(frozen=True)
class Described:
    """A layer's arguments, or why Keras does not take them. `unknown` where it is not built at all."""

    settings: JsonObject | None
    shown: JsonObject
    refusal: str = ""
    unknown: bool = False


@dataclass(frozen=True)
class Facts:
    """What a call yields and how many weights its layer has, or why Keras refuses it."""

    results: tuple[Tensor, ...]
    parameters: int = 0
    trainable: int = 0
    refusal: str = ""


def described(kind: str, config: JsonObject) -> Described:
    """The layer's arguments, without anything that reaches it."""
    return _described(kind, json.dumps(config, sort_keys=True))


def facts(
    kind: str,
    config: JsonObject,
    *,
    arriving: Sequence[Tensor],
    built_on: Sequence[Tensor],
    arguments: Mapping[str, JsonValue],
) -> Facts:
    """One call; `built_on` is what reached the layer's first call, which fixed its weights."""
    return _facts(
        kind,
        json.dumps(config, sort_keys=True),
        tuple(arriving),
        tuple(built_on),
        json.dumps(arguments, sort_keys=True),
    )


def operation_facts(kind: str, config: JsonObject, *, arriving: Sequence[Tensor]) -> Facts:
    """One call of a function of `keras.ops`, or a slice; it has no weights. A refusal only says that nothing is known.

    Functions of TensorFlow and of older backends are read under the names of `keras.ops`, which at the edges of their
    arguments may take less than those did.
    """
    return _operation_facts(kind, json.dumps(config, sort_keys=True), tuple(arriving))


def forget_session() -> None:
    """Clear what Keras keeps of the layers that were made; cheap where there is nothing."""
    _UNUSED.clear()
    keras.utils.clear_session(free_memory=False)


@lru_cache(maxsize=ANSWERS_KEPT)
def _described(kind: str, config: str) -> Described:
    written = json.loads(config)
    try:
        with keras.StatelessScope(initialize_variables=False):
            layer = make_layer(Layer(name="layer", kind=kind, config=written))
            settings = settings_of(kind, layer)
            _UNUSED.clear()
            _UNUSED[kind, config] = layer
            return Described(settings, without_defaults(kind, settings))
    except InvalidError as error:
        return Described(None, written, _without_name(error.detail), unknown=isinstance(error, UnknownKindError))


@lru_cache(maxsize=ANSWERS_KEPT)
def _facts(kind: str, config: str, arriving: tuple[Tensor, ...], built_on: tuple[Tensor, ...], arguments: str) -> Facts:
    try:
        written = json.loads(config)
        _refuse_states(written, arriving)
        _refuse_constants(kind, config, arriving)
        with keras.StatelessScope(initialize_variables=False):
            layer = _made(kind, config, written)
            given = json.loads(arguments)
            if built_on != arriving:
                call_layer(layer, kind, _tensors(built_on), given)
            made = keras.tree.flatten(call_layer(layer, kind, _tensors(arriving), given))
            results = tuple((tuple(tensor.shape), str(tensor.dtype)) for tensor in made)
            refuse_absurd(results)
            weights, trainable = layer.weights, layer.trainable_weights
            return Facts(results, _count(weights), _count(trainable))
    except Exception as error:  # noqa: BLE001 -- whatever Keras raises here is the finding, not our fault
        detail = error.detail if isinstance(error, InvalidError) else first_line(error)
        return Facts((), refusal=detail)


@lru_cache(maxsize=ANSWERS_KEPT)
def _operation_facts(kind: str, config: str, arriving: tuple[Tensor, ...]) -> Facts:
    told = tell_catalogue().operation(kind)
    names = [] if told is None else [entry.name for entry in told.arguments]
    try:
        refuse_absurd_numbers(kind, json.loads(config))
        made = apply_operation(kind, json.loads(config), _tensors(arriving), names=names)
        results = tuple((tuple(tensor.shape), str(tensor.dtype)) for tensor in keras.tree.flatten(made))
        refuse_absurd(results)
        return Facts(results)
    except Exception as error:  # noqa: BLE001 -- Keras raises what it likes
        detail = error.detail if isinstance(error, InvalidError) else first_line(error)
        return Facts((), refusal=detail)


def refuse_absurd(results: Sequence[Tensor]) -> None:
    """Raise InvalidError for a shape with nothing in it, or with a size that nobody can mean."""
    for shape, _ in results:
        if any(size is not None and size < 1 for size in shape[1:]):
            raise InvalidError(f"The result would have the shape {shape}: nothing is left to work on.")
        if any(size is not None and size > LARGEST_NUMBER**2 for size in shape):
            raise InvalidError(f"The result would have the shape {shape}: that is larger than can be worked with.")


def _tensors(arriving: Sequence[Tensor]) -> list[Any]:
    return [keras.KerasTensor(shape, dtype=dtype) for shape, dtype in arriving]


def _made(kind: str, config: str, written: JsonObject) -> keras.Layer:
    """A layer that nothing has reached yet: the one that was described just now, where there is one."""
    unused, quick = _UNUSED.pop((kind, config), None), _quick(written)
    _UNUSED.clear()
    if unused is not None and quick == written:
        return unused
    return make_layer(Layer(name="layer", kind=kind, config=quick))


def _quick(value: JsonValue) -> Any:
    """The arguments without those that change how a layer computes, and neither its shapes nor its weights.

    Unrolling repeats a step as often as there are steps: a million take minutes. States that are kept are variables of
    their own, which a scope without variables refuses to make.
    """
    if isinstance(value, dict):
        return {name: _quick(entry) for name, entry in value.items() if name not in {"unroll", "stateful"}}
    return [_quick(entry) for entry in value] if isinstance(value, list) else value


def _refuse_states(config: JsonObject, arriving: Sequence[Tensor]) -> None:
    if config.get("stateful") is True and arriving[0][0][0] is None:
        raise InvalidError(
            "A layer with stateful=True has to know its batch size: give the input a batch shape, such as (32, ...)."
        )


def _refuse_constants(kind: str, config: str, arriving: Sequence[Tensor]) -> None:
    # With its mean given, this layer makes a number for every channel at once instead of deferring a variable.
    if kind != "Normalization" and '"Normalization"' not in config:
        return
    largest = max((size or 0 for shape, _ in arriving for size in shape[1:]), default=0)
    if largest > MOST_CONSTANTS:
        raise InvalidError(f"A Normalization of {largest:,} channels is larger than the {MOST_CONSTANTS:,} built here.")


def _count(weights: Sequence[Any]) -> int:
    return sum(prod(weight.shape) for weight in weights)


def _without_name(detail: str) -> str:
    return detail.replace("Keras does not take layer 'layer'", "Keras does not take this layer", 1).removeprefix(
        "layer."
    )
