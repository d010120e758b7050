"""`python -m tests.long.simulated MACHINE WORKERS SECONDS FOLDER`: many training workers as threads of one process.

Each waits for messages on the real Celery queue with kombu, beats with the worker's own heartbeat, and has the worker's
own supervisor claim and watch its runs. Only the trainer is none: a thread in the place of a process, which makes the
writes of a trainer and computes nothing for so many seconds. Killed (SIGKILL) all of them are gone without a word.
"""

import contextlib
import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from kombu import Connection, Message, Queue

from app.adapters.task_queue import TRANSPORT_OPTIONS, celery_broker_url
from app.composition import compose
from app.core.errors import ConflictError, StaleAttemptError
from app.core.runs.device_request import DeviceOffer
from app.core.runs.lifecycle import RunState
from app.core.runs.run import EventKind, Run
from app.services.bundle import ServiceBundle
from app.settings import Settings
from worker.heartbeat import Heartbeat
from worker.messages import be_careful
from worker.slot import Slot
from worker.supervisor import EXIT_PREEMPTED, Supervisor
from worker.trainer.reporting import Reporter

EPOCHS = 2
STEPS_PER_EPOCH = 5
MESSAGE_SECONDS = 1.0
DIGEST = "0" * 64
NOT_REAL = (
    "Real are PostgreSQL (with fsync), Valkey, the messages, the heartbeats with their reconciling, the supervisors with their "
    "watch, the services, and the reporter of a trainer. Not real: a worker is some threads of a process that holds ten, "
    "where it would be three processes; it takes messages with kombu itself, where Celery's worker would; its trainer "
    "computes nothing, keeps a file of a few bytes, and tells of a step a second, where a quick one tells four times as "
    "often. And all of them work on the same cores as the database and the broker."
)


class NoTrainer:
    """What the supervisor takes for the process of a trainer."""

    stdin = None

    def __init__(self, services: ServiceBundle, run_id: str, attempt: int, *, seconds: float) -> None:
        self._services = services
        self._run = services.runs.get(run_id)
        self._attempt = attempt
        self._seconds = seconds
        self._asked_to_stop = threading.Event()
        self.pid = os.getpid()
        self.returncode: int | None = None
        reading, writing = os.pipe()
        self.stdout: IO[bytes] = os.fdopen(reading, "rb")
        self._thread = threading.Thread(target=self._live, args=(writing,), daemon=True)
        self._thread.start()

    def poll(self) -> int | None:
        """None while it works."""
        return self.returncode

    def wait(self) -> None:
        """Until it has ended."""
        self._thread.join()

    def kill(self) -> None:
        """A thread cannot be killed: it stops at its next step."""
        self._asked_to_stop.set()

    def send_signal(self, _number: int) -> None:
        """Whatever the signal is."""
        self._asked_to_stop.set()

    def _live(self, writing: int) -> None:
        code = 1
        try:
            os.write(writing, b"nothing is computed\n")
            code = 0 if self._train() else EXIT_PREEMPTED
        except (StaleAttemptError, ConflictError):
            code = 3
        finally:
            os.close(writing)
            self.returncode = code

    def _train(self) -> bool:
        """As a trainer does; False where it was asked to stop."""
        run = self._run
        reporter = Reporter(run.id, self._attempt, metrics=self._services.metrics, database=self._services.database)
        self._enter(RunState.PREPARING, RunState.STARTING, RunState.RUNNING)
        for epoch in range(1, EPOCHS + 1):
            for step in range((epoch - 1) * STEPS_PER_EPOCH + 1, epoch * STEPS_PER_EPOCH + 1):
                if self._asked_to_stop.wait(self._seconds / EPOCHS / STEPS_PER_EPOCH) or reporter.taken_over.is_set():
                    return False
                reporter.point(step=step, epoch=epoch, values={"loss": 1 / step, "accuracy": 1 - 1 / step})
            values = {"loss": 1 / epoch, "val_loss": 1 / epoch, "accuracy": 0.5, "val_accuracy": 0.5}
            told: Any = {"epoch": epoch, "step": step, "time": 0.0, "values": values, "weights_digest": DIGEST}
            reporter.event(EventKind.EPOCH, told)
            reporter.progress(run.progress.model_copy(update={"epoch": epoch, "step": step}))
            reporter.flush()
        self._enter(RunState.EVALUATING)
        reporter.close()
        self._publish(run)
        self._enter(RunState.FINISHED)
        return True

    def _enter(self, *states: RunState) -> None:
        for state in states:
            self._services.runs.move(self._run.id, state, attempt=self._attempt)

    def _publish(self, run: Run) -> None:
        path = self._services.settings.data / f"{run.id}.result"
        path.write_text(f"of attempt {self._attempt}")
        self._services.artifacts.publish(run.id, attempt=self._attempt, name="result.txt", path=path)
        path.unlink()


class NoTrainers:
    """Takes the place of `worker.trainers.Trainers`."""

    def __init__(self, services: ServiceBundle, *, seconds: float) -> None:
        self._services = services
        self._seconds = seconds

    def start(self, run_id: str, attempt: int) -> NoTrainer:
        """One that takes about as long as was asked for."""
        return NoTrainer(self._services, run_id, attempt, seconds=random.uniform(0.5, 1.5) * self._seconds)

    def see(self, _phase: RunState) -> None:
        """Nothing is to be warmed up."""

    def warm_up(self) -> None:
        """Nothing is to be warmed up."""


class Timed:
    """A worker's claims, with the time that each took and how long its slot had been free."""

    def __init__(
        self, claim: Callable[[str, DeviceOffer], Run | None], write: Callable[[dict[str, Any]], None]
    ) -> None:
        self._claim = claim
        self._write = write
        self.free_since = time.monotonic()
        self._is_first = True

    def __call__(self, worker: str, offer: DeviceOffer) -> Run | None:
        began = time.monotonic()
        run = self._claim(worker, offer)
        now = time.monotonic()
        waited = now - self.free_since
        self._write({"claim": now - began, "waited": waited, "got": run is not None, "first": self._is_first})
        self._is_first = False
        return run


def work(settings: Settings, *, seconds: float, write: Callable[[dict[str, Any]], None]) -> None:
    """One worker: as the main process and the pool's child of a Celery worker that serves the training pool."""
    Heartbeat(settings).start()
    services = compose(settings)
    timed = services.workers.claim_next = Timed(services.workers.claim_next, write)  # type: ignore[method-assign]
    supervisor = Supervisor(settings, services, trainers=NoTrainers(services, seconds=seconds))  # type: ignore[arg-type]
    for hint in hints(settings):
        try:
            supervisor.answer(hint)
        except Exception as error:  # noqa: BLE001 - as in Celery a task that breaks off ends no worker
            write({"broke_off": f"{type(error).__name__}: {error}"[:300]})
        timed.free_since = time.monotonic()


def hints(settings: Settings) -> Iterator[str]:
    """What messages to this worker carry, one after the other; each is acknowledged before the work, as Celery does it here."""
    names = (*settings.pools, Slot(settings).name)
    taken: list[Message] = []
    with Connection(celery_broker_url(settings.broker), transport_options=TRANSPORT_OPTIONS) as connection:
        queues = [Queue(settings.queue(name)) for name in names]
        with connection.Consumer(queues, on_message=taken.append, accept=["json"]):
            while True:
                with contextlib.suppress(TimeoutError):
                    connection.drain_events(timeout=MESSAGE_SECONDS)
                for message in taken:
                    message.ack()
                    yield message.payload[0][0]
                taken.clear()


def main() -> None:
    """Work until somebody ends it."""
    machine, workers, seconds, folder = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4])
    be_careful()
    lock = threading.Lock()
    with (folder / f"{machine}.jsonl").open("w", buffering=1) as file:

        def write(sample: dict[str, Any]) -> None:
            with lock:
                file.write(json.dumps({"at": time.time(), **sample}) + "\n")

        names = [f"{machine}-{number:02}" for number in range(workers)]
        threads = [
            threading.Thread(
                target=work,
                args=(Settings(worker_name=name, pools=("train",)),),
                kwargs={"seconds": seconds, "write": write},
            )
            for name in names
        ]
        for thread in threads:
            thread.start()
            time.sleep(1 / workers)
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main()
