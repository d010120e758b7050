"""Keras code, read by the application and run by Keras itself."""

import textwrap
from contextlib import nullcontext
from typing import Any

import keras
from keras.src.models.functional import Functional

from app.core.architectures.architecture import Architecture
from app.core.architectures.readers.keras_code import read_code
from app.core.architectures.reading import Definition, Reading
from app.networks import InstalledKeras, read_layer_table


def read(source: str, **more: Any) -> Reading:
    """The source without its common indentation, read."""
    return read_code(textwrap.dedent(source), facts=InstalledKeras(), **more)


def only(source: str, **more: Any) -> Architecture:
    """The one network that a source defines, everything in it understood."""
    reading = read(source, **more)
    assert reading.not_understood == ()
    (definition,) = reading.definitions
    return definition.architecture


def named(reading: Reading, variable: str) -> Definition:
    """The last definition of a variable."""
    return [entry for entry in reading.definitions if entry.variable == variable][-1]


def chain(architecture: Architecture) -> list[str]:
    """The kinds of all layers in the order in which they are called."""
    kinds = {layer.name: layer.kind for layer in architecture.layers}
    return [kinds[call.layer] for call in architecture.calls]


def run_by_keras(source: str, *, with_weights: bool = False) -> dict[str, Any]:
    """What the source's names stand for after Keras has run it; only for sources that the tests themselves hold."""
    keras.utils.clear_session(free_memory=False)
    names: dict[str, Any] = {"__name__": "__main__"}
    with nullcontext() if with_weights else keras.StatelessScope(initialize_variables=False):
        exec(compile(textwrap.dedent(source), "<source>", "exec"), names)
    return names


def assert_as_keras(source: str, *variables: str, with_weights: bool = False) -> None:
    """Each variable's network has Keras's own parameters and output shapes.

    Names too, where there is one network that is not nested: Keras counts over a session, a reader over a network.
    """
    reading = read(source)
    assert reading.not_understood == ()
    made = run_by_keras(source, with_weights=with_weights)
    for variable in variables:
        architecture = named(reading, variable).architecture
        network = made[variable]
        table = read_layer_table(architecture)
        assert table.complete
        assert table.totals.parameters == network.count_params(), variable
        assert table.totals.trainable_parameters == _count(network.trainable_weights), variable
        if not isinstance(network, keras.Sequential | Functional):
            continue
        shapes = {row.call: row.output_shapes for row in table.rows}
        assert [shapes[name][0] for name in architecture.outputs] == [tuple(out.shape) for out in network.outputs]
        if len(variables) == 1 and not any(_has_names_inside(layer) for layer in network.layers):
            own = [layer.name for layer in network.layers if not isinstance(layer, keras.layers.InputLayer)]
            assert sorted(own) == sorted(layer.name for layer in architecture.layers)


def _has_names_inside(layer: keras.Layer) -> bool:
    """Whether a layer uses up names that nobody reads: nested networks are flattened, attention makes layers inside."""
    inner = getattr(layer, "layer", None)
    return isinstance(layer, keras.Model | keras.layers.MultiHeadAttention) or isinstance(inner, keras.Model)


def _count(weights: list[Any]) -> int:
    total = 0
    for weight in weights:
        size = 1
        for side in weight.shape:
            size *= side
        total += size
    return total
