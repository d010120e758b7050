"""Trainers that wait for a run with everything loaded: scripted ones under the real supervisor, and one of Keras."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.core.runs.lifecycle import RunState
from app.core.runs.run import Run
from app.services.bundle import ServiceBundle
from tests.fakes.scripted_supervisor import TRAINER
from tests.fakes.scripted_trainer import digest_of
from tests.fixtures.checker import violations
from tests.fixtures.scripted import is_running, of_epochs, result, scripted, slot, until
from worker import trainers as starting
from worker.logs import log_path
from worker.supervisor import Supervisor
from worker.trainers import Trainers

SECONDS = 60


@pytest.fixture
def trainers(scripted_services: ServiceBundle) -> Iterator[Trainers]:
    """Those of one slot; none waits yet."""
    warm = scripted_services.settings.model_copy(update={"warm_trainers": True})
    made = Trainers(warm, command=TRAINER)
    yield made
    made.close()


def waiting_of(owner: int) -> list[int]:
    """The trainers that one process has waiting."""
    children = psutil.Process(owner).children()
    return [
        child.pid for child in children if "--wait" in child.cmdline() and "app.adapters.leash" not in child.cmdline()
    ]


def ready(services: ServiceBundle, *, owner: int | None = None) -> int:
    """The trainer of a process that waits with everything loaded, once there is one."""
    owner = owner or os.getpid()
    until(lambda: list((services.settings.data / "pulses").glob(f"waiting-{owner}-*")), seconds=SECONDS)
    (pid,) = waiting_of(owner)
    return pid


def supervised(services: ServiceBundle, trainers: Trainers, script: str = "steps 1") -> Run:
    """A run that one attempt has been made of."""
    run = scripted(services, script)
    assert Supervisor(services.settings, services, trainers=trainers).train_next()
    return services.runs.get(run.id)


def processes(services: ServiceBundle, run: Run) -> list[int]:
    """The trainers that have written into the log of a run's last attempt."""
    lines = log_path(services.settings.data, run.id, run.attempt).read_text().splitlines()
    return [int(line.split()[1]) for line in lines if line.startswith("process ")]


def test_a_run_is_taken_by_the_trainer_that_waits_and_its_log_is_that_of_this_run(
    scripted_services: ServiceBundle, trainers: Trainers
) -> None:
    trainers.warm_up()
    first = ready(scripted_services)
    one = supervised(scripted_services, trainers)
    second = ready(scripted_services)
    other = supervised(scripted_services, trainers)
    assert first != second
    assert [processes(scripted_services, run) for run in (one, other)] == [[first], [second]]
    assert [(run.state, run.attempt, run.crashes) for run in (one, other)] == [("finished", 1, 0)] * 2
    assert [wrong for run in (one, other) for wrong in violations(scripted_services, run.id)] == []


@pytest.mark.parametrize("after_seconds", [0.0, 600.0], ids=["loading", "before it loads"])
def test_a_trainer_that_is_not_ready_takes_the_run_too(
    scripted_services: ServiceBundle, trainers: Trainers, after_seconds: float
) -> None:
    before = set(psutil.Process().children())
    trainers.warm_up(after_seconds=after_seconds)
    (waiting,) = {child.pid for child in set(psutil.Process().children()) - before}
    run = supervised(scripted_services, trainers)
    assert (run.state, processes(scripted_services, run)) == ("finished", [waiting])
    assert result(scripted_services, run) == digest_of(epochs=2)


def test_a_trainer_that_waits_holds_neither_the_database_nor_the_broker(
    scripted_services: ServiceBundle, trainers: Trainers
) -> None:
    trainers.warm_up()
    process = psutil.Process(ready(scripted_services))
    assert process.net_connections("all") == []
    assert [
        file.path for file in process.open_files() if Path(file.path).is_relative_to(scripted_services.settings.data)
    ] == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["dead", "hanging"])
def test_a_trainer_that_died_or_hangs_while_it_waited_costs_the_run_nothing(
    scripted_services: ServiceBundle, trainers: Trainers, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "TAKES_WITHIN_SECONDS", 0.5)
    trainers.warm_up()
    waited = ready(scripted_services)
    os.kill(waited, number)
    run = supervised(scripted_services, trainers)
    assert (run.state, run.attempt, run.crashes) == ("finished", 1, 0)
    assert waited not in processes(scripted_services, run)
    until(lambda: not is_running(waited))


def test_a_trainer_that_hangs_while_it_loads_is_not_waited_for(
    scripted_services: ServiceBundle, trainers: Trainers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "LOADS_WITHIN_SECONDS", 0.0)
    monkeypatch.setenv("SCRIPTED_TRAINER_HANGS_WHILE_LOADING", "1")
    trainers.warm_up()
    run = supervised(scripted_services, trainers)
    assert (run.state, run.attempt, run.crashes) == ("finished", 1, 0)


def test_a_trainer_that_waits_ends_with_its_owner(scripted_services: ServiceBundle) -> None:
    with slot(DICEBOARD_WARM_TRAINERS="true") as owner:
        waited = ready(scripted_services, owner=owner.pid)
        os.kill(owner.pid, signal.SIGKILL)
    until(lambda: not is_running(waited), seconds=SECONDS)


def test_the_next_trainer_is_started_while_a_run_trains_but_not_at_its_first_steps(
    scripted_services: ServiceBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    warmed: list[str] = []
    trainers = Trainers(scripted_services.settings, command=TRAINER)
    monkeypatch.setattr(trainers, "warm_up", lambda: warmed.append("warm"))
    for phase in (RunState.STARTING, RunState.RUNNING, RunState.RUNNING):
        trainers.see(phase)
    assert warmed == []
    monkeypatch.setattr(starting, "WARM_UP_AFTER_SECONDS", 0.0)
    trainers.see(RunState.EVALUATING)
    trainers.see(RunState.RUNNING)
    assert warmed == []
    trainers.see(RunState.RUNNING)
    assert warmed == ["warm"]


def test_none_waits_where_the_settings_say_so(scripted_services: ServiceBundle) -> None:
    trainers = Trainers(scripted_services.settings, command=TRAINER)
    trainers.warm_up()
    run = scripted(scripted_services, "steps 1", configuration=of_epochs(1))
    assert Supervisor(scripted_services.settings, scripted_services, trainers=trainers).train_next()
    assert scripted_services.runs.get(run.id).state == "finished"
    assert waiting_of(os.getpid()) == []
