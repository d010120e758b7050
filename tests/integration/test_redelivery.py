"""Late acks instead of early ones, which bring long tasks again and again, and a worker that is killed while it leaves."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.adapters.data_folder import prepare
from app.adapters.database.migrate import upgrade
from app.composition import compose
from app.core.names import TaskName
from app.core.runs.run import EventKind, Run
from app.processes import broker, programs
from app.services.bundle import ServiceBundle
from app.settings import Settings
from tests.fakes.scripted_trainer import digest_of
from tests.fixtures.checker import violations
from tests.fixtures.scripted import is_running, of_epochs, result, scripted, told, trainers, until

QUICK = {"DICEBOARD_LEASE_SECONDS": "6", "DICEBOARD_HEARTBEAT_SECONDS": "1", "DICEBOARD_RECONCILE_SECONDS": "1"}
WORKERS = ("one", "two")


@dataclass
class Machines:
    """Two training workers with late acks over one broker and one data folder."""

    services: ServiceBundle
    workers: dict[str, subprocess.Popen[bytes]]
    folder: Path

    def deliveries(self) -> int:
        """How often a worker was given a message."""
        logs = [(self.folder / f"{name}.txt").read_text(errors="replace") for name in WORKERS]
        return sum(log.count(f"Task {TaskName.TRAIN_NEXT_RUN.value}[") for log in logs)

    def holder(self, run: Run) -> subprocess.Popen[bytes]:
        # A worker's name ends with what tells machines of one host name apart.
        name = str(self.services.runs.get(run.id).worker).removeprefix("train@")
        return self.workers[name.rpartition("-")[0]]


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    with tempfile.TemporaryDirectory(prefix="dice", ignore_cleanup_errors=True) as folder:
        settings = Settings(data=Path(folder))
        prepare(settings.data)
        upgrade(settings.sqlalchemy_url)
        valkey, train = broker.program(settings), programs.workers(settings)[0]
        command = ["tests.fakes.late_acks" if word == "worker.celery_app" else word for word in train.argv]
        command += ["-I", "tests.fakes.scripted_worker"]
        started = [subprocess.Popen(valkey.argv, env={**os.environ, **valkey.environment})]
        for name in WORKERS:
            here = {
                **os.environ,
                **train.environment,
                **QUICK,
                "DICEBOARD_WORKER_NAME": name,
                "DICEBOARD_WARM_TRAINERS": "false",
            }
            with (Path(folder) / f"{name}.txt").open("wb") as log:
                started.append(subprocess.Popen(command, env=here, stdout=log, stderr=log))
        services = compose(settings)
        until(lambda: len(services.workers.page()) == len(WORKERS), seconds=90)
        yield Machines(services, dict(zip(WORKERS, started[1:], strict=True)), Path(folder))
        services.database.close()  # type: ignore[attr-defined]
        for process in reversed(started):
            process.terminate()
            process.wait(30)


def test_a_task_that_outlives_the_visibility_timeout_comes_again_and_starts_no_second_trainer(
    machines: Machines,
) -> None:
    run = scripted(machines.services, "steps 400", configuration=of_epochs(2))
    until(lambda: machines.services.queue.send(TaskName.TRAIN_NEXT_RUN, run.id))
    until(lambda: machines.services.runs.get(run.id).is_terminal, seconds=120)
    until(lambda: machines.deliveries() > 1, seconds=60)
    found = machines.services.runs.get(run.id)
    assert (found.state, found.attempt, found.crashes) == ("finished", 1, 0)
    assert len(list((machines.folder / "logs").glob(f"{run.id}-*.log"))) == 1
    assert result(machines.services, run) == digest_of(epochs=2)
    assert violations(machines.services, run.id) == []


def test_a_worker_that_is_killed_while_it_leaves_loses_nothing(machines: Machines) -> None:
    run = scripted(machines.services, "steps 100", configuration=of_epochs(3))
    until(lambda: told(machines.services, run, EventKind.EPOCH), seconds=120)
    (trainer,), worker = trainers(run), machines.holder(run)
    worker.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(0.1)
    worker.kill()
    until(lambda: not is_running(trainer))
    until(lambda: machines.services.runs.get(run.id).is_terminal, seconds=120)
    found = machines.services.runs.get(run.id)
    assert (found.state, found.attempt) == ("finished", 2)
    assert result(machines.services, run) == digest_of(epochs=3)
    assert violations(machines.services, run.id) == []
