"""Runs that have ended, with what their best weights answered for each image."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from app.core.datasets.dataset import Dataset, ImageRecord, Split
from app.core.runs.configuration import Configuration
from app.core.runs.evaluation import brief, evaluate
from app.core.runs.lifecycle import RunState
from app.core.runs.predicted import PREDICTIONS, Predicted, written
from app.core.runs.results import finite
from app.core.runs.run import EventKind, Run
from app.services.bundle import ServiceBundle
from tests.factories.answered import answered
from tests.factories.rows import queued_run


def images_of(services: ServiceBundle, dataset: Dataset, split: Split) -> list[ImageRecord]:
    """The images of a split of the newest version, in the order in which a trainer has them."""
    assert dataset.version is not None
    with services.database.transaction() as transaction:
        return [image for image in transaction.datasets.images(dataset.version.id) if image.split is split]


def with_answers(
    images: Sequence[ImageRecord], classes: Sequence[str], *, wrong: Sequence[int] = (), sureness: Any = 0.8
) -> Predicted:
    """Every image is taken for its class, but those at the places of `wrong` for the one after it."""
    labels = [classes.index(image.class_name) for image in images]
    answers = [(label + (place in wrong)) % len(classes) for place, label in enumerate(labels)]
    found = answered(labels, answers, classes=classes, sureness=sureness, split=images[0].split)
    paths, digests = tuple(image.path for image in images), tuple(image.digest for image in images)
    return Predicted(found.split, found.classes, paths, digests, found.labels, found.probabilities)


def evaluated_run(
    services: ServiceBundle,
    dataset: Dataset,
    predicted: Sequence[Predicted],
    *,
    losses: Sequence[float] = (1.0, 0.5),
    is_old: bool = False,
    **changes: Any,
) -> Run:
    """A finished run; with `is_old`, as earlier versions left it: all in the row, and nothing of single images."""
    assert dataset.version is not None
    asked = {"configuration": Configuration(epochs=len(losses)), **changes}
    run = queued_run(services.database, dataset_id=dataset.id, version_id=dataset.version.id, **asked)
    with services.database.transaction() as transaction:
        claimed = transaction.runs.claim_next(worker="train@here", lease_seconds=60)
        assert claimed is not None
        for state in (RunState.PREPARING, RunState.RUNNING, RunState.EVALUATING):
            transaction.runs.move(run.id, state, attempt=claimed.attempt)
        epochs = [
            (EventKind.EPOCH, {"epoch": number, "step": 100 * number, "values": {"loss": loss, "accuracy": 0.5}})
            for number, loss in enumerate(losses, start=1)
        ]
        transaction.runs.append(run.id, attempt=claimed.attempt, events=epochs)  # type: ignore[arg-type]
        measured = evaluate if is_old else brief
        evaluation = finite({found.split.value: measured(found) for found in predicted})
        transaction.runs.set_evaluation(run.id, attempt=claimed.attempt, evaluation=evaluation)  # type: ignore[arg-type]
    if not is_old:
        publish(services, claimed, predicted)
    services.runs.move(run.id, RunState.FINISHED, attempt=claimed.attempt)
    return services.runs.get(run.id)


def publish(services: ServiceBundle, run: Run, predicted: Sequence[Predicted]) -> None:
    """As the trainer does."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / PREDICTIONS
        path.write_bytes(written(predicted))
        services.artifacts.publish(run.id, attempt=run.attempt, name=PREDICTIONS, path=path)


def every(count: int, *, of: int) -> list[int]:
    """So many places of as many images, spread evenly."""
    return [int(place) for place in np.linspace(0, of - 1, count)] if count else []
