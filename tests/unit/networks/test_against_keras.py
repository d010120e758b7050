"""The layer table equals what Keras itself says of the functional network, for random architectures of all kinds of layers."""

import os
import random
from math import prod

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.architectures.architecture import Architecture, Call, Input, Layer, Style
from app.core.architectures.written import keras_object
from app.networks import read_layer_table
from app.networks.facts import described, forget_session
from tests.factories.architectures import random_architecture, random_chain
from tests.factories.keras_twins import functional_model

EXAMPLES = int(os.environ.get("DICEBOARD_TEST_EXAMPLES", "60"))


def drawn(seed: int) -> Architecture:
    rng = random.Random(seed)
    return (random_chain if seed % 4 == 0 else random_architecture)(rng, size=rng.randint(1, 14))


def assert_as_keras_says(architecture: Architecture) -> None:
    table = read_layer_table(architecture)
    with keras.StatelessScope(initialize_variables=False):
        network, results = functional_model(architecture)
        expected = {name: tuple(tuple(tensor.shape) for tensor in tensors) for name, tensors in results.items()}
        counts = (network.count_params(), sum(prod(weight.shape) for weight in network.trainable_weights))
        by_layer = {layer.name: layer.count_params() for layer in network.layers}
    forget_session()
    assert table.failure is None
    assert {row.call: row.output_shapes for row in table.rows} == expected
    assert (table.totals.parameters, table.totals.trainable_parameters) == counts
    first_rows = {row.name: row.parameters for row in reversed(table.rows) if row.kind != "InputLayer"}
    assert first_rows == {name: by_layer[name] for name in first_rows}
    assert table.totals.macs is not None
    assert [row.note for row in table.rows if row.note] == []


@settings(max_examples=EXAMPLES)
@given(st.integers(0, 2**32))
def test_shapes_and_counts_are_those_of_the_functional_network(seed: int) -> None:
    assert_as_keras_says(drawn(seed))


@settings(max_examples=EXAMPLES // 2)
@given(st.integers(0, 2**32))
def test_what_the_table_shows_of_a_layer_makes_the_same_layer(seed: int) -> None:
    table = read_layer_table(drawn(seed))
    for row in table.rows[1:]:
        if row.kind != "InputLayer":
            assert described(row.kind, row.config).settings == row.settings
            assert described(row.kind, row.settings).settings == row.settings


@settings(max_examples=EXAMPLES // 2)
@given(st.integers(0, 2**32))
def test_a_table_does_not_depend_on_what_was_read_before(seed: int) -> None:
    architecture = drawn(seed)
    assert read_layer_table(architecture) == read_layer_table(Architecture.model_validate(architecture.json_object()))


def shared_on(*sizes: int) -> Architecture:
    """One convolution on inputs of several sizes."""
    inputs = tuple(Input(name=f"image_{size}", shape=(None, size, size, 3)) for size in sizes)
    calls = tuple(Call(id=f"call_{size}", layer="conv", inputs=(f"image_{size}",)) for size in sizes)
    return Architecture(
        name="shared",
        style=Style.FUNCTIONAL,
        inputs=inputs,
        layers=(Layer(name="conv", kind="Conv2D", config={"filters": 4, "kernel_size": 3}),),
        calls=calls,
        outputs=tuple(call.id for call in calls),
    )


def test_a_shared_layer_yields_a_shape_for_every_call_and_has_its_weights_once() -> None:
    architecture = shared_on(8, 12, 20)
    assert_as_keras_says(architecture)
    table = read_layer_table(architecture)
    assert [row.parameters for row in table.rows if row.kind == "Conv2D"] == [112, 0, 0]


def test_a_shared_layer_is_refused_where_its_weights_do_not_fit() -> None:
    table = read_layer_table(
        Architecture(
            name="misfit",
            style=Style.FUNCTIONAL,
            inputs=(Input(name="a", shape=(None, 4)), Input(name="b", shape=(None, 5))),
            layers=(Layer(name="dense", kind="Dense", config={"units": 2}),),
            calls=(Call(id="one", layer="dense", inputs=("a",)), Call(id="two", layer="dense", inputs=("b",))),
            outputs=("one", "two"),
        )
    )
    assert table.failure is not None
    assert (table.failure.call, table.failure.input_shapes) == ("two", ((None, 5),))
    assert [row.reached for row in table.rows] == [True, True, True, False]


def test_further_results_of_a_call_are_named_by_their_number() -> None:
    architecture = Architecture(
        name="states",
        style=Style.FUNCTIONAL,
        inputs=(Input(name="x", shape=(None, 9, 4)),),
        layers=(
            Layer(name="lstm", kind="LSTM", config={"units": 5, "return_sequences": True, "return_state": True}),
            Layer(name="again", kind="LSTM", config={"units": 5}),
            Layer(name="dense", kind="Dense", config={"units": 3}),
        ),
        calls=(
            Call(id="lstm", layer="lstm", inputs=("x",)),
            Call(id="again", layer="again", inputs=("lstm", "lstm:1", "lstm:2")),
            Call(id="dense", layer="dense", inputs=("lstm:2",)),
        ),
        outputs=("again", "dense", "lstm:1"),
    )
    table = read_layer_table(architecture)
    assert table.complete
    assert table.rows[1].output_shapes == ((None, 9, 5), (None, 5), (None, 5))
    assert table.rows[2].input_shapes == ((None, 9, 5), (None, 5), (None, 5))
    assert table.rows[3].input_shapes == ((None, 5),)
    beyond = architecture.calls[2].model_copy(update={"inputs": ("lstm:3",)})
    refused = read_layer_table(architecture.model_copy(update={"calls": (*architecture.calls[:2], beyond)}))
    assert refused.failure is not None
    assert refused.failure.message.startswith("lstm yields 3 results; there is no number 3")


@pytest.mark.parametrize("arguments", [{"training": False}, {"training": True}, {"training": None}])
def test_a_call_may_say_whether_it_trains(arguments: dict[str, bool | None]) -> None:
    architecture = drawn_with("BatchNormalization", {}, arguments)
    assert read_layer_table(architecture).complete


def test_scores_of_attention_are_a_second_result() -> None:
    config = {"num_heads": 2, "key_dim": 4}
    call = Call(id="c", layer="l", inputs=("x", "x"), arguments={"return_attention_scores": True})
    architecture = drawn_with("MultiHeadAttention", config, {}).model_copy(update={"calls": (call,)})
    assert read_layer_table(architecture).rows[1].output_shapes == ((None, 6, 4), (None, 2, 6, 6))


def test_a_wrapper_of_a_wrapper_is_read() -> None:
    inner = keras_object("Bidirectional", {"layer": keras_object("LSTM", {"units": 3})})
    table = read_layer_table(
        Architecture(
            name="nested",
            style=Style.FUNCTIONAL,
            inputs=(Input(name="x", shape=(None, 4, 6, 2)),),
            layers=(Layer(name="l", kind="TimeDistributed", config={"layer": inner}),),
            calls=(Call(id="c", layer="l", inputs=("x",)),),
            outputs=("c",),
        )
    )
    assert table.rows[1].output_shapes == ((None, 4, 6),)
    assert table.rows[1].parameters == 2 * 4 * 3 * (2 + 3 + 1)
    assert table.rows[1].macs == 4 * 2 * 6 * 4 * 3 * (2 + 3)


def drawn_with(kind: str, config: dict[str, int], arguments: dict[str, bool | None]) -> Architecture:
    return Architecture(
        name="one",
        style=Style.FUNCTIONAL,
        inputs=(Input(name="x", shape=(None, 6, 4)),),
        layers=(Layer(name="l", kind=kind, config=dict(config)),),
        calls=(Call(id="c", layer="l", inputs=("x",), arguments=dict(arguments)),),
        outputs=("c",),
    )
