"""Arguments are written one way, whichever way they were given, and can be given back."""

import re
from typing import Any

import pytest

from app.core.architectures.written import keras_object
from app.networks.facts import described


def settings(kind: str, **config: Any) -> dict[str, Any]:
    found = described(kind, config).settings
    assert found is not None, described(kind, config).refusal
    return found


def shown(kind: str, **config: Any) -> dict[str, Any]:
    return described(kind, config).shown


def test_every_argument_of_a_convolution_is_there_and_nothing_else() -> None:
    assert settings("Conv2D", filters=3, kernel_size=3) == {
        "filters": 3,
        "kernel_size": [3, 3],
        "strides": [1, 1],
        "padding": "valid",
        "data_format": "channels_last",
        "dilation_rate": [1, 1],
        "groups": 1,
        "activation": "linear",
        "use_bias": True,
        "kernel_initializer": "glorot_uniform",
        "bias_initializer": "zeros",
        "kernel_regularizer": None,
        "bias_regularizer": None,
        "activity_regularizer": None,
        "kernel_constraint": None,
        "bias_constraint": None,
    }


def test_a_number_and_a_list_and_an_explicit_default_are_the_same() -> None:
    plain = settings("Conv2D", filters=3, kernel_size=3)
    assert settings("Conv2D", filters=3, kernel_size=[3, 3], strides=1, padding="VALID", activation=None) == plain
    assert settings("Conv2D", filters=3, kernel_size=3, data_format="channels_last", activation="linear") == plain
    assert shown("Conv2D", filters=3, kernel_size=3, strides=[1, 1], use_bias=True) == {
        "filters": 3,
        "kernel_size": [3, 3],
    }


def test_what_is_required_is_shown_whatever_it_is_and_the_rest_where_it_differs() -> None:
    assert shown("Dropout", rate=0.5) == {"rate": 0.5}
    assert shown("MaxPooling2D") == {}
    assert shown("MaxPooling2D", pool_size=3) == {"pool_size": [3, 3]}
    assert shown("MaxPooling2D", pool_size=3, strides=3) == {"pool_size": [3, 3]}
    assert shown("MaxPooling2D", pool_size=3, strides=2) == {"pool_size": [3, 3], "strides": [2, 2]}
    assert shown("MultiHeadAttention", num_heads=2, key_dim=4) == {"num_heads": 2, "key_dim": 4}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("l2", "l2"),
        (keras_object("L2", {}), "l2"),
        (keras_object("L2", {"l2": 0.01}), "l2"),
        (keras_object("L2", {"l2": 0.5}), keras_object("L2", {"l2": 0.5})),
        (keras_object("L1L2", {"l1": 0.1}), keras_object("L1L2", {"l1": 0.1})),
        (None, None),
    ],
)
def test_a_regularizer_is_its_name_or_what_differs(written: Any, expected: Any) -> None:
    assert settings("Dense", units=1, kernel_regularizer=written)["kernel_regularizer"] == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("HeNormal", "he_normal"),
        (keras_object("HeNormal", {"seed": 3}), keras_object("HeNormal", {"seed": 3})),
        ("Orthogonal", "orthogonal"),
        (keras_object("Constant", {"value": 0.0}), keras_object("Constant", {"value": 0.0})),
        (keras_object("VarianceScaling", {"mode": "fan_out"}), keras_object("VarianceScaling", {"mode": "fan_out"})),
    ],
)
def test_an_initializer_is_its_name_or_what_differs(written: Any, expected: Any) -> None:
    made = settings("Dense", units=1, kernel_initializer=written)
    assert made["kernel_initializer"] == expected
    assert settings("Dense", **made) == made


def test_constraints_and_activations_have_one_name() -> None:
    made = settings("Dense", units=1, kernel_constraint=keras_object("MaxNorm", {"max_value": 3}), activation="swish")
    assert made["kernel_constraint"] == keras_object("MaxNorm", {"max_value": 3})
    assert made["activation"] == "silu"
    assert settings("Activation", activation=keras_object("LeakyReLU", {"negative_slope": 0.1}))["activation"] == (
        keras_object("LeakyReLU", {"negative_slope": 0.1})
    )


def test_an_inner_layer_shows_what_differs() -> None:
    inner = keras_object("LSTM", {"units": 4, "activation": "tanh", "return_sequences": True})
    made = settings("Bidirectional", layer=inner)
    assert made == {
        "merge_mode": "concat",
        "layer": keras_object("LSTM", {"return_sequences": True, "units": 4}),
        "backward_layer": None,
    }
    backward = keras_object("LSTM", {"units": 4, "go_backwards": True, "return_sequences": True, "use_bias": False})
    assert settings("Bidirectional", layer=inner, backward_layer=backward)["backward_layer"] == backward


def test_cells_are_written_as_they_are_given() -> None:
    cell = keras_object("LSTMCell", {"units": 4})
    assert settings("RNN", cell=cell)["cell"] == cell
    assert settings("RNN", cell=[cell])["cell"] == keras_object("StackedRNNCells", {"cells": [cell]})


def test_trainable_and_dtype_are_there_where_they_are_not_the_usual() -> None:
    assert "trainable" not in settings("Dense", units=1)
    assert settings("Dense", units=1, trainable=False)["trainable"] is False
    assert "dtype" not in settings("Dense", units=1, dtype="float32")
    assert settings("Dense", units=1, dtype="mixed_float16")["dtype"] == "mixed_float16"
    assert settings("Add", trainable=False) == {"trainable": False}


def test_numbers_of_a_normalization_stay_numbers() -> None:
    made = settings("Normalization", mean=[0.5, 0.25], variance=[1.0, 2.0])
    assert (made["mean"], made["variance"], made["axis"]) == ([0.5, 0.25], [1.0, 2.0], [-1])


@pytest.mark.parametrize(
    ("kind", "config", "says"),
    [
        ("Dense", {"unit": 3}, "unit"),
        ("Dense", {"units": "many"}, "units"),
        ("Dense", {}, "units"),
        ("Conv2D", {"filters": 2, "kernel_size": 3, "padding": "full"}, "padding"),
        ("Dense", {"units": 3, "activation": "rellu"}, "rellu"),
        ("Dense", {"units": 10**18}, "^units is 1000000000000000000, larger than 1,000,000,000"),
        ("LSTM", {"units": 3, "kernel_initializer": {"class_name": "Zeros"}}, "as kind and config"),
    ],
)
def test_what_keras_refuses_is_said_without_an_exception(kind: str, config: dict[str, Any], says: str) -> None:
    found = described(kind, config)
    assert found.settings is None
    assert found.shown == config
    assert not found.unknown
    assert re.search(says, found.refusal)
