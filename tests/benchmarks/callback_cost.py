"""What telling every step, and checkpoints, cost a training, against a bare `fit` of the same network.

    python -m tests.benchmarks.callback_cost [IMAGES [EPOCHS]]

The compact network on images of 96 x 96. Epochs of the three kinds take turns in one process, so that whatever else the
machine does meets them alike; the medians are compared.
"""

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np

from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.database.migrate import upgrade
from app.core.architectures.presets import build_preset
from app.core.runs.configuration import Configuration
from tests.factories.fitting import DatabaseMetrics, claimed_run
from worker.trainer.callbacks import CheckpointWriter
from worker.trainer.checkpoints import Checkpoints
from worker.trainer.compiling import be_repeatable, compiled, loss_of
from worker.trainer.course import Course
from worker.trainer.data import Batches
from worker.trainer.fit import _callbacks
from worker.trainer.reporting import Reporter

IMAGES, SIDE, CLASSES, EPOCHS = 5_000, 96, 6, 5
CONFIGURATION = Configuration(epochs=100, batch_size=32, deterministic=False)
ARCHITECTURE = build_preset("compact-functional", {"height": SIDE, "width": SIDE})
Epoch = Callable[[int], None]


def measured(images: int = IMAGES, epochs: int = EPOCHS) -> Iterator[str]:
    """Lines of what was measured."""
    folder = Path(tempfile.mkdtemp(prefix="diceboard-"))
    url = f"sqlite:///{folder / 'bench.sqlite3'}"
    upgrade(url)
    database = SqlDatabase(url, clock=utc_now, new_id=new_id)
    be_repeatable(CONFIGURATION)
    kinds = {
        "bare fit": _bare(_batches(images)),
        "with events": _ours(_batches(images), database, folder, checkpoints=False),
        "with events and checkpoints": _ours(_batches(images), database, folder, checkpoints=True),
    }
    took: dict[str, list[float]] = {name: [] for name in kinds}
    try:
        for epoch in range(epochs + 1):
            for name, train in kinds.items():
                began = time.perf_counter()
                train(epoch)
                took[name].append(time.perf_counter() - began)
    finally:
        database.close()
        shutil.rmtree(folder, ignore_errors=True)
    # The first epoch of each kind traces its step.
    medians = {name: statistics.median(seconds[1:]) for name, seconds in took.items()}
    bare = medians["bare fit"]
    for name, seconds in medians.items():
        yield (
            f"{seconds:8.2f} s   an epoch of {images:,} images of {SIDE} x {SIDE}, {name}: {seconds / bare - 1:+.1%} "
            f"(median of {epochs}, load {os.getloadavg()[0]:.1f})"
        )


def _batches(images: int) -> Batches:
    pixels = np.random.default_rng(7).integers(0, 256, (images, SIDE, SIDE, 1), dtype=np.uint8)
    rows = np.arange(images)
    return Batches(
        pixels, rows=rows, labels=rows % CLASSES, classes=CLASSES, batch_size=CONFIGURATION.batch_size, seed=1
    )


def _bare(batches: Batches) -> Epoch:
    network = compiled(ARCHITECTURE, CONFIGURATION, classes=CLASSES)
    plain = keras.optimizers.Adam(CONFIGURATION.optimizer.learning_rate)
    network.compile(optimizer=plain, loss=loss_of(CONFIGURATION), metrics=["accuracy"], jit_compile=False)
    return lambda epoch: _fit(network, batches, [], epoch)


def _ours(batches: Batches, database: SqlDatabase, folder: Path, *, checkpoints: bool) -> Epoch:
    network = compiled(ARCHITECTURE, CONFIGURATION, classes=CLASSES)
    run = claimed_run(database)
    reporter = Reporter(run.id, run.attempt, metrics=DatabaseMetrics(database), database=database)  # type: ignore[arg-type]
    course = Course(CONFIGURATION)
    course.steps_per_epoch = batches.per_epoch
    callbacks = _callbacks(
        course,
        architecture=ARCHITECTURE,
        checkpoints=Checkpoints(folder / run.id),
        reporter=reporter,
        asked_to_stop=lambda: False,
    )
    chosen = [one for one in callbacks if checkpoints or not isinstance(one, CheckpointWriter)]
    return lambda epoch: _fit(network, batches, chosen, epoch)


def _fit(network: keras.Model, batches: Batches, callbacks: list[keras.callbacks.Callback], epoch: int) -> None:
    network.fit(batches, initial_epoch=epoch, epochs=epoch + 1, shuffle=False, verbose=0, callbacks=[*callbacks])


if __name__ == "__main__":
    for line in measured(*map(int, sys.argv[1:])):
        print(line, flush=True)  # noqa: T201 - its output is what it is for
