"""Every setting of a training, with Keras as the oracle."""

import inspect
import typing
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.core.runs import optimizers, schedules
from app.core.runs.configuration import Configuration, Loss
from app.core.runs.schedules import OnPlateau, rate_at
from app.core.runs.stopping import EarlyStopping, is_over
from worker.trainer.compiling import loss_of, optimizer_of

# TensorFlow's tensors do not know NumPy 2's `copy` yet; every conversion of one warns.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")

KINDS = [
    made for made in vars(optimizers).values() if isinstance(made, type) and "name" in getattr(made, "model_fields", {})
]
ELSEWHERE = {"name", "clipnorm", "clipvalue", "global_clipnorm", "loss_scale_factor", "ema_overwrite_frequency"}
NOT_NUMBERS = {"exclude_layers", "exclude_embeddings"}


def keras_class(name: str) -> type[keras.optimizers.Optimizer]:
    return type(optimizer_of(Configuration.model_validate({"optimizer": name}).optimizer))


def test_every_optimizer_of_keras_can_be_asked_for() -> None:
    there = {
        name.lower()
        for name, made in vars(keras.optimizers).items()
        if inspect.isclass(made) and issubclass(made, keras.optimizers.Optimizer)
    }
    wrappers = {"optimizer", "lossscaleoptimizer", "multioptimizer"}
    assert {kind.model_fields["name"].default for kind in KINDS} == there - wrappers


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_optimizer_takes_kerass_arguments_with_kerass_defaults(kind: Any) -> None:
    name = kind.model_fields["name"].default
    signature = inspect.signature(keras_class(name).__init__).parameters
    theirs = {
        key: parameter.default
        for key, parameter in signature.items()
        if key not in ELSEWHERE | NOT_NUMBERS and parameter.default is not inspect.Parameter.empty
    }
    assert {key: value for key, value in kind().json_object().items() if key != "name"} == theirs


@pytest.mark.parametrize("loss", typing.get_args(Loss))
def test_every_loss_is_one_of_kerass(loss: str) -> None:
    found = keras.losses.get(loss_of(Configuration(loss=loss)))  # type: ignore[arg-type]
    value = keras.ops.mean(found(np.eye(3, dtype="float32"), np.full((3, 3), 1 / 3, dtype="float32")))
    assert np.isfinite(float(value))


def test_labels_are_smoothed_only_where_keras_does() -> None:
    assert loss_of(Configuration(label_smoothing=0.1)).label_smoothing == 0.1  # type: ignore[union-attr]
    with pytest.raises(ValidationError, match="smooths no labels"):
        Configuration(loss="huber", label_smoothing=0.1)


def test_what_was_kept_before_there_were_more_settings_is_still_read() -> None:
    kept = {"epochs": 5, "batch_size": 8, "optimizer": {"name": "adam", "learning_rate": 0.01}, "seed": 3}
    found = Configuration.model_validate(kept)
    assert (found.optimizer.name, found.optimizer.learning_rate) == ("adam", 0.01)
    assert Configuration.model_validate(found.json_object()) == found
    assert Configuration.model_validate({"optimizer": {"learning_rate": 0.5}}).optimizer.name == "adam"


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"epochs": 10**9},
        {"optimizer": {"name": "adam", "learning_rate": 0}},
        {"optimizer": {"name": "adam", "learning_rate": 1e30}},
        {"optimizer": {"name": "adam", "learning_rate": float("nan")}},
        {"optimizer": {"name": "adam", "learning_rate": float("inf")}},
        {"optimizer": {"name": "adam", "momentum": 0.9}},
        {"optimizer": {"name": "adamax2"}},
        {"seed": 2**32},
        {"validation_split": 0},
        {"validation_split": 1},
        {"validation_split": float("nan")},
        {"schedule": {"kind": "cosine", "warm_up_epochs": 100}},
        {"augmentation": {"rotation": 720}},
        {"class_weights": {"1": -1}},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Configuration.model_validate(wrong)


def rates(schedule: dict[str, Any], *, epochs: int = 10, steps_per_epoch: int = 4) -> list[float]:
    asked = Configuration.model_validate({"schedule": schedule, "epochs": epochs}).schedule
    return [
        rate_at(0.1, asked, step=step, steps_per_epoch=steps_per_epoch, epochs=epochs, monitor="val_loss")
        for step in range(epochs * steps_per_epoch)
    ]


def test_a_constant_rate_stays() -> None:
    assert set(rates({"kind": "constant"})) == {0.1}


def test_steps_exponential_and_cosine_are_kerass() -> None:
    steps = np.arange(40)
    stair = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=12, decay_rate=0.5, staircase=True)
    smooth = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=4, decay_rate=0.9)
    cosine = keras.optimizers.schedules.CosineDecay(0.1, decay_steps=32, alpha=0.1)
    for schedule, oracle in (
        ({"kind": "step", "every_epochs": 3, "factor": 0.5}, stair),
        ({"kind": "exponential", "factor": 0.9}, smooth),
        ({"kind": "cosine", "over_epochs": 8, "final_share": 0.1}, cosine),
    ):
        np.testing.assert_allclose(
            rates(schedule), [keras.ops.convert_to_numpy(oracle(step)).item() for step in steps], rtol=1e-5
        )


def test_a_warm_up_rises_evenly_to_the_rate() -> None:
    found = rates({"kind": "constant", "warm_up_epochs": 2})
    np.testing.assert_allclose(found[:8], np.arange(1, 9) / 8 * 0.1)
    assert set(found[8:]) == {0.1}


values = st.lists(st.sampled_from([0.1, 0.2, 0.5, 0.50001, 0.9]), max_size=12)


class _Trained:
    """As much of a network as Keras's callbacks ask for."""

    def __init__(self) -> None:
        self.optimizer = keras.optimizers.SGD(0.1)
        self.stop_training = False


@given(values=values, patience=st.integers(1, 3), monitor=st.sampled_from(["val_loss", "val_accuracy"]))
def test_a_plateau_is_kerass(values: list[float], patience: int, monitor: Any) -> None:
    schedule = OnPlateau(factor=0.5, patience=patience, min_delta=0.001, minimum=0.02)
    mode = "min" if monitor == "val_loss" else "max"
    oracle = keras.callbacks.ReduceLROnPlateau(
        monitor, factor=0.5, patience=patience, mode=mode, min_delta=0.001, min_lr=0.02
    )
    oracle.set_model(_Trained())
    oracle.on_train_begin()
    for epoch, value in enumerate(values):
        oracle.on_epoch_end(epoch, {monitor: value})
    found = rate_at(0.1, schedule, step=0, steps_per_epoch=1, epochs=99, monitor=monitor, monitored=values)
    assert found == pytest.approx(keras.ops.convert_to_numpy(oracle.model.optimizer.learning_rate).item())


@given(
    values=values, patience=st.integers(1, 3), start=st.integers(0, 3), monitor=st.sampled_from(["loss", "accuracy"])
)
def test_early_stopping_is_kerass(values: list[float], patience: int, start: int, monitor: Any) -> None:
    stopping = EarlyStopping(patience=patience, min_delta=0.001, start_from_epoch=start)
    oracle = keras.callbacks.EarlyStopping(
        monitor, patience=patience, min_delta=0.001, mode="min" if monitor == "loss" else "max", start_from_epoch=start
    )
    oracle.set_model(_Trained())
    oracle.on_train_begin()
    for epoch, value in enumerate(values):
        oracle.on_epoch_end(epoch, {monitor: value})
        assert is_over(stopping, values[: epoch + 1], monitor=monitor) == oracle.model.stop_training
        if oracle.model.stop_training:
            break


def test_a_value_that_is_no_number_improves_nothing() -> None:
    assert is_over(EarlyStopping(patience=2), [0.5, None, None], monitor="loss")
    assert not is_over(EarlyStopping(patience=2), [None, 0.5, None], monitor="loss")


def test_the_shapes_of_all_schedules_are_told_by_their_kinds() -> None:
    kinds = {
        made.model_fields["kind"].default
        for made in vars(schedules).values()
        if isinstance(made, type) and "kind" in getattr(made, "model_fields", {})
    }
    assert kinds == {"constant", "step", "exponential", "cosine", "plateau"}


def test_a_batch_that_devices_cannot_share_is_refused_with_one_that_they_can() -> None:
    with pytest.raises(ValidationError, match="at least 3 images, or fewer devices"):
        Configuration.model_validate({"batch_size": 2, "device": {"count": 3}})
    assert Configuration.model_validate({"batch_size": 3, "device": {"count": 3}}).device.count == 3
