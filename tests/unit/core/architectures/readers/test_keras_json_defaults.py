"""Keras JSON spells out every argument; what is read holds those that say something, and means the same."""

import random
from typing import Any

import keras
import pytest
from keras import layers

from app.core.architectures.architecture import Style
from app.core.architectures.readers.keras_code import read_code
from app.core.architectures.readers.keras_json import read_keras_json
from app.core.architectures.writers import write_code
from app.networks import InstalledKeras, build
from tests.factories.architectures import random_architecture

KERAS = InstalledKeras()


def test_only_what_differs_from_the_defaults_is_kept():
    network = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, padding="same", use_bias=False),
            layers.MaxPooling2D(3),
            layers.Flatten(),
            layers.Dense(2, activation="softmax", kernel_initializer="he_normal", name="scores"),
        ]
    )
    (definition,) = read_keras_json(network.to_json(), facts=KERAS).definitions
    assert [layer.config for layer in definition.architecture.layers] == [
        {"filters": 4, "kernel_size": [3, 3], "padding": "same", "use_bias": False},
        {"pool_size": [3, 3]},
        {},
        {"units": 2, "activation": "softmax", "kernel_initializer": "he_normal"},
    ]
    code = write_code(definition.architecture, Style.SEQUENTIAL, catalogue=KERAS.catalogue())
    assert 'layers.Conv2D(4, kernel_size=(3, 3), padding="same", use_bias=False' in code
    assert read_code(code, facts=KERAS).definitions[0].architecture.layers == definition.architecture.layers


def test_a_layer_inside_another_is_written_as_shortly():
    network = keras.Sequential([keras.Input((5, 4)), layers.Bidirectional(layers.GRU(3, reset_after=False))])
    (definition,) = read_keras_json(network.to_json(), facts=KERAS).definitions
    (layer,) = definition.architecture.layers
    assert layer.config["layer"] == {"kind": "GRU", "config": {"units": 3, "reset_after": False}}


def nameless(value: Any) -> Any:
    """Without the names that layers inside of layers are given by their number."""
    if isinstance(value, dict):
        return {key: nameless(entry) for key, entry in value.items() if key not in {"name", "build_config"}}
    return [nameless(entry) for entry in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("seed", range(12))
def test_what_is_left_out_means_what_keras_wrote(seed):
    network = build(random_architecture(random.Random(seed), size=10))
    (definition,) = read_keras_json(network.to_json(), facts=KERAS).definitions
    again = build(definition.architecture)
    keras.utils.clear_session(free_memory=False)
    for layer in definition.architecture.layers:
        written, read = (found.get_layer(layer.name).get_config() for found in (network, again))
        assert nameless(read) == nameless(written)
