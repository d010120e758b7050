"""Training itself, in this process: small networks, real Keras, a real SQLite."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.database.migrate import upgrade
from app.core.architectures.architecture import Layer
from app.core.datasets.dataset import Split
from app.core.errors import InvalidError
from app.core.runs.configuration import Configuration
from app.core.runs.evaluation import evaluate
from app.core.runs.lifecycle import RunState
from app.core.runs.run import EventKind
from tests.factories.fitting import BASE, after, claimed_run, fit, material, network_of
from tests.factories.image_records import record
from worker.trainer.callbacks import DivergedError, StoppedError
from worker.trainer.checkpoints import Checkpoints, CheckpointState
from worker.trainer.compiling import compiled
from worker.trainer.evaluation import answers

# TensorFlow's tensors do not know NumPy 2's `copy` yet; every conversion of one warns.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqlDatabase]:
    url = f"sqlite:///{tmp_path / 'test.sqlite3'}"
    upgrade(url)
    opened = SqlDatabase(url, clock=utc_now, new_id=new_id)
    yield opened
    opened.close()


def test_every_style_ends_with_the_same_weights_and_metrics(database: SqlDatabase, tmp_path: Path) -> None:
    outcomes = [
        fit(network_of(style), tmp_path / style, database) for style in ("sequential", "functional", "subclassed")
    ]
    assert len({outcome.digest for outcome in outcomes}) == 1
    histories = [[record.values for record in outcome.course.history] for outcome in outcomes]
    assert histories[0] == histories[1] == histories[2]
    assert len(histories[0]) == 3


@pytest.mark.parametrize("style", ["sequential", "functional", "subclassed"])
def test_a_training_broken_off_goes_on_as_if_it_had_not_been(database: SqlDatabase, tmp_path: Path, style: str) -> None:
    whole = fit(network_of(style), tmp_path / "whole", database)
    with pytest.raises(StoppedError):
        fit(network_of(style), tmp_path / "parts", database, asked_to_stop=after(4))
    continued = fit(network_of(style), tmp_path / "parts", database)
    assert continued.digest == whole.digest
    assert continued.course.history == whole.course.history
    assert continued.course.best_epoch == whole.course.best_epoch


def test_a_torn_checkpoint_is_passed_over(database: SqlDatabase, tmp_path: Path) -> None:
    whole = fit(network_of("sequential"), tmp_path / "parts", database)
    newest = tmp_path / "parts" / "attempt-1-step-9-epoch-3" / "variables.npz"
    newest.write_bytes(newest.read_bytes()[:-100])
    state = Checkpoints(tmp_path / "parts").newest(architecture=network_of("sequential").digest)
    assert state is not None
    assert state.epoch == 2
    assert fit(network_of("sequential"), tmp_path / "parts", database).digest == whole.digest


def test_as_many_checkpoints_stay_as_were_asked_for(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, kept=3)
    state = CheckpointState(epoch=1, step=1, architecture="one", history=(), best_epoch=0, best_value=None)
    for step in range(1, 6):
        checkpoints.save(state.model_copy(update={"step": step}), variables=[np.zeros(3)], best=[np.zeros(3)])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["3", "4", "5"]


def test_a_checkpoint_that_cannot_be_written_leaves_nothing_and_those_before_it(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    state = CheckpointState(epoch=1, step=3, architecture="one", history=(), best_epoch=0, best_value=None)
    weights = [np.zeros(3)]
    checkpoints.save(state, variables=weights, best=weights)
    (tmp_path / "5.tmp").mkdir()  # what a killed attempt left
    unwritable: list[Any] = [np.array([object()])]  # NumPy refuses it only after the first file is there
    with pytest.raises(ValueError, match="allow_pickle"):
        checkpoints.save(state.model_copy(update={"step": 6}), variables=weights, best=unwritable)
    assert [path.name for path in tmp_path.iterdir()] == ["3"]
    found = checkpoints.newest(architecture="one")
    assert found is not None
    assert found.step == 3


def test_a_checkpoint_of_another_architecture_is_not_used(database: SqlDatabase, tmp_path: Path) -> None:
    fit(network_of("sequential"), tmp_path / "parts", database)
    assert Checkpoints(tmp_path / "parts").newest(architecture="other") is None
    assert sorted(path.name for path in (tmp_path / "parts").iterdir()) == [
        "attempt-1-step-6-epoch-2",
        "attempt-1-step-9-epoch-3",
    ]


def test_a_finished_training_is_not_trained_again(database: SqlDatabase, tmp_path: Path) -> None:
    whole = fit(network_of("functional"), tmp_path / "parts", database)
    again = fit(network_of("functional"), tmp_path / "parts", database, asked_to_stop=lambda: True)
    assert again.digest == whole.digest
    assert again.course.step == whole.course.step == 9


def test_a_loss_that_is_no_number_ends_the_training_and_says_at_which_step(
    database: SqlDatabase, tmp_path: Path
) -> None:
    layers = (
        Layer(name="flat", kind="Flatten"),
        Layer(name="dense", kind="Dense", config={"units": 3, "activation": "linear"}),
        Layer(name="soft", kind="Dense", config={"units": 3, "activation": "softmax"}),
    )
    run = claimed_run(database)
    optimizer = {"name": "sgd", "learning_rate": 100}
    with pytest.raises(DivergedError, match="at step") as raised:
        fit(network_of("sequential", layers), tmp_path / "parts", database, run=run, optimizer=optimizer, epochs=200)
    assert raised.value.step >= 1
    with database.transaction() as transaction:
        payloads = [event.payload for event in transaction.runs.events(run.id)]
    json.dumps(payloads, allow_nan=False)


def test_events_hold_every_step_once_and_every_epoch_with_its_digest(database: SqlDatabase, tmp_path: Path) -> None:
    run = claimed_run(database)
    outcome = fit(network_of("sequential"), tmp_path / "parts", database, run=run)
    with database.transaction() as transaction:
        events = transaction.runs.events(run.id)
        found = transaction.runs.get(run.id)
    steps = [step for event in events if event.kind is EventKind.METRICS for step in event.payload["step"]]  # type: ignore[union-attr]
    epochs = [event.payload for event in events if event.kind is EventKind.EPOCH]
    assert steps == list(range(1, 10))
    assert [epoch["epoch"] for epoch in epochs] == [1, 2, 3]
    assert epochs[-1]["weights_digest"] == outcome.digest
    assert set(epochs[0]["values"]) == {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"}  # type: ignore[arg-type]
    assert (found.progress.epoch, found.progress.step, found.progress.steps) == (3, 9, 9)
    assert found.summary["loss"]["best"] is not None


def test_an_attempt_that_was_taken_over_stops(database: SqlDatabase, tmp_path: Path) -> None:
    run = claimed_run(database)
    with database.transaction() as transaction:
        transaction.runs.move(run.id, RunState.QUEUED, attempt=run.attempt)
        assert transaction.runs.claim_next(worker="other", lease_seconds=60) is not None
    with pytest.raises(Exception, match="taken over"):
        fit(network_of("sequential"), tmp_path / "parts", database, run=run)


def test_a_network_with_another_number_of_classes_is_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidError, match="last Dense layer 4 units"):
        compiled(network_of("functional"), Configuration(), classes=4)


def test_the_order_of_an_epoch_follows_from_seed_and_epoch_alone() -> None:
    first, second = material().train, material().train
    first.start_epoch(0)
    first.start_epoch(4)
    second.start_epoch(4)
    assert all(np.array_equal(first[index][1], second[index][1]) for index in range(len(first)))
    second.start_epoch(5)
    assert any(not np.array_equal(first[index][0], second[index][0]) for index in range(len(first)))


def test_what_was_answered_agrees_with_what_keras_measured(database: SqlDatabase, tmp_path: Path) -> None:
    outcome = fit(network_of("sequential"), tmp_path / "parts", database)
    labels = np.arange(24, 30) % 3
    batches = material().validation
    assert batches is not None
    images = [record(f"{place}.png", class_name=str(label + 1)) for place, label in enumerate(labels)]
    found = answers(
        outcome.network, batches, split=Split.VALIDATION, images=images, labels=labels, classes=("1", "2", "3")
    )
    measured = evaluate(found)
    last = outcome.course.history[-1].values
    assert measured["accuracy"] == pytest.approx(last["val_accuracy"])
    assert measured["loss"] == pytest.approx(last["val_loss"], rel=1e-5)
    assert found.probabilities.dtype == np.float32
    assert found.paths == tuple(image.path for image in images)
    assert found.digests == tuple(image.digest for image in images)


def test_a_step_is_traced_once_before_the_first_batch() -> None:
    network = compiled(network_of("functional"), BASE, classes=3)
    step, traced = network.train_step, []

    def counted(batch: Any) -> Any:
        traced.append(batch)
        return step(batch)

    network.train_step = counted
    network.fit(material().train, shuffle=False, verbose=0)
    assert len(traced) == 1
