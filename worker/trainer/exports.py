"""The files a run leaves: written to a temporary folder, opened again to verify them, then published."""

import csv
import json
import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from app.adapters.scratch import scratch_folder
from app.core.runs.predicted import PREDICTIONS, Predicted, written
from app.core.runs.run import Check
from app.core.values import JsonObject
from worker.metadata import tell
from worker.trainer.checkpoints import EpochRecord
from worker.trainer.opened_again import Comparison

Weights = Sequence[NDArray[Any]]


class Publish(Protocol):
    """Keeps a file under a name among the run's artifacts, with what came of opening it again."""

    def __call__(self, name: str, path: Path, *, epoch: int | None, check: Check | None = None) -> None:
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
        comparison: Comparison,
    ) -> None:
        """`facts` are what every file with weights tells of itself; none is published before `comparison` has passed it."""
        self._network = network
        self._twin_of = twin_of
        self._publish = publish
        self._facts = facts
        self._comparison = comparison
        self._scratch = scratch

    def networks(self, *, best: Weights, best_epoch: int, last: Weights, last_epoch: int) -> None:
        """`last.weights.h5`, `best.weights.h5`, `best.keras`, `architecture.json`; the network is left at its best."""
        with scratch_folder(self._scratch) as folder:
            plan = folder / "architecture.json"
            plan.write_text(self._twin_of(self._network).to_json(), encoding="utf-8")
            self._weights(folder / "last.weights.h5", last, epoch=last_epoch, plan=plan)
            twin, expected = self._weights(folder / "best.weights.h5", best, epoch=best_epoch, plan=plan)
            whole = folder / "best.keras"
            twin.save(whole)
            tell(whole, {**self._facts, "epoch": best_epoch})
            opened = keras.saving.load_model(whole, compile=False)
            check = self._comparison.check(opened, weights=twin.get_weights(), expected=expected, path=whole)
            self._publish(whole.name, whole, epoch=best_epoch, check=check)
            self._publish(plan.name, plan, epoch=None)

    def history(self, records: Sequence[EpochRecord]) -> None:
        """`history.csv`: one line per epoch."""
        with scratch_folder(self._scratch) as folder:
            path = folder / "history.csv"
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
        with scratch_folder(self._scratch) as folder:
            path = folder / PREDICTIONS
            path.write_bytes(written(answered))
            self._publish(path.name, path, epoch=None)

    def record(self, facts: dict[str, Any]) -> None:
        """`run.json`: what repeating the run takes."""
        with scratch_folder(self._scratch) as folder:
            path = folder / "run.json"
            path.write_text(json.dumps(facts, indent=1, allow_nan=False), encoding="utf-8")
            self._publish(path.name, path, epoch=None)

    def _weights(
        self, path: Path, weights: Weights, *, epoch: int, plan: Path
    ) -> tuple[keras.Model, NDArray[np.float64]]:
        """The twin that was written, and what the trained network answers with these weights."""
        self._network.set_weights(weights)
        expected = self._comparison.probabilities(self._network)
        twin = self._twin_of(self._network)
        twin.save_weights(path)
        tell(path, {**self._facts, "epoch": epoch})
        opened = keras.models.model_from_json(plan.read_text(encoding="utf-8"))
        opened.load_weights(path)
        check = self._comparison.check(opened, weights=twin.get_weights(), expected=expected, path=path)
        self._publish(path.name, path, epoch=epoch, check=check)
        return twin, expected


def versions(*, devices: int = 1) -> dict[str, str]:
    """What computed the numbers; `devices` is there where they were several."""
    backend = keras.backend.backend()
    found = {"python": platform.python_version(), "keras": keras.version(), "backend": backend}
    package = {"torch": "torch", "jax": "jax"}.get(backend)
    found[backend] = version(package) if package else _tensorflow_version()
    found |= {"numpy": np.__version__, "pillow": version("pillow"), "device": _device(backend)}
    return found if devices == 1 else found | {"devices": str(devices)}


def told(found: dict[str, str]) -> str:
    """The same for people, as far as numbers may depend on it."""
    backend, device = found["backend"], found["device"].upper()
    if "devices" in found:
        device = f"{found['devices']} {device} devices"
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
