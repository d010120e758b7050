"""Keras layers from the layers of an architecture."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import keras
from keras.src.applications import convnext, inception_resnet_v2
from pydantic import JsonValue

from app.core.architectures.architecture import Architecture, Layer, source_of
from app.core.architectures.kinds import APPLICATION_KINDS, KINDS, SEVERAL_IN_A_ROW, TAKE_STATES, refuse_unsafe
from app.core.architectures.written import object_of
from app.core.errors import InvalidError
from app.core.values import JsonObject
from app.networks.catalogue import tell_catalogue

_OBJECT_MODULES = {
    "regularizer": keras.regularizers,
    "initializer": keras.initializers,
    "constraint": keras.constraints,
    "activation": keras.activations,
}
_BOLD = re.compile(r"\x1b\[\d*m")
_HAVE_NO_EFFECT = frozenset({"name", "weights"})  # on shapes and counts; weights would be numbers, or a path to some


def make_layer(layer: Layer) -> keras.Layer:
    """The Keras layer with the arguments that were written.

    Layers are made in the order in which they are listed: that order fixes which seed each one draws.
    """
    refuse_unsafe(layer)
    try:
        return _made(layer.kind, layer.config, name=layer.name)
    except Exception as error:  # Keras raises what it likes (assertions too) for arguments it does not understand
        raise InvalidError(f"Keras does not take layer {layer.name!r} ({layer.kind}): {first_line(error)}") from error


def make_layers(architecture: Architecture) -> dict[str, keras.Layer]:
    """Every layer by its name."""
    return {layer.name: make_layer(layer) for layer in architecture.layers}


def call_layer(layer: keras.Layer, kind: str, tensors: Sequence[Any], arguments: Mapping[str, Any]) -> Any:
    """What the layer yields for its inputs, given to it as its kind takes them."""
    if kind in SEVERAL_IN_A_ROW:
        return layer(*tensors, **arguments)
    if kind in TAKE_STATES and len(tensors) > 1:
        return layer(tensors[0], initial_state=list(tensors[1:]), **arguments)
    return layer(tensors[0] if len(tensors) == 1 else list(tensors), **arguments)


def result_of(values: Mapping[str, Any], reference: str) -> Any:
    """The tensor that a reference names among what inputs and calls yielded."""
    name, number = source_of(reference, values)
    return keras.tree.flatten(values[name])[number]


def first_line(error: Exception) -> str:
    """The part of Keras's message that says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].startswith("Exception encountered when calling"):
        lines = lines[1:]  # Keras's heading around what the backend says, which it sets in bold
    return _BOLD.sub("", lines[0])[:500] if lines else type(error).__name__


def _made(kind: str, config: JsonObject, **more: Any) -> keras.Layer:
    arguments = {key: _argument(value) for key, value in config.items() if key not in _HAVE_NO_EFFECT}
    return _layer_class(kind)(**arguments, **more)


@cache
def _layer_class(kind: str) -> Callable[..., keras.Layer]:
    if kind in APPLICATION_KINDS:
        module = inception_resnet_v2 if kind == "CustomScaleLayer" else convnext
        return getattr(module, kind)  # type: ignore[no-any-return]  # Keras brings no types
    return getattr(keras.layers, kind)  # type: ignore[no-any-return]


def _argument(value: JsonValue) -> Any:
    """A written value as Keras takes it. A dict in any other form could name code: it is refused."""
    if isinstance(value, list):
        return tuple(_argument(entry) for entry in value)
    if not isinstance(value, dict):
        return value
    written = object_of(value)
    if written is None:
        raise InvalidError(f"expected a value, or an object as kind and config, received {str(value)[:200]}")
    kind, config = written
    if kind in KINDS:
        return _made(kind, config)
    told = tell_catalogue().object(kind)
    if told is None:
        raise InvalidError(f"{kind} is none of Keras's own objects")
    made = getattr(_OBJECT_MODULES[told.group], kind)
    arguments = {key: _argument(entry) for key, entry in config.items()}
    if told.group != "activation":
        return made(**arguments)
    return _activation(made, arguments) if arguments else made


def _activation(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Callable[[Any], Any]:
    def apply(tensor: Any) -> Any:
        return function(tensor, **arguments)

    return apply
