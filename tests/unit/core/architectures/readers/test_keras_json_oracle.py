"""What is read from Keras 3's own JSON, against what Keras itself says of the same network."""

import random

import keras
import pytest

from app.core.architectures.readers.keras_json import read_keras_json
from app.networks import InstalledKeras, read_layer_table
from app.networks.catalogue import tell_catalogue
from tests.factories.architectures import random_architecture, random_chain
from tests.factories.keras_twins import functional_model, keras_layer


def told_by_keras(network, prefix=""):
    """Layer -> (shapes of each of its calls' results, parameters), nested networks laid out."""
    told = {}
    operations = network._functional._operations if isinstance(network, keras.Sequential) else network._operations
    for own in operations:
        if isinstance(own, keras.Model):
            told |= told_by_keras(own, f"{prefix}{own.name}.")
        elif not isinstance(own, keras.layers.InputLayer):
            shapes = [tuple(tuple(tensor.shape) for tensor in node.outputs) for node in own._inbound_nodes]
            told[f"{prefix}{own.name}"] = (shapes, own.count_params() if isinstance(own, keras.Layer) else 0)
    return told


def told_by_reading(text):
    reading = read_keras_json(text, facts=InstalledKeras())
    assert reading.not_understood == ()
    table = read_layer_table(reading.definitions[0].architecture)
    assert table.complete, table.failure
    told = {}
    for row in table.rows:
        if row.kind != "InputLayer":
            shapes, _ = told.setdefault(row.name, ([], row.parameters))
            shapes.append(row.output_shapes)
    return told, table.totals.parameters


@pytest.mark.parametrize("name", tell_catalogue().applications)
def test_every_network_of_keras_applications_is_read_from_its_json(name):
    with keras.StatelessScope(initialize_variables=False):
        network = getattr(keras.applications, name)(weights=None)
        expected, parameters, text = told_by_keras(network), network.count_params(), network.to_json()
    keras.utils.clear_session(free_memory=False)
    assert told_by_reading(text) == (expected, parameters)


def test_there_are_as_many_applications_as_keras_has():
    assert len(tell_catalogue().applications) >= 38


@pytest.mark.parametrize("seed", range(60))
def test_a_random_graph_comes_back_from_its_json(seed):
    rng = random.Random(seed)
    with keras.StatelessScope(initialize_variables=False):
        network, _ = functional_model(random_architecture(rng, size=rng.randint(2, 20)))
        expected, parameters, text = told_by_keras(network), network.count_params(), network.to_json()
    keras.utils.clear_session(free_memory=False)
    told, total = told_by_reading(text)
    assert {name: (sorted(shapes), count) for name, (shapes, count) in told.items()} == {
        name: (sorted(shapes), count) for name, (shapes, count) in expected.items()
    }
    assert total == parameters


def drawn_for_sequential(rng):
    while True:
        drawn = random_chain(rng, size=rng.randint(1, 8))
        if drawn.is_chain and not any(layer.config.get("return_state") for layer in drawn.layers):
            return drawn  # Keras's Sequential takes no layer that yields its states too


@pytest.mark.parametrize("seed", range(40))
def test_a_random_chain_comes_back_from_its_json_alone_and_nested(seed):
    drawn = drawn_for_sequential(random.Random(seed))
    entry = drawn.inputs[0]
    with keras.StatelessScope(initialize_variables=False):
        members = [keras_layer(layer.kind, layer.config, name=layer.name) for layer in drawn.layers]
        chain = keras.Sequential([keras.Input(batch_shape=entry.shape, dtype=entry.dtype), *members], name="chain")
        alone, text = told_by_keras(chain), chain.to_json()
        given = [keras.Input(batch_shape=entry.shape, dtype=entry.dtype) for _ in range(2)]
        outer = keras.Model(given, [chain(tensor) for tensor in given])
        nested, parameters = outer.to_json(), outer.count_params()
    keras.utils.clear_session(free_memory=False)
    told, total = told_by_reading(text)
    assert told == {name: (shapes[:1], count) for name, (shapes, count) in alone.items()}
    twice = read_layer_table(read_keras_json(nested, facts=InstalledKeras()).definitions[0].architecture)
    assert twice.totals.parameters == parameters == total
    assert [row.name for row in twice.rows if row.kind != "InputLayer"][: len(members)] == [
        f"chain.{layer.name}" for layer in drawn.layers
    ]
