"""Each kind of layer: what the table says is what a layer of Keras says, and its arguments can be given back."""

import warnings
from math import prod
from typing import Any

import keras
import pytest

from app.core.architectures import costs
from app.core.architectures.kinds import APPLICATION_KINDS, TAKE_STATES
from app.networks.facts import Tensor, described, facts, forget_session
from tests.factories.example_layers import BUILT, CONFIGS, arriving
from tests.factories.keras_twins import keras_inputs, keras_layer


@pytest.mark.parametrize("kind", BUILT)
def test_shapes_and_counts_are_those_of_the_layer(kind: str) -> None:
    config, given = CONFIGS.get(kind, {}), arriving(kind)
    answer = facts(kind, config, arriving=given, built_on=given, arguments={})
    assert not answer.refusal
    with warnings.catch_warnings(), keras.StatelessScope(initialize_variables=False):
        layer = keras_layer(kind, config)
        made = layer(*keras_inputs(kind, [keras.KerasTensor(shape, dtype=dtype) for shape, dtype in given]))
        expected = tuple((tuple(tensor.shape), tensor.dtype) for tensor in keras.tree.flatten(made))
        counts = (layer.count_params(), sum(prod(weight.shape) for weight in layer.trainable_weights))
    forget_session()
    assert answer.results == expected
    assert (answer.parameters, answer.trainable) == counts


@pytest.mark.parametrize("kind", BUILT)
def test_arguments_can_be_given_back(kind: str) -> None:
    config = CONFIGS.get(kind, {})
    first = described(kind, config)
    assert first.settings is not None, first.refusal
    assert described(kind, first.settings).settings == first.settings
    assert described(kind, first.shown).settings == first.settings
    assert described(kind, first.shown).shown == first.shown
    assert set(config) - set(first.settings) == set()


@pytest.mark.parametrize("kind", BUILT)
def test_the_cost_of_every_kind_is_known_but_that_of_a_spectrogram(kind: str) -> None:
    given = arriving(kind)
    config = CONFIGS.get(kind, {})
    answer = facts(kind, config, arriving=given, built_on=given, arguments={})
    cost = costs.multiply_adds(
        kind,
        described(kind, config).settings or {},
        inputs=[shape for shape, _ in given],
        outputs=[shape for shape, _ in answer.results],
    )
    assert (cost is None) == (kind == "MelSpectrogram")


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN", "ConvLSTM2D", "Bidirectional", "RNN"])
def test_recurrent_layers_start_from_the_states_they_are_given(kind: str) -> None:
    assert kind in TAKE_STATES
    config = {**CONFIGS[kind], "return_state": True} if kind not in {"Bidirectional", "RNN"} else CONFIGS[kind]
    given = arriving(kind)
    alone = facts(kind, config, arriving=given, built_on=given, arguments={})
    inner: dict[str, list[Tensor]] = {
        "Bidirectional": [((None, 3), "float32")] * 2,
        "RNN": [((None, 4), "float32")] * 2,
    }
    states = inner.get(kind) or list(alone.results[1:])
    with_states = [*given, *states]
    answer = facts(kind, config, arriving=with_states, built_on=with_states, arguments={})
    assert not answer.refusal
    assert (answer.results, answer.parameters) == (alone.results, alone.parameters)


def test_application_kinds_are_not_public_and_are_built_all_the_same() -> None:
    assert not any(hasattr(keras.layers, kind) for kind in APPLICATION_KINDS)


def test_a_layer_that_keeps_its_state_needs_to_know_how_many_images_come_at_once() -> None:
    config: dict[str, Any] = {"units": 3, "stateful": True}
    known: list[Tensor] = [((4, 5, 2), "float32")]
    answer = facts("LSTM", config, arriving=known, built_on=known, arguments={})
    assert answer.results == (((4, 3), "float32"),)
    unknown: list[Tensor] = [((None, 5, 2), "float32")]
    assert "batch size" in facts("LSTM", config, arriving=unknown, built_on=unknown, arguments={}).refusal


def test_a_million_unrolled_steps_cost_no_more_than_one() -> None:
    long: list[Tensor] = [((None, 1_000_000, 2), "float32")]
    answer = facts("LSTM", {"units": 3, "unroll": True}, arriving=long, built_on=long, arguments={})
    assert answer.results == (((None, 3), "float32"),)
