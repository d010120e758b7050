"""When a trainer counts as hung."""

import os
from pathlib import Path

import pytest

from app.core.runs.lifecycle import RunState
from app.settings import Settings
from worker.pulse import Pulse, Watchdog


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pulses" / "run"


def watchdog(path: Path, **limits: float) -> Watchdog:
    settings = Settings(hang_starting_seconds=5, hang_running_seconds=5).model_copy(update=limits)
    return Watchdog(settings, path, now=0)


def looks(dog: Watchdog, *, since: int, until: int, phase: RunState = RunState.RUNNING) -> list[bool]:
    return [dog.finds_hung(phase, now=second) for second in range(since, until)]


def test_a_trainer_that_never_gave_a_sign_is_hung_after_the_limit_of_its_phase(path: Path) -> None:
    assert looks(watchdog(path), since=1, until=9, phase=RunState.STARTING) == [False] * 6 + [True] * 2


def test_a_beat_or_another_phase_begins_anew(path: Path) -> None:
    dog = watchdog(path)
    assert not any(looks(dog, since=1, until=6))
    Pulse(path)
    assert not any(looks(dog, since=6, until=11))
    assert not any(looks(dog, since=11, until=16, phase=RunState.STARTING))
    assert looks(dog, since=16, until=18, phase=RunState.STARTING) == [False, True]


def test_time_in_which_nobody_looked_does_not_count(path: Path) -> None:
    dog = watchdog(path)
    looks(dog, since=1, until=3)
    assert not dog.finds_hung(RunState.RUNNING, now=3_600)
    assert not dog.finds_hung(RunState.RUNNING, now=3_602)
    assert dog.finds_hung(RunState.RUNNING, now=3_604)


def test_a_clock_that_is_set_back_is_no_reason(path: Path) -> None:
    dog = watchdog(path)
    Pulse(path)
    looks(dog, since=1, until=5)
    os.utime(path, (1, 1))
    assert not any(looks(dog, since=5, until=10))


def test_a_limit_of_nothing_is_none(path: Path) -> None:
    assert not any(looks(watchdog(path, hang_running_seconds=0), since=1, until=500))


def test_beats_are_written_down_only_now_and_then(path: Path) -> None:
    pulse = Pulse(path)
    path.unlink()
    pulse.beat()
    assert not path.exists()
