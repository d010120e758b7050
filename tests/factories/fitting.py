"""Small real trainings in this process: architectures, images, one attempt of a run."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from app.adapters.database import SqlDatabase
from app.core.architectures.architecture import Architecture, Call, Input, Layer
from app.core.runs.configuration import Configuration
from app.core.runs.run import Event, EventKind, Run
from app.core.runs.start_from import StartFrom
from app.networks import weights_digest
from tests.factories.rows import queued_run
from worker.trainer.checkpoints import Checkpoints
from worker.trainer.compiling import be_repeatable, compiled
from worker.trainer.course import Course
from worker.trainer.data import Batches
from worker.trainer.fit import Material, train
from worker.trainer.parallel import ONE_DEVICE, Devices
from worker.trainer.reporting import Reporter
from worker.trainer.starting import take_weights

BASE = Configuration(epochs=3, batch_size=8, seed=5)
LAYERS = (
    Layer(name="conv", kind="Conv2D", config={"filters": 4, "kernel_size": 3, "padding": "same"}),
    Layer(name="norm", kind="BatchNormalization"),
    Layer(name="relu", kind="ReLU"),
    Layer(name="pool", kind="GlobalAveragePooling2D"),
    Layer(name="drop", kind="Dropout", config={"rate": 0.3}),
    Layer(name="dense", kind="Dense", config={"units": 3, "activation": "softmax"}),
)


def network_of(style: str, layers: tuple[Layer, ...] = LAYERS) -> Architecture:
    """A small network of these layers in a style."""
    names = ["image", *(layer.name for layer in layers)]
    return Architecture(
        name=style,
        style=style,
        inputs=(Input(name="image", shape=(None, 16, 16, 1)),),
        layers=layers,
        calls=tuple(Call(id=name, layer=name, inputs=(before,)) for before, name in itertools.pairwise(names)),
        outputs=(names[-1],),
    )


class DatabaseMetrics:
    """Keeps events in the database, and tells nobody live."""

    def __init__(self, database: SqlDatabase) -> None:
        self._database = database

    def emit(self, run_id: str, *, attempt: int, events: list[tuple[EventKind, Any]]) -> list[Event]:
        """Append under the fence."""
        with self._database.transaction() as transaction:
            return transaction.runs.append(run_id, attempt=attempt, events=events)


def claimed_run(database: SqlDatabase) -> Run:
    """A run that a worker has claimed."""
    queued_run(database)
    with database.transaction() as transaction:
        run = transaction.runs.claim_next(worker="train@here", lease_seconds=60)
    assert run is not None
    return run


def material(configuration: Configuration = BASE) -> Material:
    """Thirty images of three classes that can be told apart, 24 of them to train on."""
    random = np.random.default_rng(7)
    pixels = random.integers(0, 256, (30, 16, 16, 1), dtype=np.uint8)
    labels = np.arange(30) % 3
    pixels[labels == 1, :8] //= 4
    pixels[labels == 2, 8:] //= 4
    common: dict[str, Any] = {"classes": 3, "batch_size": configuration.batch_size}
    weights = None if configuration.class_weights == "none" else [1.0, 2.0, 0.5]
    training: dict[str, Any] = {
        "seed": configuration.seed,
        "augmentation": configuration.augmentation,
        "weights": weights,
    }
    return Material(
        train=Batches(pixels, rows=np.arange(24), labels=labels[:24], **training, **common),
        validation=Batches(pixels, rows=np.arange(24, 30), labels=labels[24:], **common),
        classes=("1", "2", "3"),
    )


@dataclass
class Outcome:
    """What an attempt came to."""

    course: Course
    digest: str
    network: Any


def fit(
    architecture: Architecture,
    folder: Path,
    database: SqlDatabase,
    *,
    run: Run | None = None,
    asked_to_stop: Callable[[], bool] = lambda: False,
    checkpoint_seconds: float = float("inf"),
    start: StartFrom | None = None,
    source: tuple[Architecture, Path] | None = None,
    devices: Devices = ONE_DEVICE,
    **changes: Any,
) -> Outcome:
    """One attempt, from the newest checkpoint in the folder, else from the weights of a source where given."""
    configuration = Configuration.model_validate(BASE.json_object() | changes)
    run = run or claimed_run(database)
    reporter = Reporter(run.id, run.attempt, metrics=DatabaseMetrics(database), database=database)
    be_repeatable(configuration)
    with devices.scope():
        network = compiled(architecture, configuration, classes=3, start=start, devices=devices)
    course = Course(configuration)

    def take_first_weights() -> None:
        if start is not None and source is not None:
            take_weights(network, architecture, start=start, source=source[0], path=source[1])

    try:
        train(
            network,
            replace(material(configuration), devices=devices),
            course=course,
            architecture=architecture,
            checkpoints=Checkpoints(folder, every_seconds=checkpoint_seconds),
            reporter=reporter,
            asked_to_stop=asked_to_stop,
            take_first_weights=take_first_weights,
        )
    finally:
        reporter.close()
    return Outcome(course, weights_digest(network, architecture), network)


def after(calls: int) -> Callable[[], bool]:
    """True from so many questions on."""
    asked = iter(range(10**6))
    return lambda: next(asked) >= calls
