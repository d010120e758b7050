"""A run trained to its end in this process: real services over a folder, real Keras, small images."""

import io
from pathlib import Path
from typing import Any

from app.adapters.clock import new_id, utc_now
from app.adapters.database.migrate import upgrade
from app.composition import compose
from app.core.architectures.architecture import Architecture, StoredArchitecture
from app.core.runs.configuration import Configuration
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Progress, Run
from app.services.bundle import ServiceBundle
from app.settings import Settings
from tests.factories.bad_images import drawn
from tests.factories.fitting import network_of
from tests.factories.images import tar_bytes
from worker.trainer.training import Training

CLASSES = ("1", "2", "3")
COUNTS = {"train": 5, "val": 3, "test": 4}


def services_of(folder: Path, **changes: Any) -> ServiceBundle:
    """Everything in a folder, unless the settings say otherwise; messages to workers are lost."""
    settings = Settings(data=folder, reserve_bytes=0, **changes)
    upgrade(settings.sqlalchemy_url)
    return compose(settings)


def dataset_of(services: ServiceBundle) -> Any:
    """Three classes of images that all differ, in the three splits."""
    made = services.datasets.create("drawn dice")
    files = {
        f"{split}/{name}/{number}.png": drawn(1_000 * len(split) + 100 * int(name) + number)
        for split, count in COUNTS.items()
        for name in CLASSES
        for number in range(count)
    }
    services.datasets.receive(made.id, io.BytesIO(tar_bytes(files)))
    services.datasets.commit(made.id)
    assert services.datasets.check(made.id)
    return services.datasets.get(made.id)


def claimed_run(
    services: ServiceBundle,
    *,
    dataset: Any = None,
    architecture: Architecture | None = None,
    start_from: Any = None,
    name: str = "a run",
    **configuration: Any,
) -> Run:
    """One that a worker has taken; of 16 by 16 gray pixels unless said."""
    definition = architecture or network_of("sequential")
    dataset = dataset or dataset_of(services)
    stored = StoredArchitecture(
        id=new_id(), created_at=utc_now(), digest=definition.digest, architecture=definition, parameters=None
    )
    asked = Configuration.model_validate({"epochs": 2, "batch_size": 4, "seed": 5} | configuration)
    run = Run(
        id=new_id(),
        name=name,
        state=RunState.QUEUED,
        architecture_id=stored.id,
        dataset_id=dataset.id,
        version_id=dataset.version.id,
        configuration=asked,
        start_from=start_from,
        progress=Progress(epochs=asked.epochs),
        created_at=utc_now(),
    )
    with services.database.transaction() as transaction:
        transaction.architectures.add(stored)
        transaction.runs.add(run)
        claimed = transaction.runs.claim_next(worker="train@here", lease_seconds=600)
    assert claimed is not None
    return claimed


def trained_run(services: ServiceBundle, **wanted: Any) -> Run:
    """As `claimed_run`, and finished."""
    claimed = claimed_run(services, **wanted)
    Training(services, claimed, asked_to_stop=lambda: False).work()
    ended = services.runs.get(claimed.id)
    assert ended.state is RunState.FINISHED, ended.error
    return ended
