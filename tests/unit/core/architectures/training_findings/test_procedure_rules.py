from typing import Any

import pytest

from app.core.architectures.reading import Ref
from app.core.architectures.training_findings import training_findings
from tests.factories.readings import Writer, image_network, preset
from tests.factories.trainings import CHECKPOINT, flow, found, right_training


def test_a_training_done_right_has_no_findings() -> None:
    writer = right_training()
    assert training_findings(writer.reading(), writer.tables()) == []


def test_no_seed_says_what_is_seeded() -> None:
    writer = Writer()
    model = writer.network(preset("compact-sequential"), "model")
    writer.call(".fit", flow(writer, "train", seed=2018), of=model)
    (finding,) = found(writer, "no-seed")
    assert finding.message == "The first weights and dropout of model are not seeded; only train is."
    writer.call("tensorflow.random.set_seed", 1)
    assert found(writer, "no-seed") == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("n // batch_size", 1),
        ("int(n / batch_size)", 1),
        ("even // batch_size", 0),
        ("len(files) // batch_size", 1),
        ("100", 0),
        ("n / batch_size", 0),
        ("math.ceil(n / batch_size)", 0),
        ("n // batch_size + 1", 0),
        ("(" * 5000 + " " * 5000 + "n//", 0),
    ],
)
def test_a_partial_batch_is_left_out(source: str, count: int) -> None:
    def steps(writer: Writer, fit: dict[str, Any]) -> None:
        writer.names.update({"n": 9446, "even": 9448, "batch_size": 4})
        fit["sources"] = {"steps_per_epoch": source}

    assert len(found(right_training(steps, steps_per_epoch=7), "partial-batch")) == count


def test_metrics_as_third_argument() -> None:
    writer = Writer()
    model = writer.network(image_network(), "model")
    writer.call(".compile", "adam", "categorical_crossentropy", ["accuracy"], of=model)
    (finding,) = found(writer, "metrics-as-loss-weights")
    assert (finding.read, finding.severity) == ("['accuracy']", "error")


@pytest.mark.parametrize(
    ("callback", "arguments", "validated", "rule"),
    [
        (CHECKPOINT, {"monitor": "loss"}, True, "monitors-training"),
        (CHECKPOINT, {"monitor": "loss"}, False, None),
        (CHECKPOINT, {"monitor": "val_loss", "save_best_only": True}, False, "monitor-is-missing"),
        (CHECKPOINT, {}, False, None),
        ("keras.callbacks.EarlyStopping", {}, False, "monitor-is-missing"),
        ("keras.callbacks.EarlyStopping", {}, True, None),
        ("keras.callbacks.EarlyStopping", {"monitor": "val_accuracy", "mode": "min"}, True, "wrong-direction"),
        ("keras.callbacks.EarlyStopping", {"monitor": "val_loss", "mode": "max"}, True, "wrong-direction"),
        ("keras.callbacks.EarlyStopping", {"monitor": "val_loss", "mode": "auto"}, True, None),
    ],
)
def test_what_a_callback_follows(callback: str, arguments: dict[str, Any], validated: bool, rule: str | None) -> None:
    def add(writer: Writer, fit: dict[str, Any]) -> None:
        path = ("best.h5",) if callback == CHECKPOINT else ()
        fit["callbacks"] = [writer.call(callback, *path, **arguments)]
        if not validated:
            del fit["validation_data"]

    writer = right_training(add)
    assert [entry.rule for entry in training_findings(writer.reading(), writer.tables())] == ([rule] if rule else [])


def test_names_of_older_versions_are_one_note() -> None:
    writer = Writer()
    writer.call("tensorflow.Session")
    writer.call(".fit_generator", Ref("x"), of=writer.network(image_network(), "model"), nb_epoch=3)
    (finding,) = found(writer, "old-names")
    assert finding.read == "Session, fit_generator, nb_epoch"


def test_keras_3_takes_only_some_names_for_weights() -> None:
    writer = Writer()
    model = writer.network(image_network(), "model")
    for path in ("first_try.h5", "first_try.weights.h5"):
        writer.call(".save_weights", path, of=model)
    (finding,) = found(writer, "weights-file-name")
    assert finding.fix == 'Save as "first_try.weights.h5".'
