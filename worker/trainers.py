"""Starts trainers, and keeps the next one waiting with Keras loaded: loading takes seconds, which a run need not wait for.

A trainer that waits has no run, no device and no database connection. A file, its mark, is there while it is ready; it
removes the mark when it has taken an attempt. Whatever is wrong with it, a fresh one is started in its place.
"""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import cache
from itertools import count
from pathlib import Path

from app.adapters import leash
from app.core.runs.lifecycle import RunState
from app.settings import Settings
from worker.pulse import pulse_path
from worker.slot import Slot

log = logging.getLogger(__name__)

TRAINER = ("-m", "worker.trainer")
WAIT = "--wait"
LOADS_WITHIN_SECONDS = 120.0
"""A trainer that is not ready by then hangs."""
TAKES_WITHIN_SECONDS = 5.0
"""A trainer that was ready and has not taken an attempt by then hangs; far less than a lease."""
WARM_UP_AFTER_SECONDS = 10.0
"""The next trainer is loaded, which takes a core for seconds, once a run has trained for so long, or has ended."""
AT_FIRST_SECONDS = 15.0
"""So long after a worker has started: the inspector loads the same, and people wait for that first."""
LOOK_SECONDS = 0.005


class Trainers:
    """The trainers of one worker slot. A trainer ends with the thread that started it: use it from the main one."""

    def __init__(self, settings: Settings, *, command: Sequence[str] = ()) -> None:
        self._settings = settings
        self._command = command or TRAINER
        self._environment = Slot(settings).environment
        self._numbers = count(1)
        self._waiting: _Waiting | None = None
        self._trains_since: float | None = None

    def start(self, run_id: str, attempt: int) -> subprocess.Popen[bytes]:
        """A process that works on the attempt: the one that waits where it is well, else a fresh one."""
        waiting, self._waiting, self._trains_since = self._waiting, None, None
        if waiting is not None:
            if waiting.takes(run_id, attempt):
                return waiting.process
            log.warning("The trainer that waited is of no use; another is started for run %s.", run_id)
            waiting.end()
        return self._spawn(run_id, str(attempt))

    def warm_up(self, *, after_seconds: float = 0.0) -> None:
        """See to it that a trainer waits, unless the settings say that none shall; returns at once.

        It begins to load after so many seconds, or when it is given an attempt before.
        """
        if not self._settings.warm_trainers or (self._waiting is not None and self._waiting.process.poll() is None):
            return
        self.close()
        mark = pulse_path(self._settings.data, f"waiting-{os.getpid()}-{next(self._numbers)}")
        try:
            self._waiting = _Waiting(self._spawn(WAIT, str(mark), str(after_seconds)), mark, after_seconds)
        except OSError as error:
            # No room for one more process: the run that trains here is none the worse for it.
            log.warning("No trainer could be started in advance: %s", error)

    def see(self, phase: RunState) -> None:
        """Told about once a second how far the run is; warms up when that no longer slows its first steps."""
        now = time.monotonic()
        if phase is not RunState.RUNNING:
            self._trains_since = None
        elif self._trains_since is None:
            self._trains_since = now
        elif now - self._trains_since >= WARM_UP_AFTER_SECONDS:
            self.warm_up()

    def close(self) -> None:
        """End the trainer that waits, if one does."""
        if self._waiting is not None:
            self._waiting.end()
            self._waiting = None

    def _spawn(self, *arguments: str) -> subprocess.Popen[bytes]:
        defaults = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
        own = {"PYTHONUNBUFFERED": "1", leash.PARENT_VARIABLE: str(os.getpid()), **self._environment}
        return subprocess.Popen(  # noqa: S603 -- our own module, ids as arguments, no shell
            leash.command([sys.executable, *self._command, *arguments]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**defaults, **os.environ, **own},
            start_new_session=True,  # signals meant for the worker do not reach the trainer
        )


class _Waiting:
    """One that waits. What it prints meanwhile stays in its pipe and becomes the beginning of its attempt's log."""

    def __init__(self, process: subprocess.Popen[bytes], mark: Path, after_seconds: float) -> None:
        self.process = process
        self._mark = mark
        self._hangs_from = time.monotonic() + after_seconds + LOADS_WITHIN_SECONDS

    def takes(self, run_id: str, attempt: int) -> bool:
        """Hand over an attempt; False where the process is dead or hangs."""
        ready = self._mark.exists()
        if self.process.poll() is not None or (not ready and time.monotonic() > self._hangs_from):
            return False
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(f"{run_id} {attempt}\n".encode())
            self.process.stdin.flush()
        except OSError:
            return False
        # One that still loads will be ready sooner than one that begins now, and is watched like any other.
        return not ready or self._is_taken()

    def end(self) -> None:
        """Kill it, and let nothing of it stay."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        self._mark.unlink(missing_ok=True)

    def _is_taken(self) -> bool:
        deadline = time.monotonic() + TAKES_WITHIN_SECONDS
        while self._mark.exists():
            if time.monotonic() >= deadline or self.process.poll() is not None:
                return False
            time.sleep(LOOK_SECONDS)
        return True


@cache
def trainers() -> Trainers:
    """Those of this process, which holds one slot."""
    return Trainers(Settings())
