"""Values that can be kept: an architecture, a ready dataset, a run."""

from typing import Any

from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.core.architectures.architecture import Architecture, Call, Input, Layer, StoredArchitecture
from app.core.datasets.dataset import Dataset, DatasetState, ImageRecord, Split, Version
from app.core.runs.configuration import Configuration
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Progress, Run


def architecture(name: str = "tiny", *, units: int = 2) -> Architecture:
    """Flatten and one Dense on 4x4 gray images."""
    return Architecture(
        name=name,
        style="sequential",
        inputs=(Input(name="input", shape=(None, 4, 4, 1)),),
        layers=(
            Layer(name="flatten", kind="Flatten"),
            Layer(name="dense", kind="Dense", config={"units": units, "activation": "softmax"}),
        ),
        calls=(
            Call(id="flatten", layer="flatten", inputs=("input",)),
            Call(id="dense", layer="dense", inputs=("flatten",)),
        ),
        outputs=("dense",),
    )


def stored_architecture(**changes: Any) -> StoredArchitecture:
    """A kept architecture."""
    definition = architecture(**changes)
    return StoredArchitecture(
        id=new_id(),
        created_at=utc_now(),
        digest=definition.digest,
        architecture=definition,
        parameters=34,
        reached_layers=2,
    )


def ready_dataset(database: SqlDatabase, *, name: str = "dice") -> Dataset:
    """A dataset with a version of two images in two classes."""
    dataset = Dataset(id=new_id(), name=name, state=DatasetState.CHECKING, created_at=utc_now())
    version = Version(
        id=new_id(),
        number=1,
        digest="d" * 64,
        created_at=utc_now(),
        classes=("1", "2"),
        splits={Split.TRAIN: {"1": 1, "2": 1}},
        sizes={"4x4": 2},
        modes={"L": 2},
        findings=(),
    )
    images = [
        ImageRecord(
            digest=class_name * 64,
            path=f"{class_name}/a.png",
            class_name=class_name,
            split=Split.TRAIN,
            height=4,
            width=4,
            mode="L",
            bytes=70,
        )
        for class_name in ("1", "2")
    ]
    with database.transaction() as transaction:
        transaction.datasets.add(dataset)
        transaction.datasets.publish(dataset.id, version, images)
        return transaction.datasets.get(dataset.id)


def queued_run(database: SqlDatabase, **changes: Any) -> Run:
    """A run that waits, with the architecture and dataset it needs."""
    stored = stored_architecture(name=new_id())
    dataset = ready_dataset(database)
    assert dataset.version is not None
    configuration = Configuration(epochs=2)
    run = Run(
        id=new_id(),
        name="a run",
        state=RunState.QUEUED,
        architecture_id=stored.id,
        dataset_id=dataset.id,
        version_id=dataset.version.id,
        configuration=configuration,
        progress=Progress(epochs=2),
        created_at=utc_now(),
    ).model_copy(update=changes)
    with database.transaction() as transaction:
        transaction.architectures.add(stored)
        transaction.runs.add(run)
    return run
