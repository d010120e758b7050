"""A finished run whose network has weights that say something, without a training."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from app.adapters.clock import new_id, utc_now
from app.adapters.images import preprocessing
from app.core.architectures.architecture import Architecture, Layer, StoredArchitecture
from app.core.datasets.preparation import Preparation
from app.core.runs.configuration import Configuration
from app.core.runs.exports import tolerance_of
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Check, Run
from app.networks import build, functional_twin
from app.services.bundle import ServiceBundle
from tests.factories.fitting import network_of
from tests.factories.rows import queued_run
from worker.trainer.exports import Exporter
from worker.trainer.opened_again import Comparison

CLASSES = ("one", "two", "three")
PREPARATION = Preparation(height=16, width=16, color_mode="grayscale")


def random_weights(network: keras.Model, *, seed: int) -> list[NDArray[Any]]:
    """As large as trained ones, moving means and variances among them; variances are positive."""
    random = np.random.default_rng(seed)
    return [
        random.uniform(0.5, 1.5, weight.shape) if "variance" in weight.path else random.normal(0, 0.7, weight.shape)
        for weight in network.weights
    ]


def tried_run(
    services: ServiceBundle,
    folder: Path,
    architecture: Architecture | None = None,
    *,
    layers: tuple[Layer, ...] | None = None,
    style: str = "functional",
    classes: Sequence[str] = CLASSES,
    preparation: Preparation = PREPARATION,
    configuration: Configuration | None = None,
) -> Run:
    """A finished run with `best` and `last` weights that differ, and `run.json`."""
    architecture = architecture or (network_of(style) if layers is None else network_of(style, layers))
    stored = StoredArchitecture(
        id=new_id(), created_at=utc_now(), digest=architecture.digest, architecture=architecture
    )
    asked = configuration or Configuration(epochs=2)
    with services.database.transaction() as transaction:
        transaction.architectures.add(stored)
    queued_run(services.database, architecture_id=stored.id, configuration=asked, name=f"{stored.id} tried")
    with services.database.transaction() as transaction:
        run = transaction.runs.claim_next(worker="train@here", lease_seconds=60)
    assert run is not None

    def publish(name: str, path: Path, *, epoch: int | None, check: Check | None = None) -> None:
        if name not in asked.retention.left_out:
            services.artifacts.publish(run.id, attempt=run.attempt, name=name, path=path, epoch=epoch, check=check)

    keras.config.set_dtype_policy(asked.precision)
    network = build(architecture)
    keras.config.set_dtype_policy("float32")
    facts = {"classes": list(classes), "preprocessing": preprocessing(preparation)}
    exporter = Exporter(
        network,
        twin_of=lambda one: functional_twin(one, architecture),
        publish=publish,
        scratch=folder / "scratch",
        facts=facts,
        comparison=Comparison(
            np.zeros((2, *preparation.shape), np.float32), batch_size=2, tolerance=tolerance_of(asked)
        ),
    )
    exporter.networks(
        best=random_weights(network, seed=1), best_epoch=1, last=random_weights(network, seed=2), last_epoch=2
    )
    exporter.record(facts)
    return _finished(services, run)


def _finished(services: ServiceBundle, run: Run) -> Run:
    for state in (RunState.PREPARING, RunState.STARTING, RunState.RUNNING, RunState.EVALUATING, RunState.FINISHED):
        services.runs.move(run.id, state, attempt=run.attempt)
    return services.runs.get(run.id)
