"""What may befall an attempt, with a scripted trainer in place of Keras and time compressed; the supervisor is real."""

import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import make_url

from app.adapters.clock import utc_now
from app.core.errors import DiceboardError
from app.core.names import Pool
from app.core.runs.lifecycle import RunState
from app.core.workers import Worker
from app.services.bundle import ServiceBundle
from tests.fakes.scripted_trainer import digest_of
from tests.fixtures.checker import violations
from tests.fixtures.machines import Way, way_to
from tests.fixtures.scripted import is_running, of_epochs, result, scripted, slot, supervise, trainers, until
from worker.slot import Slot


def test_a_trainer_that_breaks_off_each_time_is_not_tried_for_ever(scripted_services: ServiceBundle) -> None:
    run = scripted(scripted_services, "exit 9")
    assert [supervise(scripted_services) for _ in range(4)] == [True, True, True, False]
    found = scripted_services.runs.get(run.id)
    assert (found.state, found.crashes, found.attempt) == ("failed", 3, 3)
    assert "Gave up after 3 attempts" in str(found.error)
    assert violations(scripted_services, run.id) == []


def test_a_trainer_that_does_not_stop_is_ended_and_its_run_stopped(scripted_services: ServiceBundle) -> None:
    run = scripted(scripted_services, "stubborn")
    thread = threading.Thread(target=supervise, args=(scripted_services,))
    thread.start()
    until(lambda: scripted_services.runs.get(run.id).state == "running")
    began = time.monotonic()
    scripted_services.runs.cancel(run.id)
    thread.join(15)
    assert time.monotonic() - began >= scripted_services.settings.kill_after_seconds
    assert scripted_services.runs.get(run.id).state == "stopped"
    assert violations(scripted_services, run.id) == []


def test_a_run_killed_again_and_again_does_every_step_once(scripted_services: ServiceBundle) -> None:
    run = scripted(scripted_services, "steps 15", configuration=of_epochs(4))
    chance = random.Random(5)
    for _ in range(2):
        kill = threading.Timer(
            1.2 + chance.random() / 2, lambda: [os.kill(pid, signal.SIGKILL) for pid in trainers(run)]
        )
        kill.start()
        supervise(scripted_services)
        kill.cancel()
        kill.join()
    supervise(scripted_services)
    assert scripted_services.runs.get(run.id).state == "finished"
    assert result(scripted_services, run) == digest_of(epochs=4)
    assert violations(scripted_services, run.id) == []


def test_a_worker_that_leaves_hands_its_run_back_uncounted(scripted_services: ServiceBundle) -> None:
    run = scripted(scripted_services, "steps 15", configuration=of_epochs(3))
    name = Slot(scripted_services.settings).name
    now = utc_now()
    here = Worker(name=name, host="here", pid=1, pool=Pool.TRAIN, device={}, started_at=now, seen_at=now)
    scripted_services.workers.beat(here)
    thread = threading.Thread(target=supervise, args=(scripted_services,))
    thread.start()
    until(lambda: scripted_services.runs.get(run.id).progress.step > 5)
    scripted_services.workers.drain(name)
    thread.join(15)
    assert (scripted_services.runs.get(run.id).state, scripted_services.runs.get(run.id).crashes) == ("queued", 0)
    assert not supervise(scripted_services)
    scripted_services.workers.remove(name)
    assert supervise(scripted_services)
    assert result(scripted_services, run) == digest_of(epochs=3)
    assert violations(scripted_services, run.id) == []


@pytest.fixture
def way(own_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    """To a PostgreSQL of its own, which is what `scripted_services` finds where it is asked for after this."""
    made, url = way_to(own_database, "127.0.0.1")
    monkeypatch.setenv("DICEBOARD_DATABASE_URL", url)
    yield made
    made.close()


def test_a_database_that_is_away_for_longer_than_a_lease_is_no_crash(
    way: Way, scripted_services: ServiceBundle
) -> None:
    run = scripted(scripted_services, "steps 15", configuration=of_epochs(4))
    thread = threading.Thread(target=supervise, args=(scripted_services,))
    thread.start()
    until(lambda: scripted_services.runs.get(run.id).progress.step > 5)
    way.cut(3 * scripted_services.settings.lease_seconds)
    thread.join(30)
    assert not thread.is_alive()
    found = scripted_services.runs.get(run.id)
    assert (found.state, found.crashes, found.attempt) == ("queued", 0, 1)
    assert supervise(scripted_services)
    assert result(scripted_services, run) == digest_of(epochs=4)
    assert violations(scripted_services, run.id) == []


def test_an_overdue_run_without_any_lease_is_taken_back(scripted_services: ServiceBundle) -> None:
    run = scripted(scripted_services, "steps", state=RunState.RUNNING, attempt=1)
    scripted_services.workers.reconcile()
    assert (scripted_services.runs.get(run.id).state, scripted_services.runs.get(run.id).crashes) == ("queued", 1)


def test_a_trainer_ends_with_its_supervisor_and_its_run_goes_on(scripted_services: ServiceBundle) -> None:
    run = scripted(scripted_services, "steps 30", configuration=of_epochs(4))
    with slot():
        (trainer,) = until(lambda: trainers(run) if scripted_services.runs.get(run.id).state == "running" else [])
    until(lambda: not is_running(trainer), seconds=30)
    with slot():
        until(lambda: scripted_services.workers.reconcile() or scripted_services.runs.get(run.id).is_terminal)
    assert result(scripted_services, run) == digest_of(epochs=4)
    assert violations(scripted_services, run.id) == []


def pause_between_writes(services: ServiceBundle, *pids: int) -> None:
    """Stop the processes at a moment at which none of them is SQLite's one writer: nobody else could write meanwhile."""
    path = make_url(services.settings.sqlalchemy_url).database or ""
    while True:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
                return
            except sqlite3.OperationalError:
                for pid in pids:
                    os.kill(pid, signal.SIGCONT)
                time.sleep(0.01)


def test_a_worker_that_was_paused_longer_than_its_lease_can_write_nothing(scripted_services: ServiceBundle) -> None:
    run = scripted(scripted_services, "steps 30", configuration=of_epochs(4))
    with slot() as first:
        trainer = until(lambda: trainers(run) if scripted_services.runs.get(run.id).state == "running" else [])[0]
        pause_between_writes(scripted_services, first.pid, trainer)
        until(lambda: scripted_services.workers.reconcile() or scripted_services.runs.get(run.id).state == "queued")
        with slot():
            until(lambda: scripted_services.runs.get(run.id).state == "running")
            for pid in (first.pid, trainer):
                os.kill(pid, signal.SIGCONT)
            until(lambda: not is_running(trainer))
            until(lambda: scripted_services.runs.get(run.id).is_terminal)
    assert (scripted_services.runs.get(run.id).state, scripted_services.runs.get(run.id).attempt) == ("finished", 2)
    assert result(scripted_services, run) == digest_of(epochs=4)
    assert violations(scripted_services, run.id) == []


def test_a_stop_at_any_moment_has_one_outcome(scripted_services: ServiceBundle) -> None:
    chance = random.Random(11)
    runs = [scripted(scripted_services, "steps 1", configuration=of_epochs(2)) for _ in range(6)]
    with slot():
        for run in runs:
            until(lambda run=run: scripted_services.runs.get(run.id).state != "queued")  # type: ignore[misc]
            time.sleep(chance.random() * 1.5)
            try:
                scripted_services.runs.cancel(run.id)
            except DiceboardError:
                assert scripted_services.runs.get(run.id).is_terminal
            until(lambda run=run: scripted_services.runs.get(run.id).is_terminal)  # type: ignore[misc]
    assert {scripted_services.runs.get(run.id).state for run in runs} <= {"finished", "stopped"}
    assert [wrong for run in runs for wrong in violations(scripted_services, run.id)] == []
