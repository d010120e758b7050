"""Checkpoints at and within epochs, from which a run goes on. Written whole or not at all.

From the end of an epoch a deterministic run goes on bit-identically; within one no batch is repeated or left out, and
that epoch's training metrics are those of the batches behind the checkpoint.
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from app.core.runs.checkpoints import CheckpointName, outdated, parsed
from app.core.values import Value

log = logging.getLogger(__name__)


class EpochRecord(Value):
    """What one epoch came to; `epoch` counts from 1. A value is None where it was not finite.

    `measured_batches` says how many of its batches the training metrics are of, where an attempt went on within it.
    """

    epoch: int
    step: int
    values: dict[str, float | None]
    weights_digest: str
    measured_batches: int | None = None


class CheckpointState(Value):
    """Where a run stood after `epoch` epochs and `batch` batches of the next, and the digests of the files beside it.

    `seconds` were spent in training by then; `attempt` reached it.
    """

    attempt: int = 0
    epoch: int
    batch: int = 0
    step: int
    seconds: float = 0.0
    architecture: str
    history: tuple[EpochRecord, ...]
    best_epoch: int
    best_value: float | None
    sha256: dict[str, str] = Field(default_factory=dict)

    @property
    def name(self) -> CheckpointName:
        """What it is called."""
        names_epoch = self.attempt > 0 and self.batch == 0
        return CheckpointName(attempt=self.attempt, step=self.step, epoch=self.epoch if names_epoch else 0)


def checkpoint_folder(data: Path, run_id: str) -> Path:
    """Where a machine keeps those of a run."""
    return data / "checkpoints" / run_id


class Carries(Protocol):
    """Has checkpoints carried to where other machines find them."""

    def carry(self, name: CheckpointName) -> None:
        """That one next, instead of any that waits; returns at once."""
        ...

    def under_way(self) -> CheckpointName | None:
        """The one whose files are being read."""
        ...


class Checkpoints:
    """The checkpoints of one run: `<folder>/<name>/{variables.npz,best.npz,state.json}`.

    There is one at the end of each epoch, and within a long one every so many seconds.
    """

    def __init__(
        self, folder: Path, *, every_seconds: float = float("inf"), kept: int = 2, carrier: Carries | None = None
    ) -> None:
        self._folder = folder
        self._kept = kept
        self._carrier = carrier
        self.every_seconds = every_seconds

    def save(self, state: CheckpointState, *, variables: Sequence[NDArray[Any]], best: Sequence[NDArray[Any]]) -> None:
        """Write into a temporary folder, make it durable, give it its name, forget all but the newest."""
        # What a killed attempt left half written would stay for ever: another attempt stops at other steps.
        for torn in self._folder.glob("*.tmp"):
            shutil.rmtree(torn, ignore_errors=True)
        self._filled(state.name, lambda folder: _write_all(folder, state, variables=variables, best=best))
        spared = None
        if self._carrier is not None:
            # In this order: what is asked for now may be read from now on, what is removed below may not.
            self._carrier.carry(state.name)
            spared = self._carrier.under_way()
        for name in outdated(self._names(), by=state.name, kept=self._kept):
            if name != spared:
                shutil.rmtree(self._folder / str(name), ignore_errors=True)

    def adopt(self, name: CheckpointName, fetch: Callable[[Path], None], *, architecture: str) -> None:
        """Have its files put into a folder and keep them; ValueError where they are not whole or of another architecture."""

        def fill(folder: Path) -> None:
            fetch(folder)
            _verified(folder, name, architecture=architecture)

        self._filled(name, fill)

    def newest(self, *, architecture: str) -> CheckpointState | None:
        """The newest checkpoint that is whole and of this architecture (its digest); None where there is none."""
        for name in self._names():
            try:
                return _verified(self._folder / str(name), name, architecture=architecture)
            except (OSError, ValueError, ValidationError) as error:
                log.warning("Checkpoint %s cannot be used and is passed over: %s", name, error)
        return None

    def of_epoch(self, epoch: int, *, architecture: str) -> CheckpointState | None:
        """The checkpoint at the end of that epoch (from 1), if it is kept, whole and of this architecture (its digest)."""
        for name in self._names():
            try:
                state = _verified(self._folder / str(name), name, architecture=architecture)
            except (OSError, ValueError, ValidationError):
                continue
            if (state.epoch, state.batch) == (epoch, 0):
                return state
        return None

    def variables(self, state: CheckpointState) -> list[NDArray[Any]]:
        """Every variable's value: weights, seed generators and the optimizer's, in their order."""
        return _read_arrays(self._folder / str(state.name) / "variables.npz")

    def best(self, state: CheckpointState) -> list[NDArray[Any]]:
        """The weights of the best epoch so far."""
        return _read_arrays(self._folder / str(state.name) / "best.npz")

    def _filled(self, name: CheckpointName, fill: Callable[[Path], None]) -> None:
        temporary = self._folder / f"{name}.tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True, mode=0o700)
        try:
            fill(temporary)
        except BaseException:
            # On a full disk the half that was written is in the way of everything else.
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        _sync(temporary)
        final = self._folder / str(name)
        shutil.rmtree(final, ignore_errors=True)
        temporary.rename(final)
        _sync(self._folder)

    def _names(self) -> list[CheckpointName]:
        """The newest first."""
        if not self._folder.is_dir():
            return []
        found = (parsed(path.name) for path in self._folder.iterdir())
        return sorted((name for name in found if name is not None), reverse=True)


def all_variables(network: keras.Model) -> list[keras.Variable]:
    """Weights, seed generators and the optimizer's variables; not the metrics', which begin anew with each epoch."""
    metrics = {id(variable) for variable in network.metrics_variables}
    own = [variable for variable in network.variables if id(variable) not in metrics]
    known = {id(variable) for variable in own} | metrics
    return [*own, *(variable for variable in network.optimizer.variables if id(variable) not in known)]


def values_of(variables: Sequence[keras.Variable]) -> list[NDArray[Any]]:
    """Their values as arrays."""
    return [np.array(keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(variable))) for variable in variables]


def assign(variables: Sequence[keras.Variable], arrays: Sequence[NDArray[Any]]) -> None:
    """Give variables their values again; ValueError where they do not fit."""
    shapes = [tuple(variable.shape) for variable in variables]
    if shapes != [array.shape for array in arrays]:
        raise ValueError(f"The checkpoint holds {len(arrays)} variables that do not fit the network's {len(shapes)}.")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _write_all(
    folder: Path, state: CheckpointState, *, variables: Sequence[NDArray[Any]], best: Sequence[NDArray[Any]]
) -> None:
    digests = {
        name: _write_arrays(folder / name, arrays)
        for name, arrays in {"variables.npz": variables, "best.npz": best}.items()
    }
    complete = state.model_copy(update={"sha256": digests})
    _write(folder / "state.json", complete.model_dump_json(indent=1).encode())


def _verified(folder: Path, called: CheckpointName, *, architecture: str) -> CheckpointState:
    state = CheckpointState.model_validate(json.loads((folder / "state.json").read_text(encoding="utf-8")))
    if state.name != called:
        raise ValueError(f"it says that it is {state.name}")
    if state.architecture != architecture:
        raise ValueError("it is of another architecture")
    for name in ("variables.npz", "best.npz"):
        with (folder / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != state.sha256.get(name):
                raise ValueError(f"{name} is not what was written")
    return state


def _write_arrays(path: Path, arrays: Sequence[NDArray[Any]]) -> str:
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **{f"{index:06d}": array for index, array in enumerate(arrays)})
        file.flush()
        os.fsync(file.fileno())
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_arrays(path: Path) -> list[NDArray[Any]]:
    with np.load(path, allow_pickle=False) as arrays:
        return [arrays[name] for name in sorted(arrays.files)]


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
