"""Web, workers and reconciler over one database, as actors of one thread: what they do in which order is chosen outside.

Services and supervisor are the real ones; a trainer is a generator that makes the writes of a real one, and stops after
each of them. Between two transactions of anybody somebody else may act.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import update

from app.adapters.blob_store import ObstoreBlobs
from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.database.tables import run as run_table
from app.core.architectures.architecture import StoredArchitecture
from app.core.errors import ConflictError, NotFoundError, StaleAttemptError
from app.core.ports import Transaction
from app.core.runs.configuration import Configuration
from app.core.runs.device_request import GIB, DeviceOffer, DeviceRequest
from app.core.runs.lifecycle import RunState
from app.core.runs.request import RunRequest
from app.core.runs.run import EventKind, Run
from app.services.artifacts import ArtifactService
from app.services.metrics import MetricsService
from app.services.run_queue import QueueService
from app.services.runs import RunService
from app.services.workers import WorkerService
from app.settings import Settings
from tests.factories.rows import ready_dataset, stored_architecture
from tests.fakes.queue import RememberedTasks
from tests.fakes.scripted_trainer import next_digest
from worker.supervisor import EXIT_PREEMPTED, Supervisor
from worker.trainers import Trainers
from worker.watch import Ending

LEASE_SECONDS = 600
STEPS_PER_EPOCH = 2
WORKERS = {
    "train@one": DeviceOffer(kind="cpu", count=2, memory_bytes=8 * GIB),
    "train@two": DeviceOffer(kind="gpu", memory_bytes=24 * GIB, pools=("train", "train-h200")),
}
"""Each has devices that the other has not."""
ASKED = (
    DeviceRequest(),
    DeviceRequest(kind="cpu", count=2, memory_gb=4),
    DeviceRequest(kind="gpu"),
    DeviceRequest(memory_gb=16),
    DeviceRequest(pool="train-h200"),
)
OVERTAKEN = (StaleAttemptError, ConflictError, NotFoundError)


class Interrupted:
    """Implements ports.Database over another: before a transaction that was named in advance, somebody else acts."""

    def __init__(self, database: SqlDatabase) -> None:
        self._database = database
        self._left = 0
        self._action: Callable[[], None] | None = None

    def interrupt(self, action: Callable[[], None] | None, *, before: int) -> None:
        """Let this happen before so many-th of the following transactions."""
        self._action, self._left = action, before

    @property
    def is_to_be_interrupted(self) -> bool:
        return self._action is not None

    def transaction(self) -> AbstractContextManager[Transaction]:
        self._left -= 1
        if self._action is not None and self._left <= 0:
            action, self._action = self._action, None
            action()
        return self._database.transaction()

    def ping(self) -> None:
        self._database.ping()


class Nobody:
    """An event log that nobody follows, weights that fit and start, nothing else to recover or to forget."""

    def append(self, events: object) -> None: ...
    def refuse_what_cannot_fit(self, stored: StoredArchitecture, configuration: Configuration) -> None: ...
    def refuse_what_cannot_start(self, request: RunRequest) -> None: ...
    def recover(self) -> None: ...
    def forget_unused(self) -> int:
        return 0


class World:
    """The services, the broker, the disk with checkpoints, and time."""

    def __init__(self, database: SqlDatabase, folder: Path) -> None:
        self.truth = database
        self.database = Interrupted(database)
        self.queue = RememberedTasks()
        self.checkpoints: dict[str, dict[int, str]] = {}
        self.settings = Settings(data=folder, lease_seconds=LEASE_SECONDS)
        self._scratch = folder / "result"
        nobody = Nobody()
        common: dict[str, Any] = {"database": self.database, "event_log": nobody}
        self.runs = RunService(**common, queue=self.queue, clock=utc_now, new_id=new_id, plans=nobody, starts=nobody)
        self.run_queue = QueueService(**common, queue=self.queue)
        self.metrics = MetricsService(**common)
        self.artifacts = ArtifactService(**common, blobs=ObstoreBlobs((folder / "blobs").as_uri()), clock=utc_now)
        self.workers = WorkerService(
            database=self.database,
            queue=self.queue,
            runs=self.runs,
            sources=nobody,
            unfinished=[nobody],
            lease_seconds=LEASE_SECONDS,
        )
        self.supervisor = Supervisor(self.settings, self._bundle(), trainers=Trainers(self.settings))
        self._stored, self._dataset = stored_architecture(), ready_dataset(database)
        with database.transaction() as transaction:
            transaction.architectures.add(self._stored)

    def request(self, *, epochs: int, device: DeviceRequest) -> RunRequest:
        """What a person asks for."""
        asked = Configuration(epochs=epochs, device=device)
        return RunRequest(architecture=self._stored.id, dataset=self._dataset.id, configuration=asked)

    def pass_time(self, seconds: float) -> None:
        """Every lease is so much nearer to its end."""
        moved = update(run_table).values(lease_until=run_table.c.lease_until - seconds)
        with self.truth.engine.begin() as connection:
            connection.execute(moved)

    def now(self, run_id: str) -> Run:
        """The run's row, read without giving anybody occasion to act."""
        with self.truth.transaction() as transaction:
            return transaction.runs.get(run_id)

    def answer(self, worker: str) -> Run | None:
        """What a worker does with the next message for it; the run that it has then, the first that it can train."""
        offer = WORKERS[worker]
        message = self.queue.take((*offer.pools, worker))
        if message is None:
            return None
        alone, first = not self.database.is_to_be_interrupted, self._first_for(offer)
        run = self.workers.claim_next(worker, offer)
        assert not alone or (run and run.id) == first, "another run should have been taken"
        assert run is None or offer.meets(run.configuration.device)
        if run is None:
            self.workers.pass_on(message.argument, by=worker)
        return run

    def publish(self, run: Run, digest: str) -> None:
        """As the trainer does with what it exported."""
        self._scratch.write_text(digest)
        self.artifacts.publish(run.id, attempt=run.attempt, name="result.txt", path=self._scratch)

    def published(self, run_id: str) -> list[str]:
        """The results that are listed of a run."""
        return [b"".join(self.artifacts.stream(one)).decode() for one in self.artifacts.of(run_id)]

    def _first_for(self, offer: DeviceOffer) -> str | None:
        with self.truth.transaction() as transaction:
            runs, _ = transaction.runs.page(limit=500, states=[RunState.QUEUED])
        can = [run for run in runs if offer.meets(run.configuration.device)]
        return min(can, key=lambda run: run.queue_position or 0).id if can else None

    def _bundle(self) -> Any:
        return SimpleNamespace(
            database=self.database, runs=self.runs, workers=self.workers, metrics=self.metrics, settings=self.settings
        )


class Attempt:
    """One trainer and the supervisor that stands by it."""

    def __init__(self, world: World, run: Run) -> None:
        self.run = run
        self.asked_to_stop = False
        self._world = world
        self._work = self._writes()

    def work(self, writes: int) -> bool:
        """The trainer goes on for so many writes; False where it has ended, which its supervisor notices at once."""
        code = self.train(writes)
        if code is not None:
            self.settle(code)
        return code is None

    def train(self, writes: int) -> int | None:
        """The trainer alone; its exit status where it has ended."""
        try:
            for _ in range(writes):
                next(self._work)
        except StopIteration as ended:
            return int(ended.value or 0)
        except OVERTAKEN:
            return 3
        return None

    def look(self) -> bool:
        """What the supervisor does each second; False where the run is no longer its own."""
        if not self._world.workers.renew(self.run.id, attempt=self.run.attempt):
            self.settle(-9, ending=Ending.TAKEN_OVER)
            return False
        self.asked_to_stop = self.asked_to_stop or self._world.runs.get(self.run.id).cancel_requested
        return True

    def settle(self, code: int, *, ending: Ending = Ending.BY_ITSELF) -> None:
        """What the supervisor does once its trainer has ended."""
        world, run = self._world, self.run
        try:
            if not world.supervisor._is_settled(run, code, ending=ending):
                world.supervisor._tell_last_lines(run, "the last words")
                world.workers.crashed(run.id, attempt=run.attempt, reason="broke off")
        except OVERTAKEN:
            pass

    def _writes(self) -> Iterator[None]:
        run, world = self.run, self._world
        for state in (RunState.PREPARING, RunState.STARTING, RunState.RUNNING):
            self._move(state)
            yield
        kept = world.checkpoints.setdefault(run.id, {})
        epoch = max(kept, default=0)
        digest = kept.get(epoch, "")
        while epoch < run.configuration.epochs:
            if self.asked_to_stop:
                return (yield from self._stop(digest))
            steps = [epoch * STEPS_PER_EPOCH + step + 1 for step in range(STEPS_PER_EPOCH)]
            for step in steps:
                digest = next_digest(digest, step)
            self._emit(EventKind.METRICS, {"step": steps})
            yield
            epoch += 1
            self._emit(EventKind.EPOCH, {"epoch": epoch, "weights_digest": digest})
            self._note_progress(epoch)
            yield
            kept[epoch] = digest
            yield
        self._move(RunState.EVALUATING)
        yield
        world.publish(run, digest)
        yield
        self._move(RunState.FINISHED)
        return 0

    def _stop(self, digest: str) -> Iterator[None]:
        if not self._world.runs.get(self.run.id).cancel_requested:
            return EXIT_PREEMPTED
        yield
        self._world.publish(self.run, digest)
        yield
        self._move(RunState.STOPPED)
        return 0

    def _move(self, state: RunState) -> None:
        self._world.runs.move(self.run.id, state, attempt=self.run.attempt)

    def _emit(self, kind: EventKind, payload: dict[str, Any]) -> None:
        self._world.metrics.emit(self.run.id, attempt=self.run.attempt, events=[(kind, payload)])

    def _note_progress(self, epoch: int) -> None:
        progress = self.run.progress.model_copy(update={"epoch": epoch, "step": epoch * STEPS_PER_EPOCH})
        with self._world.database.transaction() as transaction:
            transaction.runs.set_progress(self.run.id, attempt=self.run.attempt, progress=progress)
