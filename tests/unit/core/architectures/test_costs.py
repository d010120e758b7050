"""Costs are those of the books, of arithmetic by hand, and of the tables of papers."""

from typing import Any

import pytest
from pydantic import JsonValue

from app.core.architectures.architecture import Layer, Shape, Symbol
from app.core.architectures.costs import activation_bytes, multiply_adds
from app.core.architectures.plain_words import plain_words
from app.core.architectures.written import keras_object

CONV = {"filters": 64, "kernel_size": [3, 3]}


def cost(kind: str, config: dict[str, Any], *inputs: Shape, yields: Shape) -> int | None:
    return multiply_adds(kind, config, inputs=inputs, outputs=[yields])


def test_the_first_convolution_of_vgg_costs_87_million_multiply_adds() -> None:
    assert cost("Conv2D", CONV, (None, 224, 224, 3), yields=(None, 224, 224, 64)) == 86_704_128


def test_channels_stand_where_data_format_says() -> None:
    first = {**CONV, "data_format": "channels_first"}
    assert cost("Conv2D", first, (None, 3, 224, 224), yields=(None, 64, 224, 224)) == 86_704_128


def test_groups_share_the_work() -> None:
    assert cost("Conv2D", {**CONV, "groups": 4}, (None, 8, 8, 16), yields=(None, 8, 8, 64)) == 8 * 8 * 64 * 9 * 4


def test_convolutions_in_one_and_three_directions() -> None:
    assert cost("Conv1D", {"filters": 4, "kernel_size": [5]}, (None, 20, 3), yields=(None, 16, 4)) == 16 * 4 * 5 * 3
    cube = {"filters": 2, "kernel_size": [2, 2, 2]}
    assert cost("Conv3D", cube, (None, 4, 4, 4, 3), yields=(None, 3, 3, 3, 2)) == 27 * 2 * 8 * 3


def test_a_transposed_convolution_multiplies_what_arrives() -> None:
    config = {"filters": 8, "kernel_size": [4, 4], "strides": [2, 2]}
    assert cost("Conv2DTranspose", config, (None, 7, 7, 16), yields=(None, 14, 14, 8)) == 7 * 7 * 16 * 16 * 8


def test_depthwise_and_separable_convolutions_cost_what_mobilenets_say() -> None:
    # Howard et al. 2017, equation 5: D_K^2 M D_F^2 + M N D_F^2 with D_K = 3, M = 32, N = 64, D_F = 112.
    assert (
        cost("DepthwiseConv2D", {"kernel_size": 3}, (None, 112, 112, 32), yields=(None, 112, 112, 32))
        == 9 * 32 * 112**2
    )
    separable = {"filters": 64, "kernel_size": 3}
    whole = cost("SeparableConv2D", separable, (None, 112, 112, 32), yields=(None, 112, 112, 64))
    assert whole == 9 * 32 * 112**2 + 32 * 64 * 112**2


def test_a_dense_layer_costs_its_kernel_at_every_place() -> None:
    assert cost("Dense", {"units": 4096}, (None, 25088), yields=(None, 4096)) == 102_760_448
    assert cost("Dense", {"units": 5}, (None, 7, 3), yields=(None, 7, 5)) == 7 * 3 * 5


@pytest.mark.parametrize(
    ("equation", "arrives", "leaves", "expected"),
    [
        ("abc,cd->abd", (None, 7, 3), (None, 7, 5), 7 * 3 * 5),
        ("...x,xy->...y", (None, 7, 3), (None, 7, 5), 7 * 3 * 5),
        ("abc,bcd->ad", (None, 7, 3), (None, 5), 7 * 3 * 5),
    ],
)
def test_an_einsum_sums_over_the_letters_that_go(equation: str, arrives: Shape, leaves: Shape, expected: int) -> None:
    assert cost("EinsumDense", {"equation": equation}, arrives, yields=leaves) == expected


@pytest.mark.parametrize(("kind", "gates"), [("LSTM", 4), ("GRU", 3), ("SimpleRNN", 1)])
def test_a_recurrent_layer_multiplies_input_and_state_for_each_gate(kind: str, gates: int) -> None:
    expected = 10 * gates * 6 * (5 + 6)
    assert cost(kind, {"units": 6}, (None, 10, 5), yields=(None, 6)) == expected
    both = {"layer": keras_object(kind, {"units": 6}), "backward_layer": None}
    assert cost("Bidirectional", both, (None, 10, 5), yields=(None, 12)) == 2 * expected
    cell = {"cell": keras_object(f"{kind}Cell", {"units": 6})}
    assert cost("RNN", cell, (None, 10, 5), yields=(None, 6)) == expected


def test_cells_above_one_another_take_what_those_beneath_yield() -> None:
    cells: list[JsonValue] = [keras_object("LSTMCell", {"units": 6}), keras_object("GRUCell", {"units": 2})]
    expected = 10 * (4 * 6 * (5 + 6) + 3 * 2 * (6 + 2))
    assert cost("RNN", {"cell": cells}, (None, 10, 5), yields=(None, 2)) == expected
    stacked = keras_object("StackedRNNCells", {"cells": cells})
    assert cost("RNN", {"cell": stacked}, (None, 10, 5), yields=(None, 2)) == expected


def test_a_recurrent_convolution_is_two_convolutions_for_each_gate_at_every_step() -> None:
    config = {"filters": 4, "kernel_size": [3, 3]}
    expected = 5 * 4 * (6 * 6 * 4) * 9 * (2 + 4)
    assert cost("ConvLSTM2D", config, (None, 5, 8, 8, 2), yields=(None, 6, 6, 4)) == expected
    assert cost("ConvLSTM2D", config, (None, 5, 8, 8, 2), yields=(None, 5, 6, 6, 4)) == expected


def test_a_layer_at_every_step_costs_as_often() -> None:
    config = {"layer": keras_object("Conv2D", {"filters": 4, "kernel_size": 3})}
    assert cost("TimeDistributed", config, (None, 5, 8, 8, 2), yields=(None, 5, 6, 6, 4)) == 5 * 36 * 4 * 9 * 2


def test_multi_head_attention_is_projections_scores_and_sums() -> None:
    # Vaswani et al. 2017, base model: 8 heads of 64 on a width of 512; four projections n d^2 and two products n^2 d.
    heads = {"num_heads": 8, "key_dim": 64, "value_dim": 64}
    n, d = 100, 512
    assert (
        cost("MultiHeadAttention", heads, (None, n, d), (None, n, d), yields=(None, n, d))
        == 4 * n * d * d + 2 * n * n * d
    )


def test_grouped_queries_save_keys_and_values() -> None:
    heads = {"head_dim": 64, "num_query_heads": 8, "num_key_value_heads": 2}
    n, d = 100, 512
    expected = 2 * n * d * d + 2 * n * d * 128 + 2 * n * n * d
    assert cost("GroupQueryAttention", heads, (None, n, d), (None, n, d), yields=(None, n, d)) == expected


def test_attention_without_weights_is_two_products() -> None:
    assert cost("Attention", {}, (None, 7, 4), (None, 9, 4), yields=(None, 7, 4)) == 7 * 9 * 8
    assert cost("Dot", {"axes": [2, 2]}, (None, 7, 4), (None, 9, 4), yields=(None, 7, 9)) == 7 * 9 * 4


@pytest.mark.parametrize("kind", ["MaxPooling2D", "BatchNormalization", "Add", "Embedding", "RandomFlip", "Flatten"])
def test_what_multiplies_no_matrices_is_free(kind: str) -> None:
    assert cost(kind, {}, (None, 8, 8, 3), yields=(None, 4, 4, 3)) == 0


def test_what_is_not_known_is_none() -> None:
    assert cost("Conv2D", CONV, (None, None, None, 3), yields=(None, None, None, 64)) is None
    assert cost("Dense", {"units": 3}, (None, Symbol(symbol="n")), yields=(None, 3)) is None
    assert cost("MyLayer", {}, (None, 3), yields=(None, 3)) is None
    assert cost("MelSpectrogram", {}, (None, 300), yields=(None, 3, 129)) is None
    assert cost("Conv2D", {"filters": 3}, (None, 8, 8, 3), yields=(None, 8, 8, 3)) is not None
    assert cost("Conv2D", {"kernel_size": "three"}, (None, 8, 8, 3), yields=(None, 8, 8, 3)) is None
    assert cost("LSTM", {"units": 3}, (None, 8), yields=(None, 3)) is None
    assert activation_bytes([(None, None, 3)]) is None


def test_activations_take_four_bytes_or_what_their_type_takes() -> None:
    assert activation_bytes([(None, 10, 3), (None, 2)]) == 4 * 32
    assert activation_bytes([(None, 10, 3)], ["float16"]) == 60
    assert activation_bytes([(None, 10, 3)], ["int64"]) == 240


def test_a_map_that_is_too_small_is_explained_in_plain_words() -> None:
    layer = Layer(name="c", kind="Conv2D", config=dict(CONV))
    assert "a 1 × 1 map arrives, which a 3 × 3 window" in plain_words(layer, [(None, 1, 1, 512)])
    assert plain_words(layer, [(None, 8, 8, 512)]) == ""
    assert plain_words(Layer(name="d", kind="Dense"), [(None, 1, 1, 1)]) == ""
