"""Checkpoints in the storage that machines share: one goes on from where another came to, whatever the storage does."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from app.adapters.blob_store import ObstoreBlobs
from app.adapters.kept_epochs import KeptEpochs
from app.core.errors import UnavailableError
from app.core.runs.checkpoints import CheckpointName, prefix_of
from worker.trainer import shared_checkpoints
from worker.trainer.checkpoints import Checkpoints, CheckpointState
from worker.trainer.shared_checkpoints import Carrier, SharedCheckpoints

RUN = "r"


class Storage(ObstoreBlobs):
    """A folder that may be away, or take its time."""

    is_away = False

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.gate = threading.Event()
        self.gate.set()
        self.asked = threading.Semaphore(0)

    def put_file(self, key: str, path: Path) -> None:
        """Once the gate is open."""
        self.asked.release()
        assert self.gate.wait(30)
        self._answer()
        super().put_file(key, path)

    def list(self, prefix: str) -> Iterator:
        """Unless it is away."""
        self._answer()
        return super().list(prefix)

    def _answer(self) -> None:
        if self.is_away:
            raise UnavailableError("The storage did not answer.")


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage((tmp_path / "shared").as_uri())


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_checkpoints, "REST_SECONDS", 0.01)
    monkeypatch.setattr(shared_checkpoints, "LOOK_SECONDS", 0.01)


class Machine:
    """A data folder, and what an attempt does there."""

    def __init__(self, folder: Path, storage: Storage, *, attempt: int = 1, kept: int = 2) -> None:
        self.folder, self.attempt, self.told = folder, attempt, list[str]()
        self.shared = SharedCheckpoints(RUN, storage)
        self.stops = False
        self.carrier = Carrier(
            self.shared,
            folder,
            kept=kept,
            tell=self.told.append,
            asked_to_stop=lambda: self.stops,
            stops_within_seconds=0.2,
        )
        self.checkpoints = Checkpoints(folder, kept=kept, carrier=self.carrier)

    def save(self, step: int, *, batch: int = 0) -> None:
        """Ten steps are an epoch."""
        state = CheckpointState(
            attempt=self.attempt, epoch=step // 10, batch=batch, step=step, architecture="one", history=(),
            best_epoch=1, best_value=None,
        )  # fmt: skip
        self.checkpoints.save(state, variables=[np.full(1000, step)], best=[np.zeros(3)])

    def bring(self) -> CheckpointState | None:
        """What it would go on from."""
        here = self.checkpoints.newest(architecture="one")
        self.shared.bring(self.checkpoints, architecture="one", wanted=lambda name: here is None or name > here.name)
        return self.checkpoints.newest(architecture="one")


@pytest.fixture
def machine(tmp_path: Path, storage: Storage) -> Callable[..., Machine]:
    return lambda name, **more: Machine(tmp_path / name, storage, **more)


def names(storage: Storage) -> list[str]:
    found = sorted({blob.key.split("/")[2] for blob in ObstoreBlobs.list(storage, prefix_of(RUN))})
    return [name.replace("attempt-", "").replace("-step-", ":").partition("-")[0] for name in found]


def step_of(state: CheckpointState | None) -> tuple[int, int] | None:
    return state and (state.attempt, state.step)


def test_another_machine_goes_on_from_there(machine: Callable[..., Machine], storage: Storage) -> None:
    first, second = machine("first"), machine("second", attempt=2)
    assert second.bring() is None
    with first.carrier:
        for step in (10, 20, 25):
            first.save(step, batch=step % 10)
            until(first.carrier.is_idle)
    assert names(storage) == ["1:20", "1:25"]
    found = second.bring()
    assert step_of(found) == (1, 25)
    assert found is not None
    assert second.checkpoints.variables(found)[0][0] == 25
    assert KeptEpochs(second.folder, storage).of(RUN) == [2]


def test_what_was_reached_here_is_not_brought_again(machine: Callable[..., Machine], storage: Storage) -> None:
    first = machine("first")
    with first.carrier:
        first.save(10)
    first.save(20)  # nobody carries any more
    assert names(storage) == ["1:10"]
    assert step_of(first.bring()) == (1, 20)


def test_a_later_step_of_an_earlier_attempt_does_not_win(machine: Callable[..., Machine], storage: Storage) -> None:
    lost = machine("lost")
    with lost.carrier:
        lost.save(10)
    lost.save(60)  # on its own disk, before its run was taken back
    second = machine("second", attempt=2)
    assert step_of(second.bring()) == (1, 10)
    with second.carrier:
        second.save(20)
    again = Machine(lost.folder, storage, attempt=3)
    assert step_of(again.bring()) == (2, 20)
    with again.carrier:
        again.save(30)
    assert sorted(path.name for path in again.folder.iterdir()) == [
        "attempt-2-step-20-epoch-2",
        "attempt-3-step-30-epoch-3",
    ]


def test_an_attempt_that_lost_its_run_removes_and_replaces_nothing_newer(
    machine: Callable[..., Machine], storage: Storage
) -> None:
    lost, second = machine("lost", kept=1), machine("second", attempt=2, kept=1)
    with second.carrier:
        second.save(20)
    with lost.carrier:
        lost.save(10)
        lost.save(20)
    assert "2:20" in names(storage)
    assert step_of(machine("third", attempt=3).bring()) == (2, 20)
    goes_on = Machine(second.folder, storage, attempt=2, kept=1)
    with goes_on.carrier:
        goes_on.save(30)
    assert names(storage) == ["2:30"]


def test_a_slow_storage_skips_epochs_and_never_slows_training(
    machine: Callable[..., Machine], storage: Storage
) -> None:
    first = machine("first", kept=1)
    storage.gate.clear()
    with first.carrier:
        first.save(10)
        assert storage.asked.acquire(timeout=10)
        for step in (20, 30, 40):
            first.save(step)  # returns at once, and leaves what is being read where it is
        assert (first.folder / "attempt-1-step-10-epoch-1").is_dir()
        storage.gate.set()
    assert names(storage) == ["1:40"]
    assert {path.name for path in first.folder.iterdir()} == {"attempt-1-step-10-epoch-1", "attempt-1-step-40-epoch-4"}
    first.save(50)
    assert [path.name for path in first.folder.iterdir()] == ["attempt-1-step-50-epoch-5"]


def test_a_storage_that_is_away_is_told_once_and_caught_up_with(
    machine: Callable[..., Machine], storage: Storage
) -> None:
    first = machine("first")
    storage.is_away = True
    with first.carrier:
        for step in (10, 20, 30):
            first.save(step)
            assert storage.asked.acquire(timeout=10)
            assert storage.asked.acquire(timeout=10)
        storage.is_away = False
    assert len(first.told) == 1
    assert "The storage did not answer." in first.told[0]
    assert names(storage) == ["1:30"]


def test_who_is_asked_to_stop_does_not_wait_for_a_storage_that_is_away(
    machine: Callable[..., Machine], storage: Storage
) -> None:
    first = machine("first")
    storage.is_away = first.stops = True
    with first.carrier:
        first.save(10)
    assert names(storage) == []
    assert step_of(first.checkpoints.newest(architecture="one")) == (1, 10)


def test_nobody_begins_anew_because_the_storage_is_away(machine: Callable[..., Machine], storage: Storage) -> None:
    storage.is_away = True
    with pytest.raises(UnavailableError):
        machine("second").bring()


@pytest.mark.parametrize("file", ["variables.npz", "state.json"])
def test_what_is_damaged_in_the_storage_is_passed_over(
    machine: Callable[..., Machine], storage: Storage, tmp_path: Path, file: str
) -> None:
    first, second = machine("first"), machine("second", attempt=2)
    with first.carrier:
        for step in (10, 20):
            first.save(step)
            until(first.carrier.is_idle)
    path = tmp_path / "shared" / "checkpoints" / RUN / str(CheckpointName(1, 20, 2)) / file
    path.write_bytes(path.read_bytes()[:-9])
    assert step_of(second.bring()) == (1, 10)
    assert [path.name for path in second.folder.iterdir()] == ["attempt-1-step-10-epoch-1"]


def test_what_was_half_carried_goes_with_the_next(machine: Callable[..., Machine], storage: Storage) -> None:
    storage.put_bytes(f"{prefix_of(RUN)}{CheckpointName(1, 10, 1)}/variables.npz", b"half")
    first = machine("first", attempt=2)
    assert first.bring() is None
    with first.carrier:
        first.save(10)
    assert names(storage) == ["2:10"]


def until(holds: Callable[[], bool]) -> None:
    done = threading.Event()
    for _ in range(3000):
        if holds():
            return
        done.wait(0.01)
    raise AssertionError("It did not come about in time.")
