"""Networks made straight from Keras, as the oracle: nothing of how the application builds them is used."""

from typing import Any

import keras
from keras.src.applications import convnext, inception_resnet_v2
from pydantic import JsonValue

from app.core.architectures.architecture import Architecture, source_of
from app.core.architectures.written import object_of
from app.core.values import JsonObject

_TAKE_SEVERAL = frozenset({"MultiHeadAttention", "GroupQueryAttention"})


def keras_layer(kind: str, config: JsonObject, **more: Any) -> keras.Layer:
    """The layer with its arguments, inner layers and objects made first."""
    module = next(module for module in (keras.layers, convnext, inception_resnet_v2) if hasattr(module, kind))
    return getattr(module, kind)(**{name: _value(entry) for name, entry in config.items()}, **more)


def keras_inputs(kind: str, tensors: list[Any]) -> list[Any]:
    """The positional arguments of the call: attention takes several, everything else one tensor or one list."""
    return tensors if kind in _TAKE_SEVERAL else [tensors[0] if len(tensors) == 1 else tensors]


def functional_model(architecture: Architecture) -> tuple[keras.Model, dict[str, list[Any]]]:
    """The functional network, and what each input and call yields."""
    results: dict[str, list[Any]] = {
        entry.name: [keras.Input(batch_shape=entry.shape, dtype=entry.dtype)] for entry in architecture.inputs
    }
    layers = {layer.name: keras_layer(layer.kind, layer.config, name=layer.name) for layer in architecture.layers}
    kinds = {layer.name: layer.kind for layer in architecture.layers}
    for call in architecture.calls:
        tensors = [_result(results, reference) for reference in call.inputs]
        made = layers[call.layer](*keras_inputs(kinds[call.layer], tensors), **call.arguments)
        results[call.id] = keras.tree.flatten(made)
    inputs = [results[entry.name][0] for entry in architecture.inputs]
    return keras.Model(inputs, [_result(results, reference) for reference in architecture.outputs]), results


def _result(results: dict[str, list[Any]], reference: str) -> Any:
    name, number = source_of(reference, results)
    return results[name][number]


def _value(value: JsonValue) -> Any:
    found = object_of(value)
    if found is not None:
        kind, config = found
        module = next(
            module
            for module in (keras.layers, keras.regularizers, keras.initializers, keras.constraints)
            if hasattr(module, kind)
        )
        return getattr(module, kind)(**{name: _value(entry) for name, entry in config.items()})
    return [_value(entry) for entry in value] if isinstance(value, list) else value
