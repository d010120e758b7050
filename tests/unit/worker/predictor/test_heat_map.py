"""Heat maps against Grad-CAM as its paper writes it, computed here without the predictor's code."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from app.core.architectures.architecture import Architecture, Call, Input, Layer
from app.networks import build
from tests.factories.fitting import LAYERS, network_of
from tests.factories.tried import random_weights
from worker.predictor.heat_map import heat_map, last_maps
from worker.predictor.networks import LoadedNetwork, scaled

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")

CONV = Layer(name="conv", kind="Conv2D", config={"filters": 4, "kernel_size": 3, "activation": "relu"})
DEEPER = Layer(name="deeper", kind="Conv2D", config={"filters": 6, "kernel_size": 3, "padding": "same"})
FLAT = Layer(name="flat", kind="Flatten")
DENSE = Layer(name="dense", kind="Dense", config={"units": 3, "activation": "softmax"})
PLAIN = Layer(name="dense", kind="Dense", config={"units": 3})

# (layers, the call whose maps are looked at)
HEADS: list[tuple[tuple[Layer, ...], str]] = [
    (LAYERS, "relu"),
    ((CONV, DEEPER, FLAT, DENSE), "deeper"),
    ((CONV, FLAT, PLAIN, Layer(name="soft", kind="Softmax")), "conv"),
    ((CONV, FLAT, PLAIN, Layer(name="soft", kind="Activation", config={"activation": "softmax"})), "conv"),
    ((CONV, FLAT, PLAIN), "conv"),
    ((CONV, FLAT, Layer(name="dense", kind="Dense", config={"units": 3, "activation": "sigmoid"})), "conv"),
]


def loaded(architecture: Architecture) -> LoadedNetwork:
    network = build(architecture)
    network.set_weights(random_weights(network, seed=4))
    return LoadedNetwork(network, architecture, 0)


def reference(found: LoadedNetwork, image: NDArray[np.uint8], *, maps_of: str, of_class: int) -> NDArray[np.float64]:
    """ReLU of the maps' sum, each weighted by its mean gradient of the logit; the layers are called one by one."""
    layers = {layer.name: layer for layer in found.network.layers}
    value = tf.constant(image.astype(np.float32) / 255)
    with tf.GradientTape() as tape:
        maps = None
        for entry in found.architecture.layers:
            layer = layers[entry.name]
            activation = getattr(layer, "activation", None)
            if entry.kind == "Softmax" or (entry.kind == "Activation" and activation is keras.activations.softmax):
                continue
            if entry.kind == "Dense" and activation is keras.activations.softmax:
                value = tf.matmul(value, layer.kernel) + layer.bias
                continue
            value = layer(value, training=False)
            if entry.name == maps_of:
                maps = value
                tape.watch(maps)
        score = value[0, of_class]
    gradients = np.asarray(tape.gradient(score, maps))[0]
    weighted = np.einsum("hwk,k->hw", np.asarray(maps)[0], gradients.mean(axis=(0, 1)))
    positive = np.maximum(weighted, 0)
    return positive / positive.max() if positive.max() > 0 else positive


@pytest.mark.parametrize(("layers", "maps_of"), HEADS)
@pytest.mark.parametrize("style", ["sequential", "functional", "subclassed"])
def test_it_is_grad_cam(layers: tuple[Layer, ...], maps_of: str, style: str, image: NDArray[np.uint8]) -> None:
    network = loaded(network_of(style, layers))
    for of_class in range(3):
        found = heat_map(network, image, of_class=of_class)
        assert (found.call, found.of_class, found.why_none) == (maps_of, of_class, None)
        expected = reference(network, image, maps_of=maps_of, of_class=of_class)
        np.testing.assert_allclose(found.values, expected, atol=1e-4)


def test_one_of_the_classes_has_a_map_that_says_something(image: NDArray[np.uint8]) -> None:
    network = loaded(network_of("functional"))
    maps = [np.array(heat_map(network, image, of_class=number).values) for number in range(3)]
    assert any(found.max() == 1 and found.min() < 1 for found in maps)
    assert not np.allclose(maps[0], maps[1])


def test_frozen_layers_have_gradients_too(image: NDArray[np.uint8]) -> None:
    frozen = tuple(
        layer.model_copy(update={"config": {**layer.config, "trainable": False}})
        for layer in (CONV, DEEPER, FLAT, DENSE)
    )
    free = heat_map(loaded(network_of("functional", (CONV, DEEPER, FLAT, DENSE))), image, of_class=0)
    network = loaded(network_of("functional", frozen))
    assert not network.network.trainable_variables
    assert heat_map(network, image, of_class=0) == free


def test_the_softmax_is_back_afterwards(image: NDArray[np.uint8]) -> None:
    network = loaded(network_of("functional"))
    before = network.probabilities(image)
    heat_map(network, image, of_class=0)
    np.testing.assert_allclose(network.network(scaled(image), training=False), before, atol=1e-6)
    assert before.sum() == pytest.approx(1, abs=1e-6)


def test_a_network_without_convolution_says_why_there_is_none(image: NDArray[np.uint8]) -> None:
    found = heat_map(loaded(network_of("sequential", (FLAT, DENSE))), image, of_class=0)
    assert found.values == ()
    assert found.why_none is not None
    assert "no two-dimensional convolution" in found.why_none


def test_another_backend_says_what_it_takes(image: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> None:
    network = loaded(network_of("functional"))
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    found = heat_map(network, image, of_class=0)
    assert found.why_none is not None
    assert "KERAS_BACKEND=tensorflow" in found.why_none


def test_numbers_that_are_not_finite_are_said(image: NDArray[np.uint8]) -> None:
    network = loaded(network_of("functional"))
    network.network.set_weights([np.full(weight.shape, np.nan) for weight in network.network.weights])
    found = heat_map(network, image, of_class=0)
    assert found.why_none is not None
    assert "diverged" in found.why_none


def test_with_branches_the_last_convolution_counts_and_what_follows_it_alone() -> None:
    layers = (
        Layer(name="left", kind="Conv2D", config={"filters": 2, "kernel_size": 3, "padding": "same"}),
        Layer(name="right", kind="Conv2D", config={"filters": 2, "kernel_size": 3, "padding": "same"}),
        Layer(name="relu", kind="ReLU"),
        Layer(name="add", kind="Add"),
        FLAT,
        DENSE,
    )
    wires = [
        ("left", "image"),
        ("right", "image"),
        ("relu", "right"),
        ("add", "left", "relu"),
        ("flat", "add"),
        ("dense", "flat"),
    ]
    calls = tuple(Call(id=name, layer=name, inputs=tuple(inputs)) for name, *inputs in wires)
    made = Architecture(
        name="branches",
        style="functional",
        inputs=(Input(name="image", shape=(None, 16, 16, 1)),),
        layers=layers,
        calls=calls,
        outputs=("dense",),
    )
    assert last_maps(made) == "relu"
