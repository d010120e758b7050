"""Stands by one attempt's trainer process until it ends or has to be ended."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from enum import Enum

from app.core.errors import UnavailableError
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Run
from app.services.bundle import ServiceBundle
from app.settings import Settings
from worker.pulse import Watchdog, pulse_path
from worker.slot import Slot

TICK_SECONDS = 0.25
ASK_SECONDS = 1.0
DUMP_SECONDS = 2.0
"""A hung trainer has so long to write down its stack before it is killed."""
SELF_FENCE_SHARE = 0.75
"""Of the lease: a trainer whose lease was not renewed for this long is ended before another may begin."""


class Ending(Enum):
    """Why a trainer was asked to end, or that it ended by itself."""

    BY_ITSELF = "by itself"
    CANCELLED = "cancelled"
    DRAINED = "drained"
    TAKEN_OVER = "taken over"
    UNRENEWED = "unrenewed"
    ORPHANED = "orphaned"
    HUNG = "hung"
    DEVICE_LOST = "device lost"


class Watch:
    """Renews the lease, passes on what is asked of the run, notices that it hangs."""

    def __init__(
        self, run: Run, process: subprocess.Popen[bytes], *, settings: Settings, services: ServiceBundle, slot: Slot
    ) -> None:
        self._run = run
        self._process = process
        self._settings = settings
        self._services = services
        self._slot = slot
        self._parent = os.getppid()
        self.ending = Ending.BY_ITSELF
        self._missed_at = float("-inf")
        self._renewed = self._tried = self._asked = now = time.monotonic()
        self._kill_at = float("inf")
        self._watchdog = Watchdog(settings, pulse_path(settings.data, run.id), now=now)
        self.phase = RunState.STARTING

    def until_it_ends(self, each_look: Callable[[RunState], None]) -> None:
        """Return once it has ended or has to be killed; `ending` says why. The phase is told whenever it was looked at."""
        while self._process.poll() is None:
            now = time.monotonic()
            lost = self._lost(now)
            if lost is not None:
                self.ending = lost
                return
            if self.ending is Ending.BY_ITSELF and now - self._asked >= ASK_SECONDS:
                self._asked = now
                self._look(now)
                each_look(self.phase)
            if now >= self._kill_at:
                return
            time.sleep(TICK_SECONDS)

    @property
    def allowed_seconds(self) -> float:
        """How long the phase that it was in last may go without a sign of life."""
        return self._watchdog.limit(self.phase)

    @property
    def was_away(self) -> bool:
        """Whether the database has not answered within the time of a lease: a trainer may have given up over that."""
        return time.monotonic() - self._missed_at < self._settings.lease_seconds

    def _lost(self, now: float) -> Ending | None:
        """Why this process may not hold the run any longer."""
        if now - self._tried >= self._settings.heartbeat_seconds:
            self._tried = now
            held = self._renew()
            if held is False:
                return Ending.TAKEN_OVER
            self._renewed = now if held else self._renewed
            if self._slot.is_lost():
                return Ending.DEVICE_LOST
        if now - self._renewed >= SELF_FENCE_SHARE * self._settings.lease_seconds:
            return Ending.UNRENEWED
        return Ending.ORPHANED if os.getppid() != self._parent else None

    def _renew(self) -> bool | None:
        """True where renewed, False where the run is no longer ours, None where the database did not answer."""
        try:
            return self._services.workers.renew(self._run.id, attempt=self._run.attempt)
        except UnavailableError:
            self._missed_at = time.monotonic()
            return None

    def _look(self, now: float) -> None:
        try:
            with self._services.database.transaction() as transaction:
                run = transaction.runs.get(self._run.id)
                draining = transaction.workers.is_draining(self._slot.name)
        except UnavailableError:
            return
        self.phase = run.state
        if run.cancel_requested or draining:
            self._end(Ending.CANCELLED if run.cancel_requested else Ending.DRAINED, signal.SIGTERM)
            self._kill_at = now + self._settings.kill_after_seconds
        elif self._watchdog.finds_hung(run.state, now=now):
            self._end(Ending.HUNG, signal.SIGUSR1)
            self._kill_at = now + DUMP_SECONDS

    def _end(self, ending: Ending, number: signal.Signals) -> None:
        self.ending = ending
        self._process.send_signal(number)
