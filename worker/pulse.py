"""A trainer's pulse: a file that it touches whenever something got done, and the watchdog that looks at it.

A file rather than the database: it costs a microsecond a batch, works while the database is away, and validation
batches and exported files, which are nobody's progress in percent, count as well.
"""

import contextlib
import time
from pathlib import Path

from app.core.runs.lifecycle import RunState
from app.settings import Settings

BEAT_SECONDS = 0.5
LONGEST_LOOK_AWAY_SECONDS = 2.0


def pulse_path(data: Path, run_id: str) -> Path:
    """The file that the trainer of a run touches."""
    return data / "pulses" / run_id


class Pulse:
    """The trainer's side."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = path
        self._beaten_at = float("-inf")
        self.beat()

    def beat(self) -> None:
        """Say that something got done; at most twice a second it is written down."""
        now = time.monotonic()
        if now - self._beaten_at < BEAT_SECONDS:
            return
        self._beaten_at = now
        # A disk that is full or gone has its own errors; this file is not worth one.
        with contextlib.suppress(OSError):
            self._path.touch(mode=0o600)


class Watchdog:
    """The supervisor's side: how long a trainer has stood still in its phase."""

    def __init__(self, settings: Settings, path: Path, *, now: float) -> None:
        self._limits = {
            RunState.STARTING: settings.hang_starting_seconds,
            RunState.PREPARING: settings.hang_preparing_seconds,
            RunState.RUNNING: settings.hang_running_seconds,
            RunState.EVALUATING: settings.hang_evaluating_seconds,
        }
        self._path = path
        self._seen: tuple[RunState, int] | None = None
        self._still_seconds = 0.0
        self._looked_at = now

    def finds_hung(self, phase: RunState, *, now: float) -> bool:
        """Whether nothing got done for longer than the phase allows; a limit of 0 is none. Call it about once a second."""
        seen = (phase, self._touched_at())
        # While this process itself stood still (a paused machine, a sleeping laptop), so did the trainer, blamelessly.
        since = min(now - self._looked_at, LONGEST_LOOK_AWAY_SECONDS)
        self._looked_at = now
        self._still_seconds = self._still_seconds + since if seen == self._seen else 0.0
        self._seen = seen
        limit = self.limit(phase)
        return 0 < limit < self._still_seconds

    def limit(self, phase: RunState) -> float:
        """Seconds that a phase may go without a sign of life; 0 for none."""
        return self._limits.get(phase, 0.0)

    def _touched_at(self) -> int:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0
