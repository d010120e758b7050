"""Small trainings on one device and on several, in a process of their own: `python -m tests.factories.several_devices FOLDER`.

Prints as JSON what came out. Logical devices can only be made before a backend has computed anything.
"""

import io
import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np

from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.database.migrate import upgrade
from app.composition import compose
from app.core.errors import InvalidError
from app.core.runs.configuration import Configuration
from app.core.runs.device_request import DeviceOffer
from app.settings import Settings
from tests.factories.bad_images import drawn
from tests.factories.fitting import BASE, LAYERS, after, fit, material, network_of
from tests.factories.images import tar_bytes
from tests.factories.rows import queued_run
from worker.trainer.callbacks import StoppedError
from worker.trainer.checkpoints import all_variables, values_of
from worker.trainer.compiling import be_repeatable, compiled, gradient_norm, on_one_device
from worker.trainer.exports import told, versions
from worker.trainer.parallel import ONE_DEVICE, Devices, devices_of
from worker.trainer.training import Training

COUNT = 3
SGD = {"name": "sgd", "learning_rate": 0.1}
NOTHING_RANDOM = tuple(layer for layer in LAYERS if layer.kind != "Dropout")
# Adam makes of a gradient that is only rounding a whole step, and so of a bias that a normalization takes away again.
ONLY_WHAT_LEARNS = tuple(layer for layer in NOTHING_RANDOM if layer.kind != "BatchNormalization")
CASES: dict[str, dict[str, Any]] = {
    "one even step": {"batch_size": 24},
    "uneven steps": {"batch_size": 7},
    "adam, and at last fewer images than devices": {
        "batch_size": 23,
        "optimizer": {"name": "adam", "learning_rate": 0.01},
    },
    "everything": {
        "batch_size": 5,
        "steps_per_execution": 3,
        "class_weights": "balanced",
        "regularization": {"l1": 1e-3, "l2": 1e-2},
        "clipping": {"kind": "global_norm", "threshold": 0.05},
        "label_smoothing": 0.1,
    },
    "half": {"batch_size": 7, "precision": "mixed_float16"},
}
"""An epoch of 24 images, and 6 to validate with."""


class _Told(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps what is told of steps."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[float] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Metrics and the norm of the gradients."""
        self.steps += [*map(float, (logs or {}).values()), gradient_norm(self.model.optimizer)]


def outcome(devices: Devices, name: str) -> dict[str, Any]:
    """One epoch without anything random."""
    keras.utils.clear_session()
    device = {"device": {"count": devices.count}}
    asked = Configuration.model_validate(BASE.json_object() | {"optimizer": SGD} | CASES[name] | device)
    be_repeatable(asked)
    architecture = network_of("functional", ONLY_WHAT_LEARNS if "adam" in name else NOTHING_RANDOM)
    with devices.scope():
        network = compiled(architecture, asked, classes=3, devices=devices)
    given, noted = material(asked), _Told()
    assert given.validation is not None
    with devices.scope():
        history = network.fit(
            devices.feed(given.train),
            validation_data=devices.feed(given.validation),
            shuffle=False,
            verbose=0,
            callbacks=[*devices.callbacks(), noted],
        ).history
    one = on_one_device(network, architecture, asked)
    return {
        "weights": values_of(all_variables(network)),
        "epoch": [np.array(values) for values in history.values()],
        "steps": [np.array(noted.steps)],
        "answers": [np.asarray(one.predict_on_batch(given.train[0][0]))],
    }


def largest_differences(devices: Devices, name: str) -> dict[str, float]:
    """Between several devices and one."""
    several, one = outcome(devices, name), outcome(ONE_DEVICE, name)
    return {
        key: max(float(np.abs(a.astype(float) - b).max()) for a, b in zip(several[key], one[key], strict=True))
        for key in one
    }


def continued(devices: Devices, folder: Path) -> dict[str, Any]:
    """Digests of a training that was broken off and gone on with, and of one that was not."""
    url = f"sqlite:///{folder / 'test.sqlite3'}"
    upgrade(url)
    database = SqlDatabase(url, clock=utc_now, new_id=new_id)
    changes: dict[str, Any] = {
        "batch_size": 7,
        "optimizer": {"name": "adamw", "learning_rate": 0.01, "use_ema": True},
        "clipping": {"kind": "norm", "threshold": 0.5},
        "class_weights": "balanced",
        "device": {"count": devices.count},
    }
    stopped = False
    whole = fit(network_of("functional"), folder / "whole", database, devices=devices, **changes)
    try:
        fit(network_of("functional"), folder / "parts", database, devices=devices, asked_to_stop=after(6), **changes)
    except StoppedError:
        stopped = True
    parts = fit(network_of("functional"), folder / "parts", database, devices=devices, **changes)
    database.close()
    epochs = [[record.weights_digest for record in found.course.history] for found in (whole, parts)]
    return {"stopped": stopped, "epochs": epochs, "digests": [whole.digest, parts.digest]}


def whole_run(folder: Path) -> dict[str, Any]:
    """A run from its row to its artifacts."""
    settings = Settings(data=folder / "data", reserve_bytes=0, cpu_devices=COUNT)
    upgrade(settings.sqlalchemy_url)
    services = compose(settings)
    made = services.datasets.create("dice")
    places = [(split, name, n) for split in ("train", "val", "test") for name in "12" for n in range(4)]
    files = {f"{split}/{name}/{n}.png": drawn(1_000 * len(split) + 100 * int(name) + n) for split, name, n in places}
    services.datasets.receive(made.id, io.BytesIO(tar_bytes(files)))
    services.datasets.commit(made.id)
    services.datasets.check(made.id)
    version = services.datasets.get(made.id).version
    assert version is not None
    asked = Configuration.model_validate({"epochs": 1, "batch_size": 5, "device": {"count": COUNT}})
    queued_run(services.database, dataset_id=made.id, version_id=version.id, configuration=asked)
    offer = DeviceOffer(kind="cpu", count=COUNT)
    with services.database.transaction() as transaction:
        claimed = transaction.runs.claim_next(worker="train@here", lease_seconds=600, offer=offer)
    assert claimed is not None
    Training(services, claimed, asked_to_stop=lambda: False).work()
    run = services.runs.get(claimed.id)
    return {
        "state": run.state.value,
        "computed_by": run.computed_by,
        "evaluated": sorted(run.evaluation),
        "artifacts": sorted(artifact.name for artifact in services.artifacts.of(run.id)),
    }


def refused() -> list[str]:
    """What is said where it cannot be."""
    said = []
    for ask in (lambda: devices_of(COUNT + 1, cpu_devices=COUNT), _accumulate):
        try:
            ask()
        except InvalidError as error:
            said.append(error.detail)
    return said


def _accumulate() -> None:
    devices = devices_of(COUNT, cpu_devices=COUNT)
    asked = Configuration.model_validate({"optimizer": {"name": "adam", "gradient_accumulation_steps": 2}})
    with devices.scope():
        compiled(network_of("functional"), asked, classes=3, devices=devices)


def main(folder: Path) -> None:
    """All of it."""
    devices = devices_of(COUNT, cpu_devices=COUNT)
    told_of = told(versions(devices=devices.count))
    differences = {name: largest_differences(devices, name) for name in CASES}
    found = {"differences": differences, "continued": continued(devices, folder), "refused": refused()}
    print(json.dumps({**found, "told": told_of, "run": whole_run(folder)}))  # noqa: T201 -- the answer


if __name__ == "__main__":
    main(Path(sys.argv[1]))
