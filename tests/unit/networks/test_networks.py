"""Building and reading networks: three styles of one thing, and tables without weights."""

import random
from itertools import pairwise
from typing import Any

import keras
import numpy as np
import pytest

from app.core.architectures.architecture import Architecture, Call, Input, Layer, Style
from app.core.architectures.presets import build_preset
from app.networks import build, functional_twin, read_layer_table, weights_digest
from tests.factories.architectures import random_architecture

# TensorFlow's tensors do not know NumPy 2's `copy` yet; every conversion of one warns.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")


def of_layers(*layers: Layer, style: Style = Style.FUNCTIONAL) -> Architecture:
    ids = ["image", *[layer.name for layer in layers]]
    calls = [Call(id=name, layer=name, inputs=(before,)) for before, name in pairwise(ids)]
    image = Input(name="image", shape=(None, 8, 8, 1))
    return Architecture(
        name="made", style=style, inputs=(image,), layers=layers, calls=tuple(calls), outputs=(ids[-1],)
    )


def compact(style: Style) -> Architecture:
    return build_preset(f"compact-{style.value}", {"blocks": 2, "height": 16, "width": 16})


def test_the_notebooks_functional_network_has_140_million_parameters() -> None:
    table = read_layer_table(build_preset("notebook-functional", {}))
    assert (table.complete, table.totals.parameters, table.reached_layers) == (True, 140_095_430, 29)
    assert len(table.rows) == 30
    assert table.rows[-1].output_shapes == ((None, 6),)


def test_the_notebooks_sequential_network_stops_at_its_16th_convolution() -> None:
    table = read_layer_table(build_preset("notebook-sequential", {}))
    assert table.failure is not None
    assert (table.failure.call, table.failure.input_shapes) == ("conv2d_15", ((None, 1, 1, 512),))
    assert "negative" in table.failure.message
    assert "1 × 1 map arrives" in table.failure.message
    assert (table.totals.parameters, table.reached_layers) == (17_664_576, 20)
    assert [row.reached for row in table.rows] == [True] * 21 + [False] * 9


def test_reading_leaves_no_weights_behind() -> None:
    before = len(keras.src.backend.common.global_state.get_global_attribute("uninitialized_variables", []))
    read_layer_table(build_preset("compact-functional", {}))
    after = len(keras.src.backend.common.global_state.get_global_attribute("uninitialized_variables", []))
    assert after <= before


@pytest.mark.parametrize("style", list(Style))
def test_the_table_counts_what_a_real_network_has(style: Style) -> None:
    architecture = compact(style)
    table = read_layer_table(architecture)
    network = build(architecture)
    assert table.totals.parameters == network.count_params()
    trainable = sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)
    assert table.totals.trainable_parameters == trainable


def test_the_three_styles_start_with_the_same_weights_and_say_the_same() -> None:
    images = np.random.default_rng(5).random((3, 16, 16, 1), dtype="float32")
    digests, answers = [], []
    for style in Style:
        keras.utils.set_random_seed(7)
        network = build(compact(style))
        digests.append(weights_digest(network, compact(style)))
        answers.append(np.asarray(network(images, training=False)))
    assert len(set(digests)) == 1
    assert np.array_equal(answers[0], answers[1])
    assert np.array_equal(answers[0], answers[2])


def test_the_digest_sees_one_changed_weight() -> None:
    architecture = compact(Style.SEQUENTIAL)
    network = build(architecture)
    before = weights_digest(network, architecture)
    kernel = network.layers[0].get_weights()[0]
    kernel[0, 0, 0, 0] += 1
    network.layers[0].set_weights([kernel])
    assert weights_digest(network, architecture) != before


@pytest.mark.parametrize("style", list(Style))
def test_the_functional_twin_shares_the_layers(style: Style, tmp_path: Any) -> None:
    architecture = compact(style)
    network = build(architecture)
    twin = functional_twin(network, architecture)
    again = keras.models.model_from_json(twin.to_json())
    twin.save_weights(tmp_path / "twin.weights.h5")
    again.load_weights(tmp_path / "twin.weights.h5")
    assert weights_digest(again, architecture) == weights_digest(network, architecture)


@pytest.mark.parametrize(
    "layer",
    [
        Layer(name="odd", kind="Dense"),
        Layer(name="odd", kind="Dense", config={"units": "many"}),
        Layer(name="odd", kind="SpectralNormalization", config={"layer": {"class_name": "Dense"}}),
        Layer(name="odd", kind="Conv2D", config={"filters": 2, "kernel_size": [9, 9]}),
        Layer(name="odd", kind="Reshape", config={"target_shape": [7]}),
        Layer(name="odd", kind="Dense", config={"unit": 3}),
        Layer(name="odd", kind="Dense", config={"units": 10**18}),
        Layer(name="odd", kind="Dense", config={"units": 3, "activation": "rellu"}),
    ],
    ids=lambda layer: f"{layer.kind}{sorted(layer.config)}",
)
def test_whatever_keras_refuses_is_where_the_table_stops(layer: Layer) -> None:
    table = read_layer_table(of_layers(layer, Layer(name="last", kind="Flatten")))
    assert table.failure is not None
    assert table.failure.call == "odd"
    assert len(table.failure.message) > 10
    assert [row.reached for row in table.rows] == [True, False, False]


def test_a_shared_layer_is_counted_once() -> None:
    shared = Architecture(
        name="shared",
        style=Style.FUNCTIONAL,
        inputs=(Input(name="image", shape=(None, 8, 8, 4)),),
        layers=(Layer(name="conv", kind="Conv2D", config={"filters": 4, "kernel_size": [1, 1]}),),
        calls=(Call(id="one", layer="conv", inputs=("image",)), Call(id="two", layer="conv", inputs=("one",))),
        outputs=("two",),
    )
    assert read_layer_table(shared).totals.parameters == build(shared).count_params() == 20


@pytest.mark.parametrize("style", [Style.FUNCTIONAL, Style.SUBCLASSED])
@pytest.mark.parametrize("seed", range(6))
def test_graphs_with_branches_states_and_shared_layers_are_built_too(seed: int, style: Style) -> None:
    drawn = random_architecture(random.Random(1000 + seed), size=8).model_copy(update={"style": style})
    network = build(drawn)
    totals = read_layer_table(drawn).totals
    assert network.count_params() == totals.parameters
    sizes = [[size for size in entry.shape[1:] if isinstance(size, int)] for entry in drawn.inputs]
    images = [np.ones((2, *shape), dtype=entry.dtype) for shape, entry in zip(sizes, drawn.inputs, strict=True)]
    answers = network(images if len(images) > 1 else images[0], training=False)
    last = {row.call: row.output_shapes for row in read_layer_table(drawn).rows}
    shapes = [tuple(answer.shape[1:]) for answer in keras.tree.flatten(answers)]
    assert shapes == [
        (last[name.partition(":")[0]] or ())[int(name.partition(":")[2] or 0)][1:] for name in drawn.outputs
    ]
