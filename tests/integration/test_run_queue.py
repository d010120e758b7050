"""The queue as people change it, and runs that go on, on SQLite and PostgreSQL alike."""

from collections.abc import Sequence
from typing import Any

import pytest

from app.adapters.database import SqlDatabase
from app.core.errors import ConflictError, InvalidError
from app.core.runs.configuration import Configuration
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Event, Progress, Run
from app.services.run_queue import QueueService
from tests.factories.rows import queued_run
from tests.fakes.queue import RememberedTasks


class Nobody:
    """An event log that nobody follows."""

    def append(self, events: Sequence[Event]) -> None:
        """Told to nobody."""


@pytest.fixture
def queue(database: SqlDatabase) -> QueueService:
    return QueueService(database=database, queue=RememberedTasks(), event_log=Nobody())


def ids(runs: Sequence[Run]) -> list[str]:
    return [run.id for run in runs]


def claimed(database: SqlDatabase) -> Run:
    with database.transaction() as transaction:
        run = transaction.runs.claim_next(worker="train@here", lease_seconds=60)
    assert run is not None
    return run


def ended(database: SqlDatabase, *states: RunState, epochs_done: int = 60, **configuration: Any) -> Run:
    run = queued_run(database)
    run = claimed(database)
    with database.transaction() as transaction:
        progress = Progress(epoch=epochs_done, epochs=run.configuration.epochs)
        transaction.runs.set_progress(run.id, attempt=run.attempt, progress=progress)
        for state in states:
            transaction.runs.move(run.id, state, attempt=run.attempt)
    return run


FINISHED = (RunState.RUNNING, RunState.EVALUATING, RunState.FINISHED)


def test_runs_are_moved_to_the_front_and_into_any_order(database: SqlDatabase, queue: QueueService) -> None:
    first, second, third, fourth = (queued_run(database).id for _ in range(4))
    assert ids(queue.waiting()) == [first, second, third, fourth]
    assert ids(queue.order([fourth, third], to_front=True)) == [fourth, third, first, second]
    assert ids(queue.order([second, first, third])) == [fourth, second, first, third]
    assert claimed(database).id == fourth
    with pytest.raises(ConflictError, match="does not wait"):
        queue.order([fourth, first])
    assert ids(queue.waiting()) == [second, first, third]
    with pytest.raises(InvalidError):
        queue.order([first, first])


def test_a_held_run_is_passed_over_until_it_is_let_go(database: SqlDatabase, queue: QueueService) -> None:
    first, second = queued_run(database).id, queued_run(database).id
    assert queue.hold(first, held=True).state is RunState.HELD
    assert queue.hold(first, held=True).state is RunState.HELD
    assert ids(queue.waiting()) == [second, first]
    assert claimed(database).id == second
    assert queue.hold(first, held=False).state is RunState.QUEUED
    assert claimed(database).id == first
    with pytest.raises(ConflictError, match="only a run that waits"):
        queue.hold(first, held=True)


def test_an_attempt_that_lost_its_run_does_not_let_it_go(database: SqlDatabase, queue: QueueService) -> None:
    run_id = queued_run(database).id
    attempt = claimed(database).attempt
    with database.transaction() as transaction:
        transaction.runs.move(run_id, RunState.QUEUED, attempt=attempt, reason="no sign of life", crashed=True)
    queue.hold(run_id, held=True)
    for crashed in (True, False):
        with pytest.raises(ConflictError), database.transaction() as transaction:
            transaction.runs.move(run_id, RunState.QUEUED, attempt=attempt, reason="late", crashed=crashed)
    with database.transaction() as transaction:
        run = transaction.runs.get(run_id)
    assert (run.state, run.crashes) == (RunState.HELD, 1)
    assert queue.hold(run_id, held=False).state is RunState.QUEUED


def test_emptying_the_queue_stops_what_waits_and_nothing_else(database: SqlDatabase, queue: QueueService) -> None:
    running = queued_run(database).id
    claimed(database)
    waiting = [queued_run(database).id for _ in range(3)]
    queue.hold(waiting[0], held=True)
    assert queue.cancel_all() == 3
    assert queue.waiting() == []
    with database.transaction() as transaction:
        assert {transaction.runs.get(run_id).state for run_id in waiting} == {RunState.STOPPED}
        assert transaction.runs.get(running).state is RunState.STARTING


def test_two_hundred_runs_that_wait_are_stopped_together(database: SqlDatabase, queue: QueueService) -> None:
    one = queued_run(database)
    with database.transaction() as transaction:
        for number in range(199):
            transaction.runs.add(one.model_copy(update={"id": f"run{number}"}))
    assert queue.cancel_all() == 200
    assert queue.waiting() == []


def test_a_finished_run_goes_on_for_more_epochs_at_the_end_of_the_queue(
    database: SqlDatabase, queue: QueueService
) -> None:
    run = ended(database, *FINISHED)
    other = queued_run(database).id
    with pytest.raises(InvalidError, match="how many more"):
        queue.go_on(run.id)
    again = queue.go_on(run.id, more_epochs=20)
    assert (again.state, again.configuration.epochs, again.progress.epochs) == (RunState.QUEUED, 80, 80)
    assert (again.finished_at, again.crashes, again.cancel_requested, again.error) == (None, 0, False, None)
    assert ids(queue.waiting()) == [other, run.id]
    claimed(database)
    assert claimed(database).attempt == run.attempt + 1
    with database.transaction() as transaction:
        seqs = [event.seq for event in transaction.runs.events(run.id)]
    assert seqs == list(range(1, len(seqs) + 1))


@pytest.mark.parametrize("state", [RunState.STOPPED, RunState.FAILED])
def test_a_stopped_or_failed_run_goes_on_to_where_it_was_going(
    database: SqlDatabase, queue: QueueService, state: RunState
) -> None:
    run = ended(database, state, epochs_done=3)
    again = queue.go_on(run.id)
    assert (again.state, again.configuration) == (RunState.QUEUED, run.configuration)


def test_a_diverged_or_running_run_does_not_go_on(database: SqlDatabase, queue: QueueService) -> None:
    diverged = ended(database, RunState.RUNNING, RunState.DIVERGED)
    with pytest.raises(ConflictError, match="no number any more"):
        queue.go_on(diverged.id, more_epochs=3)
    queued_run(database)
    with pytest.raises(ConflictError, match="Stop it first"):
        queue.go_on(claimed(database).id, more_epochs=3)


def test_what_ended_a_run_does_not_end_it_again_and_a_curve_keeps_its_length(
    database: SqlDatabase, queue: QueueService
) -> None:
    asked = Configuration.model_validate(
        {"epochs": 60, "schedule": "cosine", "early_stopping": {"patience": 3}, "time_limit_minutes": 5}
    )
    queued_run(database, configuration=asked)
    run = claimed(database)
    with database.transaction() as transaction:
        transaction.runs.set_progress(run.id, attempt=run.attempt, progress=Progress(epoch=12, epochs=60))
        for state in FINISHED:
            transaction.runs.move(run.id, state, attempt=run.attempt)
    found = queue.go_on(run.id, more_epochs=10).configuration
    assert found.epochs == 22
    assert (found.early_stopping, found.time_limit_minutes) == (None, None)
    assert found.schedule.over_epochs == 60  # type: ignore[union-attr]


def test_of_many_that_continue_one_run_one_wins(database: SqlDatabase, queue: QueueService) -> None:
    run = ended(database, *FINISHED)
    queue.go_on(run.id, more_epochs=5)
    with pytest.raises(ConflictError):
        queue.go_on(run.id, more_epochs=5)
