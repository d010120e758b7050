"""Workers' side of the runs: claiming under a lease, signs of life, what happens when one is gone."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol
from zlib import crc32

from app.core.errors import ConflictError, NotFoundError, StaleAttemptError
from app.core.names import TaskName
from app.core.ports import Database, TaskQueue
from app.core.runs.device_request import ANY_CPU, DeviceOffer
from app.core.runs.lifecycle import CRASHES_ALLOWED, RunState
from app.core.runs.run import Run
from app.core.waiting import waiting_for
from app.core.workers import Worker

MOST_MESSAGES_AT_ONCE = 500
GONE_SECONDS = 24 * 3600
"""A worker that gave no sign of life for so long is no longer shown."""


class MovesRuns(Protocol):
    """Changes a run's state in the database and tells those who watch."""

    def move(
        self,
        run_id: str,
        state: RunState,
        *,
        attempt: int,
        reason: str | None = None,
        error: str | None = None,
        crashed: bool = False,
    ) -> Any:
        """As run_store.Runs.move."""
        ...


class RecoversWork(Protocol):
    """Takes up work on datasets (checks, renderings, statistics) that nobody holds any more."""

    def recover(self) -> Any:
        """Send its messages again."""
        ...


class ForgetsSources(Protocol):
    """Removes texts of definitions that nothing needs any more."""

    def forget_unused(self) -> int:
        """Answer how many."""
        ...


class WorkerService:
    """What workers do with runs. Every write carries the attempt; a stale one is refused by the database."""

    def __init__(
        self,
        *,
        database: Database,
        queue: TaskQueue,
        runs: MovesRuns,
        sources: ForgetsSources,
        unfinished: Sequence[RecoversWork],
        lease_seconds: float,
    ) -> None:
        self._database = database
        self._queue = queue
        self._runs = runs
        self._sources = sources
        self._unfinished = unfinished
        self._lease_seconds = lease_seconds

    def beat(self, worker: Worker) -> None:
        """Note a sign of life."""
        with self._database.transaction() as transaction:
            transaction.workers.beat(worker)

    def page(self) -> list[Worker]:
        """Every known worker; alive is one that was seen within a lease."""
        with self._database.transaction() as transaction:
            return transaction.workers.all(alive_within_seconds=self._lease_seconds)

    def waiting_for(self, runs: Sequence[Run]) -> dict[str, str]:
        """Why those of the runs wait that no worker can take, by their ids."""
        queued = [run for run in runs if run.state is RunState.QUEUED]
        workers = self.page() if queued else []
        reasons = {asked: waiting_for(asked, workers) for asked in {run.configuration.device for run in queued}}
        told = {run.id: reasons[run.configuration.device] for run in queued}
        return {run_id: reason for run_id, reason in told.items() if reason is not None}

    def drain(self, name: str) -> None:
        """Ask a worker to give back what it holds and leave."""
        with self._database.transaction() as transaction:
            transaction.workers.set_draining(name)

    def is_draining(self, name: str) -> bool:
        """Whether that worker was asked to leave."""
        with self._database.transaction() as transaction:
            return transaction.workers.is_draining(name)

    def remove(self, name: str) -> None:
        """Forget a worker that has left."""
        with self._database.transaction() as transaction:
            transaction.workers.remove(name)

    def claim_next(self, worker: str, offer: DeviceOffer = ANY_CPU) -> Run | None:
        """Take the next waiting run that can train on what this worker offers, under a lease.

        None where no such run waits or this worker drains.
        """
        with self._database.transaction() as transaction:
            if transaction.workers.is_draining(worker):
                return None
            return transaction.runs.claim_next(worker=worker, lease_seconds=self._lease_seconds, offer=offer)

    def look_again(self, worker: str, hint: str) -> None:
        """Let a worker that has just ended a run look for the next one, whoever has had the messages meanwhile."""
        self._queue.send(TaskName.TRAIN_NEXT_RUN, hint, to=worker)

    def pass_on(self, hint: str, *, by: str) -> None:
        """Give a message that a worker could make nothing of to one that is idle and can train what waits, if one is.

        Else it may go: who is at work looks by itself at what waits when its run has ended.
        """
        with self._database.transaction() as transaction:
            waiting = transaction.runs.waiting()
            workers = transaction.workers.all(alive_within_seconds=self._lease_seconds) if waiting else []
        idle = [worker for worker in workers if worker.trains and worker.run_id is None and worker.name != by]
        able = [worker.name for worker in idle if any(worker.offer.meets(asked) for asked in waiting)]
        if able:
            # Of many messages each goes to another, as their ids are random.
            self._queue.send(TaskName.TRAIN_NEXT_RUN, hint, to=able[crc32(hint.encode()) % len(able)])

    def renew(self, run_id: str, *, attempt: int) -> bool:
        """Renew the lease; False where a newer attempt or a final state has taken over."""
        with self._database.transaction() as transaction:
            return transaction.runs.renew(run_id, attempt=attempt, lease_seconds=self._lease_seconds)

    def hand_back(self, run_id: str, *, attempt: int, reason: str) -> None:
        """Let a run wait again without counting this attempt as a crash."""
        with self._database.transaction() as transaction:
            run = transaction.runs.get(run_id)
        self._runs.move(run_id, RunState.QUEUED, attempt=attempt, reason=reason)
        self._queue.send(TaskName.TRAIN_NEXT_RUN, run_id, to=run.configuration.device.pool)

    def crashed(self, run_id: str, *, attempt: int, reason: str) -> None:
        """Count a crash: the run waits again, has failed after the last allowed one, or stops if that was asked for."""
        with self._database.transaction() as transaction:
            run = transaction.runs.get(run_id)
        if run.crashes + 1 >= CRASHES_ALLOWED:
            error = f"Gave up after {CRASHES_ALLOWED} attempts that broke off. The last one: {reason}"
            self._runs.move(run_id, RunState.FAILED, attempt=attempt, reason=reason, error=error, crashed=True)
            return
        self._runs.move(run_id, RunState.QUEUED, attempt=attempt, reason=reason, crashed=True)
        self._queue.send(TaskName.TRAIN_NEXT_RUN, run_id, to=run.configuration.device.pool)

    def is_turn_to_reconcile(self, *, every_seconds: float) -> bool:
        """Whether it is due; of all workers that ask, one is told so in that time. Should it die, another is the next time."""
        with self._database.transaction() as transaction:
            return transaction.workers.take_turn("reconcile", every_seconds=every_seconds)

    def is_turn_to_collect(self, *, every_seconds: float) -> bool:
        """The same of looking through all blobs for what nothing refers to."""
        with self._database.transaction() as transaction:
            return transaction.workers.take_turn("collect", every_seconds=every_seconds)

    def reconcile(self, *, take_back: bool = True) -> None:
        """Send lost messages, forget what nothing needs, `take_back` what gone workers held; any process may, at any time."""
        if take_back:
            self._take_back_expired()
        with self._database.transaction() as transaction:
            transaction.workers.forget_unseen(for_seconds=max(GONE_SECONDS, self._lease_seconds))
        self._top_up_messages()
        self._sources.forget_unused()
        # Behind a long check there would be more of them each time. What was lost is found when the others are worked off.
        if self._queue.length(TaskName.CHECK_DATASET) == 0:
            for service in self._unfinished:
                service.recover()

    def take_back(self, worker: str) -> None:
        """Take back what an earlier process of this worker held: a worker has one slot, and it has just started."""
        with self._database.transaction() as transaction:
            held = transaction.runs.held_by(worker)
        self._count_crashes(held, reason=f"worker {worker} ended and was started again")

    def _take_back_expired(self) -> None:
        with self._database.transaction() as transaction:
            expired = transaction.runs.expired()
        self._count_crashes(expired, reason=f"its worker gave no sign of life for {self._lease_seconds:g} s")

    def _count_crashes(self, runs: list[Run], *, reason: str) -> None:
        for run in runs:
            try:
                self.crashed(run.id, attempt=run.attempt, reason=reason)
            except (StaleAttemptError, ConflictError, NotFoundError):
                continue  # somebody else was quicker

    def _top_up_messages(self) -> None:
        with self._database.transaction() as transaction:
            waiting = Counter[str]()
            for asked, runs in transaction.runs.waiting().items():
                waiting[asked.pool] += runs
        for pool, runs in waiting.items():
            length = self._queue.length(TaskName.TRAIN_NEXT_RUN, to=pool)
            if length is None or not self._send_more(pool, runs - length):
                return

    def _send_more(self, pool: str, missing: int) -> bool:
        """Send a pool the messages that it lacks; False where the broker does not answer."""
        if missing <= 0:
            return True
        with self._database.transaction() as transaction:
            run_ids = transaction.runs.waiting_in(pool, limit=min(missing, MOST_MESSAGES_AT_ONCE))
        return all(self._queue.send(TaskName.TRAIN_NEXT_RUN, run_id, to=pool) for run_id in run_ids)
