"""The files a run leaves: written to a temporary folder, opened again to verify them, then published."""

import csv
import json
import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from app.core.runs.predicted import PREDICTIONS, Predicted, written
from app.core.values import JsonObject
from worker.metadata import tell
from worker.trainer.checkpoints import EpochRecord

Weights = Sequence[NDArray[Any]]


class Publish(Protocol):
    """Keeps a file under a name among the run's artifacts."""

    def __call__(self, name: str, path: Path, *, epoch: int | None) -> None:
        """Copy it before the temporary folder goes."""
        ...


class Exporter:
    """Writes weights and networks through the functional twin, which plain Keras opens whatever the style was."""

    def __init__(
        self,
        network: keras.Model,
        *,
        twin_of: Callable[[keras.Model], keras.Model],
        publish: Publish,
        scratch: Path,
        facts: JsonObject,
    ) -> None:
        """`facts` are what every file with weights tells of itself."""
        self._network = network
        self._twin_of = twin_of
        self._publish = publish
        self._facts = facts
        scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._scratch = scratch

    def networks(self, *, best: Weights, best_epoch: int, last: Weights, last_epoch: int) -> None:
        """`last.weights.h5`, `best.weights.h5`, `best.keras`, `architecture.json`; the network is left at its best."""
        with TemporaryDirectory(dir=self._scratch) as temporary:
            folder = Path(temporary)
            self._weights(folder / "last.weights.h5", last, epoch=last_epoch)
            twin = self._weights(folder / "best.weights.h5", best, epoch=best_epoch)
            whole = folder / "best.keras"
            twin.save(whole)
            tell(whole, {**self._facts, "epoch": best_epoch})
            _same_weights(keras.saving.load_model(whole, compile=False), twin, name=whole.name)
            self._publish(whole.name, whole, epoch=best_epoch)
            plan = folder / "architecture.json"
            plan.write_text(twin.to_json(), encoding="utf-8")
            opened = keras.models.model_from_json(plan.read_text(encoding="utf-8"))
            opened.load_weights(folder / "best.weights.h5")
            _same_weights(opened, twin, name=plan.name)
            self._publish(plan.name, plan, epoch=None)

    def history(self, records: Sequence[EpochRecord]) -> None:
        """`history.csv`: one line per epoch."""
        with TemporaryDirectory(dir=self._scratch) as temporary:
            path = Path(temporary) / "history.csv"
            names = list(dict.fromkeys(name for record in records for name in record.values))
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["epoch", "step", *names, "weights_digest"])
                for record in records:
                    values = [record.values.get(name) for name in names]
                    writer.writerow([record.epoch, record.step, *values, record.weights_digest])
            self._publish(path.name, path, epoch=None)

    def predictions(self, answered: Sequence[Predicted]) -> None:
        """`predictions.npz`: what the best weights answered for each image that was kept from training."""
        with TemporaryDirectory(dir=self._scratch) as temporary:
            path = Path(temporary) / PREDICTIONS
            path.write_bytes(written(answered))
            self._publish(path.name, path, epoch=None)

    def record(self, facts: dict[str, Any]) -> None:
        """`run.json`: what repeating the run takes."""
        with TemporaryDirectory(dir=self._scratch) as temporary:
            path = Path(temporary) / "run.json"
            path.write_text(json.dumps(facts, indent=1, allow_nan=False), encoding="utf-8")
            self._publish(path.name, path, epoch=None)

    def _weights(self, path: Path, weights: Weights, *, epoch: int) -> keras.Model:
        self._network.set_weights(weights)
        twin = self._twin_of(self._network)
        twin.save_weights(path)
        tell(path, {**self._facts, "epoch": epoch})
        self._publish(path.name, path, epoch=epoch)
        return twin


def versions() -> dict[str, str]:
    """What computed the numbers."""
    backend = keras.backend.backend()
    found = {"python": platform.python_version(), "keras": keras.version(), "backend": backend}
    package = {"torch": "torch", "jax": "jax"}.get(backend)
    found[backend] = version(package) if package else _tensorflow_version()
    return found | {"numpy": np.__version__, "pillow": version("pillow"), "device": _device(backend)}


def told(found: dict[str, str]) -> str:
    """The same for people, as far as numbers may depend on it."""
    backend, device = found["backend"], found["device"].upper()
    return f"Keras {found['keras']} on {backend} {found[backend]} ({device}), Python {found['python']}"


def _device(backend: str) -> str:
    """`gpu` where the backend sees one, else `cpu`."""
    if backend == "torch":
        import torch  # noqa: PLC0415 -- only where it is the backend; Keras lists no devices for it

        return "gpu" if torch.cuda.is_available() else "cpu"
    return "gpu" if any(name.startswith("gpu") for name in keras.distribution.list_devices()) else "cpu"


def _tensorflow_version() -> str:
    import tensorflow as tf  # noqa: PLC0415 -- loaded by Keras already; its distribution has several names

    return str(tf.__version__)


def _same_weights(opened: keras.Model, twin: keras.Model, *, name: str) -> None:
    pairs = zip(opened.get_weights(), twin.get_weights(), strict=True)
    if not all(np.array_equal(found, written, equal_nan=True) for found, written in pairs):
        raise OSError(f"{name} was written but does not hold the trained weights when it is opened again.")
