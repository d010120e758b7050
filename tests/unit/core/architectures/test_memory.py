"""Memory: sums and an estimate, both by hand."""

from typing import get_args

import keras
import pytest

from app.core.architectures.memory import OPTIMIZER_SLOTS, Precision, totals, training_step_bytes, weight_bytes
from app.core.architectures.presets import build_preset
from app.networks import read_layer_table
from tests.factories.tables import row

TABLE = read_layer_table(build_preset("compact-functional", {"blocks": 1}))


def test_weights_take_four_bytes_each_in_float32_and_under_mixed_precision() -> None:
    parameters = TABLE.totals.parameters
    assert parameters is not None
    assert weight_bytes(TABLE) == weight_bytes(TABLE, precision="mixed_float16") == 4 * parameters
    assert weight_bytes(TABLE, precision="float16") == 2 * parameters


def test_a_step_holds_weights_gradients_moments_and_activations_twice() -> None:
    sums = TABLE.totals
    assert sums.parameters is not None
    assert sums.trainable_parameters is not None
    assert sums.activation_bytes is not None
    assert training_step_bytes(TABLE) == sums.training_bytes
    expected = 4 * (sums.parameters + 3 * sums.trainable_parameters) + 2 * 32 * sums.activation_bytes
    assert training_step_bytes(TABLE, batch_size=32) == expected
    without_moments = expected - 8 * sums.trainable_parameters
    assert training_step_bytes(TABLE, batch_size=32, slots=OPTIMIZER_SLOTS["SGD"]) == without_moments


def test_mixed_precision_halves_the_activations_and_adds_a_copy_of_the_weights() -> None:
    sums = TABLE.totals
    assert sums.parameters is not None
    assert sums.trainable_parameters is not None
    assert sums.activation_bytes is not None
    expected = 4 * (sums.parameters + 3 * sums.trainable_parameters) + 2 * sums.parameters + 8 * sums.activation_bytes
    assert training_step_bytes(TABLE, batch_size=8, precision="mixed_bfloat16") == expected


@pytest.mark.parametrize("precision", get_args(Precision))
def test_every_precision_is_one_of_keras(precision: Precision) -> None:
    assert keras.dtype_policies.get(precision).name == precision
    assert training_step_bytes(TABLE, precision=precision)


@pytest.mark.parametrize("name", OPTIMIZER_SLOTS)
def test_optimizers_keep_as_many_numbers_for_each_weight_as_is_said(name: str) -> None:
    optimizer = getattr(keras.optimizers, name)()
    optimizer.build([keras.Variable(initializer="zeros", shape=(7, 5), name="kernel")])
    slots = [variable for variable in optimizer.variables if tuple(variable.shape) == (7, 5)]
    assert len(slots) == OPTIMIZER_SLOTS[name]


def test_a_sum_over_what_is_not_known_is_not_known() -> None:
    known = row("a", "Dense", after=("x",), arrives=(None, 3), leaves=(None, 3))
    unknown = known.model_copy(update={"parameters": None, "trainable_parameters": None, "macs": None})
    sums = totals([known, unknown])
    assert (sums.parameters, sums.macs, sums.weight_bytes, sums.training_bytes) == (None, None, None, None)
    unreached = unknown.model_copy(update={"reached": False})
    assert totals([known, unreached]).parameters == 100
