"""Holds a run's lease while a fresh trainer process works on it. Keras is never imported here."""

import logging
import os
import signal
import subprocess
import time

from app.core.errors import ConflictError, DiceboardError, NotFoundError, StaleAttemptError, UnavailableError
from app.core.runs import causes
from app.core.runs.lifecycle import RunState
from app.core.runs.run import EventKind, Run
from app.services.bundle import ServiceBundle
from app.settings import Settings
from worker.logs import LogWriter, error_path, forget_older_attempts, log_path, read_error
from worker.memory_kills import memory_kills
from worker.pulse import pulse_path
from worker.slot import Slot
from worker.trainers import Trainers
from worker.watch import ASK_SECONDS, Ending, Watch

log = logging.getLogger(__name__)

EXIT_PREEMPTED = 75
"""The trainer stopped because its worker leaves; the run goes on elsewhere and this does not count as a crash."""
EXIT_AWAY = 69
"""The trainer waited in vain for the database or the storage. As long as one is away, neither does this count."""

LINES_TOLD = 20
LINES_OF_A_STACK = 200


class Supervisor:
    """One worker slot: claims the next run and sees its attempt through to an end that the database knows."""

    def __init__(self, settings: Settings, services: ServiceBundle, *, trainers: Trainers) -> None:
        self._settings = settings
        self._services = services
        self._trainers = trainers
        self._slot = Slot(settings)

    def answer(self, hint: str) -> None:
        """Do what a message asks for: train the next run, or let somebody else hear of it who can.

        A message says that a run waits in a pool, which may have devices of several kinds.
        """
        if self.train_next():
            self._services.workers.look_again(self._slot.name, hint)
        else:
            self._services.workers.pass_on(hint, by=self._slot.name)

    def train_next(self) -> bool:
        """Claim the next run that can train here and supervise one attempt of it; False where none waits or this worker
        leaves.
        """
        if not self._wait_until_it_can_train():
            return False
        run = self._services.workers.claim_next(self._slot.name, self._slot.offer)
        if run is None:
            return False
        killed_before = memory_kills()
        error_path(self._settings.data, run.id, run.attempt).unlink(missing_ok=True)
        forget_older_attempts(self._settings.data, run.id, run.attempt)
        process = self._trainers.start(run.id, run.attempt)
        log.info("Attempt %d of run %s is process %d.", run.attempt, run.id, process.pid)
        assert process.stdout is not None
        output = LogWriter(process.stdout, log_path(self._settings.data, run.id, run.attempt))
        watch = Watch(run, process, settings=self._settings, services=self._services, slot=self._slot)
        try:
            watch.until_it_ends(self._trainers.see)
        finally:
            _kill(process)
            pulse_path(self._settings.data, run.id).unlink(missing_ok=True)
        for_memory = process.returncode == -signal.SIGKILL and memory_kills() > killed_before
        printed = output.last_lines(LINES_OF_A_STACK if watch.ending is Ending.HUNG else LINES_TOLD)
        self._settle(run, process.returncode, watch=watch, printed=printed, for_memory=for_memory)
        self._compact_curves(run)
        if watch.ending is Ending.ORPHANED:
            raise SystemExit("The Celery worker that owns this process is gone.")
        self._trainers.warm_up()
        return True

    def _wait_until_it_can_train(self) -> bool:
        """Stand still while the device cannot compute, or the storage does not answer; False where this worker leaves.

        No other message comes in meanwhile. The one that led here is held for so long: the reconciler sends another.
        """
        parent, told = os.getppid(), None
        while (problem := self._slot.problem() or self._storage_problem()) is not None:
            if problem != told:
                log.error("%s takes no runs: %s", self._slot.name, problem)
                told = problem
            if os.getppid() != parent or self._is_leaving():
                return False
            time.sleep(ASK_SECONDS)
        return True

    def _storage_problem(self) -> str | None:
        try:
            self._services.blobs.ping()
        except DiceboardError as error:
            return error.detail
        return None

    def _is_leaving(self) -> bool:
        try:
            return self._services.workers.is_draining(self._slot.name)
        except UnavailableError:
            return False

    def _settle(self, run: Run, code: int, *, watch: Watch, printed: str, for_memory: bool) -> None:
        """Bring the run where it belongs, once the database answers: until then nothing else can be trained either."""
        parent, was_away = os.getppid(), watch.was_away
        while True:
            try:
                if not self._is_settled(run, code, ending=watch.ending, was_away=was_away):
                    reason = self._reason(run, code, watch=watch, for_memory=for_memory)
                    self._tell_last_lines(run, printed)
                    printed = ""
                    self._services.workers.crashed(run.id, attempt=run.attempt, reason=reason)
            except (StaleAttemptError, ConflictError, NotFoundError) as error:
                log.info("Attempt %d of run %s was taken over: %s", run.attempt, run.id, error.detail)
            except UnavailableError:
                if os.getppid() != parent:
                    raise
                was_away = True
                time.sleep(ASK_SECONDS)
                continue
            return

    def _is_settled(self, run: Run, code: int, *, ending: Ending, was_away: bool = False) -> bool:
        """Bring the run where it belongs unless its trainer crashed, and say whether that is all.

        `was_away` says that the database was, until just now.
        """
        with self._services.database.transaction() as transaction:
            current = transaction.runs.get(run.id)
        if current.is_terminal or current.attempt != run.attempt or ending is Ending.TAKEN_OVER:
            return True
        if current.cancel_requested:
            self._services.runs.move(run.id, RunState.STOPPED, attempt=run.attempt, reason="stopped on request")
        elif ending is Ending.DEVICE_LOST or self._slot.problem() is not None:
            self._services.workers.hand_back(run.id, attempt=run.attempt, reason="the device of its worker was lost")
        elif ending is Ending.ORPHANED:
            self._services.workers.hand_back(run.id, attempt=run.attempt, reason="its worker ended")
        elif code == EXIT_PREEMPTED or ending is Ending.DRAINED:
            self._services.workers.hand_back(run.id, attempt=run.attempt, reason="preempted: its worker leaves")
        elif ending is Ending.UNRENEWED:
            # Still ours: either the database was away for all, or this worker for less time than a lease has left.
            self._services.workers.hand_back(run.id, attempt=run.attempt, reason=causes.UNRENEWED)
        elif code == EXIT_AWAY and (was_away or self._storage_problem() is not None):
            self._services.workers.hand_back(run.id, attempt=run.attempt, reason=self._told(run) or causes.ended(code))
        else:
            return False
        return True

    def _compact_curves(self, run: Run) -> None:
        try:
            self._services.curves.compact(run.id)
        except DiceboardError as error:
            log.warning("The curves of run %s are put together when they are read first: %s", run.id, error.detail)

    def _tell_last_lines(self, run: Run, text: str) -> None:
        if not text:
            return
        try:
            self._services.metrics.emit(run.id, attempt=run.attempt, events=[(EventKind.LOG, {"text": text})])
        except DiceboardError:
            log.warning("The last lines of run %s could not be kept.", run.id)

    def _reason(self, run: Run, code: int, *, watch: Watch, for_memory: bool) -> str:
        if watch.ending is Ending.HUNG:
            return causes.hung(watch.phase, watch.allowed_seconds)
        if for_memory:
            fits = self._services.plans.batch_that_fits(run)
            return causes.out_of_host_memory(run.configuration.batch_size, fits=fits)
        return self._told(run) or causes.ended(code)

    def _told(self, run: Run) -> str | None:
        return read_error(error_path(self._settings.data, run.id, run.attempt))


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()
    if process.stdin is not None:
        process.stdin.close()
