"""Real networks with weights, in each of the three styles. From one seed all three are bit-identical."""

from collections.abc import Sequence
from typing import Any

import keras

from app.core.architectures.architecture import Architecture, Style
from app.networks.layers import call_layer, make_layers, result_of


def build(architecture: Architecture) -> keras.Model:
    """The network in the architecture's own style, its weights initialised."""
    layers = make_layers(architecture)
    if architecture.style is Style.SEQUENTIAL:
        return keras.Sequential([*_inputs(architecture).values(), *layers.values()])
    if architecture.style is Style.FUNCTIONAL:
        return _functional(architecture, layers, architecture.outputs)
    network = SubclassedNetwork(architecture, layers)
    network.build([_shape(entry.shape) for entry in architecture.inputs])
    return network


def functional_twin(network: keras.Model, architecture: Architecture) -> keras.Model:
    """A functional network of the very same layer objects: what it saves, every style can load."""
    return observed(network, architecture, architecture.outputs)


def observed(network: keras.Model, architecture: Architecture, references: Sequence[str]) -> keras.Model:
    """A functional network of the very same layer objects that yields the results of these calls (`id`, `id:1`, ...)."""
    layers = {layer.name: layer_of(network, layer.name) for layer in architecture.layers}
    return _functional(architecture, layers, references)


def layer_of(network: keras.Model, name: str) -> keras.Layer:
    """The network's layer of that name, whatever its style."""
    return next(layer for layer in network.layers if layer.name == name)


class SubclassedNetwork(keras.Model):  # type: ignore[misc]  # Keras brings no types
    """A network as a class: layers held as attributes, calls replayed one after another."""

    def __init__(self, architecture: Architecture, layers: dict[str, keras.Layer]) -> None:
        super().__init__(name="subclassed")
        self._architecture = architecture
        self.steps = list(layers.values())

    def build(self, input_shapes: Any) -> None:
        """Make every layer's weights by following symbolic inputs through the calls."""
        self.call([keras.KerasTensor(shape, name=f"symbolic_{number}") for number, shape in enumerate(input_shapes)])
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:  # noqa: FBT001 -- Keras's signature
        """Follow the inputs through the calls to the outputs."""
        given = inputs if isinstance(inputs, list | tuple) else [inputs]
        values = {entry.name: value for entry, value in zip(self._architecture.inputs, given, strict=True)}
        by_name = {layer.name: layer for layer in self.steps}
        kinds = {layer.name: layer.kind for layer in self._architecture.layers}
        for call in self._architecture.calls:
            layer = by_name[call.layer]
            options = {"training": training} if layer._call_has_training_arg else {}  # noqa: SLF001 -- as Keras does
            tensors = [result_of(values, name) for name in call.inputs]
            values[call.id] = call_layer(layer, kinds[call.layer], tensors, {**options, **call.arguments})
        outputs = [result_of(values, name) for name in self._architecture.outputs]
        return outputs[0] if len(outputs) == 1 else outputs


def _functional(architecture: Architecture, layers: dict[str, keras.Layer], references: Sequence[str]) -> keras.Model:
    inputs = _inputs(architecture)
    values: dict[str, Any] = dict(inputs)
    kinds = {layer.name: layer.kind for layer in architecture.layers}
    for call in architecture.calls:
        tensors = [result_of(values, name) for name in call.inputs]
        values[call.id] = call_layer(layers[call.layer], kinds[call.layer], tensors, call.arguments)
    outputs = [result_of(values, name) for name in references]
    taken = list(inputs.values())
    return keras.Model(taken[0] if len(taken) == 1 else taken, outputs[0] if len(outputs) == 1 else outputs)


def _inputs(architecture: Architecture) -> dict[str, Any]:
    return {
        entry.name: keras.Input(batch_shape=_shape(entry.shape), dtype=entry.dtype, name=entry.name)
        for entry in architecture.inputs
    }


def _shape(shape: tuple[Any, ...]) -> tuple[int | None, ...]:
    return tuple(size if isinstance(size, int) else None for size in shape)
