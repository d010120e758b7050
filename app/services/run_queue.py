"""What waits and in which order, and runs that are to go on."""

from collections.abc import Sequence
from typing import Any

from app.core.errors import ConflictError, FieldError, InvalidError, StaleAttemptError
from app.core.names import TaskName
from app.core.ports import Database, EventLog, TaskQueue, Transaction
from app.core.runs.configuration import Configuration
from app.core.runs.lifecycle import CONTINUED, WAITING, RunState
from app.core.runs.run import Event, Run
from app.core.runs.schedules import Cosine

MOST_EPOCHS = 100_000
_PAGE = 500


class QueueService:
    """Changes of the queue are database writes: workers take the next run from there, whatever messages say."""

    def __init__(self, *, database: Database, queue: TaskQueue, event_log: EventLog) -> None:
        self._database = database
        self._queue = queue
        self._event_log = event_log

    def waiting(self, *, limit: int | None = None) -> list[Run]:
        """The queued runs, the next one first, then those that are held; or the first so many of them."""
        with self._database.transaction() as transaction:
            queued = transaction.runs.queue(limit=limit)
            return [*queued, *_held(transaction)][:limit]

    def size(self) -> int:
        """How many runs are queued or held."""
        with self._database.transaction() as transaction:
            return transaction.runs.count(WAITING)

    def hold(self, run_id: str, *, held: bool) -> Run:
        """Let a queued run wait until it is let go, or let it go; asking twice changes nothing."""
        wanted = RunState.HELD if held else RunState.QUEUED
        with self._database.transaction() as transaction:
            run = transaction.runs.get(run_id)
            if run.state is wanted:
                return run
            if run.state not in WAITING:
                raise ConflictError(f"Run {run_id} is {run.state.value}; only a run that waits can be held or let go.")
            if held:
                event = transaction.runs.move(run_id, wanted, attempt=run.attempt, reason="held back by hand")
            else:
                event = transaction.runs.let_go(run_id, reason="let go")
            run = transaction.runs.get(run_id)
        self._event_log.append([event])
        if not held:
            self._queue.send(TaskName.TRAIN_NEXT_RUN, run_id, to=run.configuration.device.pool)
        return run

    def order(self, run_ids: Sequence[str], *, to_front: bool = False) -> list[Run]:
        """Put queued runs into this order: in the places that they have, or before all others."""
        if not run_ids or len(set(run_ids)) != len(run_ids):
            raise InvalidError(
                'Name each run to move once: {"runs": [ID, ...]}, with "to": "front" to move them before all others.',
                errors=[FieldError("runs", "expected different ids of queued runs")],
            )
        with self._database.transaction() as transaction:
            transaction.runs.place(run_ids, before_all=to_front)
        return self.waiting()

    def cancel_all(self) -> int:
        """Stop every run that waits; answer how many did."""
        events: list[Event] = []
        for run in self.waiting():
            try:
                with self._database.transaction() as transaction:
                    attempt = transaction.runs.get(run.id).attempt
                    events.append(
                        transaction.runs.move(run.id, RunState.STOPPED, attempt=attempt, reason="the queue was emptied")
                    )
            except (ConflictError, StaleAttemptError):
                continue  # a worker was quicker
        self._event_log.append(events)
        return len(events)

    def go_on(self, run_id: str, *, more_epochs: int | None = None) -> Run:
        """Queue an ended run again, from its last checkpoint, with more epochs where asked."""
        with self._database.transaction() as transaction:
            run = transaction.runs.get(run_id)
            configuration, reason = _continued(run, more_epochs)
            event = transaction.runs.queue_again(
                run_id, attempt=run.attempt, configuration=configuration, reason=reason
            )
            run = transaction.runs.get(run_id)
        self._event_log.append([event])
        self._queue.send(TaskName.TRAIN_NEXT_RUN, run_id, to=run.configuration.device.pool)
        return run


def _held(transaction: Transaction) -> list[Run]:
    """In the order in which they were asked for."""
    found: list[Run] = []
    cursor = None
    while True:
        items, cursor = transaction.runs.page(limit=_PAGE, cursor=cursor, states=(RunState.HELD,), sort="created")
        found += items
        if cursor is None:
            return found


def _continued(run: Run, more_epochs: int | None) -> tuple[Configuration, str]:
    """The configuration with which a run goes on, and what is to be said of it."""
    if run.state not in CONTINUED:
        hint = " Stop it first." if not run.is_terminal else " Its loss is no number any more: begin a new run instead."
        raise ConflictError(f"Run {run.id} is {run.state.value} and cannot be continued.{hint}")
    asked = run.configuration
    changes: dict[str, Any] = {}
    said: list[str] = []
    if run.state is RunState.FINISHED and more_epochs is None:
        raise InvalidError(
            f'Run {run.id} has finished its {run.progress.epoch} epochs. Say how many more: {{"more_epochs": 20}}.',
            errors=[FieldError("more_epochs", "is needed for a run that has finished")],
        )
    if more_epochs is not None:
        reached = run.progress.epoch if run.state is RunState.FINISHED else asked.epochs
        changes["epochs"] = reached + more_epochs
        said.append(f"{more_epochs} more epochs")
        if changes["epochs"] > MOST_EPOCHS:
            raise InvalidError(
                f"{changes['epochs']:,} epochs are more than the {MOST_EPOCHS:,} that a run can have.",
                errors=[FieldError("more_epochs", f"expected at most {MOST_EPOCHS - reached:,}")],
            )
        if isinstance(asked.schedule, Cosine) and asked.schedule.over_epochs is None:
            # The curve stays as it was: stretched over more epochs it would not be what the first ones followed.
            changes["schedule"] = asked.schedule.model_copy(update={"over_epochs": asked.epochs})
    if run.state is RunState.FINISHED and run.progress.epoch < asked.epochs and asked.early_stopping is not None:
        changes["early_stopping"] = None
        said.append("without the early stopping that ended it")
    if asked.time_limit_minutes is not None:
        changes["time_limit_minutes"] = None
        said.append("without a time limit")
    reason = "continued by hand" + (f": {', '.join(said)}" if said else "")
    return asked.model_copy(update=changes), reason
