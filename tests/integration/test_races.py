"""Somebody stops a run in the very moment in which something else happens to it: one of the two wins, on each database."""

import contextlib
import random
import threading
import time
from collections.abc import Callable

import pytest

from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.core.errors import ConflictError, NotFoundError, StaleAttemptError, UnavailableError
from app.core.runs.lifecycle import WAITING, RunState
from app.core.runs.request import RunChanges
from app.core.runs.run import EventKind, Run
from app.services.run_queue import QueueService
from app.services.runs import RunService
from app.services.workers import WorkerService
from tests.factories.rows import queued_run
from tests.factories.run_world import Nobody
from tests.fakes.queue import RememberedTasks

ROUNDS = 25
TERMINAL = {"finished", "failed", "stopped", "diverged"}


class Services:
    """The two sides of a race, and the queue."""

    def __init__(self, database: SqlDatabase) -> None:
        nobody = Nobody()
        self.database = database
        self.runs = RunService(
            database=database, queue=RememberedTasks(), event_log=nobody, clock=utc_now, new_id=new_id,
            plans=nobody, starts=nobody,
        )  # fmt: skip
        self.queue = QueueService(database=database, queue=RememberedTasks(), event_log=nobody)
        self.workers = WorkerService(
            database=database, queue=RememberedTasks(), runs=self.runs, sources=nobody, unfinished=[], lease_seconds=60
        )

    def evaluating(self) -> Run:
        """A run that is about to finish."""
        queued_run(self.database)
        run = self.workers.claim_next("train@here")
        assert run is not None
        for state in (RunState.RUNNING, RunState.EVALUATING):
            self.runs.move(run.id, state, attempt=run.attempt)
        return run


def finish(services: Services, run: Run) -> None:
    services.runs.move(run.id, RunState.FINISHED, attempt=run.attempt)


def crash(services: Services, run: Run) -> None:
    services.workers.crashed(run.id, attempt=run.attempt, reason="killed")


def hand_back(services: Services, run: Run) -> None:
    services.workers.hand_back(run.id, attempt=run.attempt, reason="its worker leaves")


def stop(services: Services, run: Run) -> None:
    services.runs.cancel(run.id)


def delete(services: Services, run: Run) -> None:
    services.runs.delete(run.id)


def go_on(services: Services, run: Run) -> None:
    services.queue.go_on(run.id, more_epochs=1)


def race(services: Services, run: Run, *others: Callable[[Services, Run], None], chance: random.Random) -> list[bool]:
    """Which of them were not refused, all begun within 5 ms."""
    won = [False] * len(others)

    def act(number: int, after: float) -> None:
        time.sleep(after)  # chance, not a condition
        with contextlib.suppress(ConflictError, NotFoundError, StaleAttemptError):
            others[number](services, run)
            won[number] = True

    threads = [threading.Thread(target=act, args=(number, chance.random() / 200)) for number in range(len(others))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won


@pytest.mark.parametrize("other", [finish, crash, hand_back, stop])
def test_a_stop_at_the_finish_line_has_one_winner(
    database: SqlDatabase, other: Callable[[Services, Run], None]
) -> None:
    services, chance = Services(database), random.Random(3)
    for _ in range(ROUNDS):
        run = services.evaluating()
        stopped, others_won = race(services, run, stop, other, chance=chance)
        found = services.runs.get(run.id)
        with database.transaction() as transaction:
            events = transaction.runs.events(run.id)
        states = [event.payload["state"] for event in events if event.kind is EventKind.STATE]
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert (states[-1], sum(state in TERMINAL for state in states)) == (found.state, int(found.is_terminal))
        assert stopped or others_won
        assert not (stopped and found.state in WAITING), "it was said to stop, and waits"
        # Whoever stands by the trainer of one that goes on sees within a second that it has to stop.
        assert found.is_terminal or not stopped or found.cancel_requested
        if not found.is_terminal:
            services.runs.move(run.id, RunState.STOPPED, attempt=run.attempt)


def test_a_run_is_deleted_or_goes_on_and_never_both(database: SqlDatabase) -> None:
    services, chance = Services(database), random.Random(5)
    for _ in range(ROUNDS):
        run = services.evaluating()
        finish(services, run)
        deleted, goes_on = race(services, run, delete, go_on, chance=chance)
        assert deleted is not goes_on
        if goes_on:
            assert services.runs.get(run.id).state is RunState.QUEUED
            services.runs.cancel(run.id)


def test_of_two_that_wait_for_each_other_in_the_database_one_is_told_and_the_other_gets_through(
    database: SqlDatabase,
) -> None:
    runs = [queued_run(database).id for _ in range(2)]
    both_hold_one = threading.Barrier(2)
    told: list[str] = []

    def rename(first: str, second: str) -> None:
        try:
            with database.transaction() as transaction:
                transaction.runs.change(first, RunChanges(name="renamed"))
                with contextlib.suppress(threading.BrokenBarrierError):
                    both_hold_one.wait(2)  # on SQLite there is one writer, whom nobody can meet here
                transaction.runs.change(second, RunChanges(name="renamed"))
        except UnavailableError as error:
            told.append(error.detail)

    threads = [threading.Thread(target=rename, args=order) for order in (runs, runs[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.transaction() as transaction:
        assert {transaction.runs.get(run_id).name for run_id in runs} == {"renamed"}
    assert len(told) == (0 if database.engine.dialect.name == "sqlite" else 1)
    assert all("Nothing was changed; try again" in detail for detail in told)
