"""Runs that go on: bit-identical from epoch boundaries with everything that a configuration may ask for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.database.migrate import upgrade
from app.core.runs.configuration import Configuration
from app.core.runs.run import EventKind
from tests.factories.fitting import after, claimed_run, fit, material, network_of
from worker.trainer.callbacks import OutOfTimeError, StoppedError
from worker.trainer.checkpoints import Checkpoints
from worker.trainer.compiling import be_repeatable, compiled, gradient_norm

# TensorFlow's tensors do not know NumPy 2's `copy` yet; every conversion of one warns.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")

EVERYTHING: dict[str, Any] = {
    "epochs": 4,
    "optimizer": {"name": "adamw", "learning_rate": 0.01, "use_ema": True, "gradient_accumulation_steps": 2},
    "schedule": {"kind": "cosine", "warm_up_epochs": 1.5, "over_epochs": 6},
    "clipping": {"kind": "global_norm", "threshold": 0.5},
    "label_smoothing": 0.1,
    "class_weights": "balanced",
    "augmentation": {"flip": "both", "rotation": 20, "shift": 0.1, "zoom": 0.1, "brightness": 0.1, "contrast": 0.1, "noise": 0.05},
    "regularization": {"l1": 1e-4, "l2": 1e-3},
}  # fmt: skip
PLATEAU = {"schedule": {"kind": "plateau", "patience": 1, "factor": 0.5, "min_delta": 1.0}, "monitor": "val_loss"}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqlDatabase]:
    url = f"sqlite:///{tmp_path / 'test.sqlite3'}"
    upgrade(url)
    opened = SqlDatabase(url, clock=utc_now, new_id=new_id)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "changes", [EVERYTHING, PLATEAU, {"precision": "mixed_float16"}], ids=["everything", "plateau", "half"]
)
def test_a_training_broken_off_ends_with_the_weights_of_one_that_was_not(
    database: SqlDatabase, tmp_path: Path, changes: dict[str, Any]
) -> None:
    whole = fit(network_of("functional"), tmp_path / "whole", database, **changes)
    with pytest.raises(StoppedError):
        fit(network_of("functional"), tmp_path / "parts", database, asked_to_stop=after(4), **changes)
    continued = fit(network_of("functional"), tmp_path / "parts", database, **changes)
    assert continued.course.history == whole.course.history
    assert continued.digest == whole.digest
    rates = [record.values["learning_rate"] for record in whole.course.history]
    assert len(set(rates)) > 1 or "precision" in changes


def test_more_epochs_come_to_what_they_would_have_come_to_at_once(database: SqlDatabase, tmp_path: Path) -> None:
    whole = fit(network_of("sequential"), tmp_path / "whole", database, **EVERYTHING)
    fit(network_of("sequential"), tmp_path / "parts", database, **EVERYTHING | {"epochs": 2})
    continued = fit(network_of("sequential"), tmp_path / "parts", database, **EVERYTHING)
    assert (continued.digest, continued.course.history) == (whole.digest, whole.course.history)


def test_within_an_epoch_no_batch_is_repeated_or_left_out_and_its_metrics_are_marked(
    database: SqlDatabase, tmp_path: Path
) -> None:
    run = claimed_run(database)
    with pytest.raises(StoppedError):
        fit(network_of("sequential"), tmp_path, database, run=run, asked_to_stop=after(4), checkpoint_seconds=0)
    state = Checkpoints(tmp_path).newest(architecture=network_of("sequential").digest)
    assert state is not None
    assert (state.epoch, state.batch, state.step) == (1, 1, 4)
    outcome = fit(network_of("sequential"), tmp_path, database, run=run, checkpoint_seconds=0)
    assert [record.measured_batches for record in outcome.course.history] == [None, 2, None]
    assert outcome.course.step == 9
    with database.transaction() as transaction:
        events = transaction.runs.events(run.id)
    told = [step for event in events if event.kind is EventKind.METRICS for step in event.payload["step"]]  # type: ignore[union-attr]
    # The step at which the first attempt was broken off had been told and not been kept: it is done and told again.
    assert sorted(set(told)) == list(range(1, 10))
    assert all(told.count(step) == 1 for step in (1, 2, 3, 4, 6, 7, 8, 9))


def test_weights_within_an_epoch_go_on_from_where_they_were(database: SqlDatabase, tmp_path: Path) -> None:
    whole = fit(network_of("sequential"), tmp_path / "whole", database)
    with pytest.raises(StoppedError):
        fit(network_of("sequential"), tmp_path / "parts", database, asked_to_stop=after(4), checkpoint_seconds=0)
    continued = fit(network_of("sequential"), tmp_path / "parts", database)
    assert continued.digest == whole.digest
    assert [record.epoch for record in continued.course.history] == [1, 2, 3]


def test_early_stopping_ends_a_run_and_a_new_attempt_does_not_go_on(database: SqlDatabase, tmp_path: Path) -> None:
    changes = {"epochs": 50, "early_stopping": {"patience": 2, "min_delta": 10.0}, "monitor": "val_loss"}
    stopped = fit(network_of("sequential"), tmp_path, database, **changes)
    assert len(stopped.course.history) == 3  # the first is the best, the two behind it are not better by 10
    again = fit(network_of("sequential"), tmp_path, database, **changes)
    assert (len(again.course.history), again.digest) == (3, stopped.digest)


def test_a_time_limit_ends_a_run_and_counts_what_earlier_attempts_took(database: SqlDatabase, tmp_path: Path) -> None:
    fit(network_of("sequential"), tmp_path, database, epochs=1)
    state = Checkpoints(tmp_path).newest(architecture=network_of("sequential").digest)
    assert state is not None
    assert state.seconds > 0
    with pytest.raises(OutOfTimeError):
        fit(network_of("sequential"), tmp_path, database, epochs=50, time_limit_minutes=state.seconds / 60)


def test_several_steps_per_execution_count_every_step(database: SqlDatabase, tmp_path: Path) -> None:
    outcome = fit(network_of("sequential"), tmp_path, database, steps_per_execution=2)
    assert outcome.course.step == 9
    assert [record.step for record in outcome.course.history] == [3, 6, 9]


@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
def test_every_step_tells_its_rate_its_gradients_and_its_pace(
    database: SqlDatabase, tmp_path: Path, precision: str
) -> None:
    run = claimed_run(database)
    fit(network_of("functional"), tmp_path, database, run=run, precision=precision, **PLATEAU)
    with database.transaction() as transaction:
        events = transaction.runs.events(run.id, kinds=(EventKind.METRICS,))
    told: dict[str, list[Any]] = {}
    for event in events:
        for name, column in event.payload["values"].items():  # type: ignore[union-attr]
            told.setdefault(name, []).extend(column)
    assert set(told) == {"loss", "accuracy", "learning_rate", "gradient_norm", "images_per_second"}
    assert {len(column) for column in told.values()} == {9}
    assert told["learning_rate"] == pytest.approx([1e-3] * 6 + [5e-4] * 3)
    assert all(norm > 0 for norm in told["gradient_norm"])
    assert all(pace > 0 for pace in told["images_per_second"])


def test_the_norm_that_is_told_is_that_of_the_step(tmp_path: Path) -> None:
    asked = Configuration.model_validate(
        {"optimizer": {"name": "sgd", "learning_rate": 0.5}, "seed": 5, "batch_size": 8}
    )
    be_repeatable(asked)
    network = compiled(network_of("functional"), asked, classes=3)
    before = [np.array(keras.ops.convert_to_numpy(entry.value)) for entry in network.trainable_variables]
    images, targets = material(asked).train[0]
    network.train_on_batch(images, targets)
    after_it = [np.array(keras.ops.convert_to_numpy(entry.value)) for entry in network.trainable_variables]
    moved = sum(float(((one - two) ** 2).sum()) for one, two in zip(before, after_it, strict=True))
    assert gradient_norm(network.optimizer) == pytest.approx(moved**0.5 / 0.5, rel=1e-4)
