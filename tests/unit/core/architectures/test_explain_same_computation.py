"""Definitions that are written otherwise and compute the same, and names that would make two sides equal."""

import keras
import numpy as np
import pytest
from pydantic import JsonValue

from app.core.architectures.activation_layers import _AS_LAYERS
from app.core.architectures.architecture import Architecture, Input
from app.core.architectures.explain import explain, repaired
from app.core.architectures.filling import made_equal
from tests.factories.comparing import chain, conv, dense, tables_of, told

ARGUMENTS = chain(
    conv(activation="relu"), conv(activation="relu"), ("Flatten", {}), dense(3, activation="softmax"), shape=(8, 8, 1)
)
LAYERS = chain(
    conv(), ("ReLU", {}), conv(), ("Activation", {"activation": "relu"}), ("Flatten", {}), dense(3), ("Softmax", {}),
    shape=(8, 8, 1),
)  # fmt: skip


@pytest.mark.parametrize(("left", "right"), [(ARGUMENTS, LAYERS), (LAYERS, ARGUMENTS)])
def test_an_activation_as_a_layer_is_one_cause_that_computes_the_same(left: Architecture, right: Architecture) -> None:
    found = explain(left, right, tables_of)
    out = right is LAYERS
    assert told(found) == [
        ("topology", "activation", *(("relu", ["Activation", "ReLU"]) if out else (["Activation", "ReLU"], "relu"))),
        ("topology", "activation", *(("softmax", ["Softmax"]) if out else (["Softmax"], "softmax"))),
    ]
    assert all(cause.verified and cause.parameter_effect == 0 for cause in found.causes)
    assert all("Both compute the same" in cause.explanation for cause in found.causes)
    assert found.summary.startswith("Both networks compute the same")
    twin = repaired(left, right, tables_of, causes=[cause.id for cause in found.causes])
    assert explain(twin, right, tables_of).identical


@pytest.mark.parametrize("kind", _AS_LAYERS)
def test_keras_computes_the_same_with_the_layer_and_with_the_activation(kind: str) -> None:
    name, arguments = _AS_LAYERS[kind]
    values = np.linspace(-9, 9, 24, dtype="float32").reshape(4, 6)
    layer = getattr(keras.layers, kind)(**arguments)
    np.testing.assert_array_equal(layer(values), keras.activations.get(name)(values))


@pytest.mark.parametrize(
    "right",
    [
        chain(conv(), ("ReLU", {"max_value": 6.0})),
        chain(conv(), ("ReLU", {"negative_slope": 0.1})),
        chain(conv(), ("Activation", {"activation": "tanh"})),
        chain(conv(activation="relu"), ("ReLU", {})),
        chain(conv(), ("BatchNormalization", {}), ("ReLU", {})),
    ],
)
def test_a_layer_that_computes_something_else_is_no_such_cause(right: Architecture) -> None:
    found = explain(chain(conv(activation="relu")), right, tables_of)
    assert "activation" not in [cause.field for cause in found.causes if cause.kind == "topology"]
    assert "compute the same" not in found.summary


def test_a_tensor_taken_before_the_activation_is_no_such_cause() -> None:
    left = chain(conv(activation="relu"))
    plain = chain(conv(), ("ReLU", {}))
    right = plain.model_copy(update={"outputs": ("layer_1", "layer_0")})
    found = explain(left.model_copy(update={"outputs": ("layer_0", "layer_0")}), right, tables_of)
    assert "activation" not in [cause.field for cause in found.causes if cause.kind == "topology"]


def test_activations_beside_another_change_leave_that_change_to_its_own_cause() -> None:
    right = chain(conv(5), ("ReLU", {}), ("Flatten", {}), dense(3))
    found = explain(chain(conv(4, activation="relu"), ("Flatten", {}), dense(3)), right, tables_of)
    assert told(found) == [("topology", "activation", "relu", ["ReLU"]), ("argument", "filters", 4, 5)]
    assert all(cause.verified for cause in found.causes)
    assert "compute the same" not in found.summary


def with_input(*shape: JsonValue, units: JsonValue = 6) -> Architecture:
    image = Input.model_validate({"name": "image", "shape": [None, *shape]})
    return chain(("Dense", {"units": units})).model_copy(update={"inputs": (image,)})


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (with_input(8, units={"symbol": "k"}), with_input(8), "Where k is 6, both are equal."),
        (with_input(8), with_input(8, units={"symbol": "k"}), "Where k is 6, both are equal."),
        (with_input({"symbol": "w"}, {"symbol": "h"}), with_input(4, 5), "Where w is 4 and h is 5, both are equal."),
        (
            with_input({"symbol": "*input_shape"}),
            with_input(4, 5, 3),
            "Where input_shape is (4, 5, 3), both are equal.",
        ),
    ],
)
def test_a_name_that_would_make_both_sides_equal_is_said(left: Architecture, right: Architecture, said: str) -> None:
    (cause,) = explain(left, right, tables_of).causes
    assert said in cause.explanation
    assert "*" not in cause.explanation


def test_a_name_that_cannot_be_both_sizes_is_not_said_to_make_them_equal() -> None:
    (cause,) = explain(with_input({"symbol": "w"}, {"symbol": "w"}, 3), with_input(4, 5, 3), tables_of).causes
    assert "both are equal" not in cause.explanation
    assert made_equal([None, {"symbol": "w"}], [None, 4, 5]) is None
