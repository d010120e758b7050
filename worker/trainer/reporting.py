"""What happens in a run, told in order from a thread of its own, so that training never waits for the database."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

from app.core.errors import StaleAttemptError, UnavailableError
from app.core.ports import Database
from app.core.runs.results import finite
from app.core.runs.run import Event, EventKind, Progress
from app.core.values import JsonObject

CHUNK_SECONDS = 0.25
CHUNK_POINTS = 500
FLUSH_SECONDS = 40.0
SAMPLE_SECONDS = 2.0
MOST_EVENTS_HELD = 10_000


_Standing: TypeAlias = tuple[Progress, dict[str, JsonObject] | None]
"""How far the run is, and the summary of its metrics where there is a new one."""

_Told: TypeAlias = tuple[EventKind, JsonObject]


class EmitsEvents(Protocol):
    """Keeps events under the fence and tells those who watch."""

    def emit(self, run_id: str, *, attempt: int, events: Sequence[_Told]) -> Sequence[Event]:
        """All or none of them; raise StaleAttemptError where another attempt has taken over."""
        ...


class Reporter:
    """Buffers events of one attempt and emits them in chunks; `taken_over` tells that this attempt must end."""

    def __init__(
        self,
        run_id: str,
        attempt: int,
        *,
        metrics: EmitsEvents,
        database: Database,
        sample: Callable[[], JsonObject] | None = None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self.beat = beat
        """A sign of life for the watchdog, where there is no progress to tell."""
        self._metrics = metrics
        self._database = database
        self._run_id = run_id
        self.attempt = attempt
        self._sample = sample
        self._started = self._sampled_at = time.monotonic()
        self._events: list[_Told] = []
        self._points: list[tuple[int, int, float, dict[str, float | None]]] = []
        self._progress: _Standing | None = None
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._told_any = self._ends = self._is_unsure = False
        self._kept_seq = 0
        self._due = threading.Event()
        self.taken_over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="reporter", daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        """Since this attempt's start."""
        return time.monotonic() - self._started

    def point(self, *, step: int, epoch: int, values: dict[str, float | None]) -> None:
        """One step's metrics."""
        with self._lock:
            self._points.append((step, epoch, round(self.seconds, 3), values))
            if not self._told_any:
                self._told_any = True
                self._due.set()  # people wait for the first one
            if len(self._points) >= CHUNK_POINTS:
                self._close_chunk()

    def event(self, kind: EventKind, payload: JsonObject) -> None:
        """Anything else, after the points before it."""
        with self._lock:
            self._close_chunk()
            self._events.append((kind, payload))

    def progress(self, progress: Progress, summary: dict[str, JsonObject] | None = None) -> None:
        """How far the run is, which is a sign of life too; only the newest is kept."""
        self.beat()
        with self._lock:
            self._progress = _newer(self._progress, (progress, summary))

    def flush(self) -> None:
        """Emit all there is, waiting a while for a database that does not answer; then raise UnavailableError."""
        deadline = time.monotonic() + FLUSH_SECONDS
        while not self.taken_over.is_set():
            try:
                self._send()
                return
            except UnavailableError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
        raise StaleAttemptError(f"Attempt {self.attempt} of run {self._run_id} was taken over.")

    def close(self) -> None:
        """Emit what is left and end the thread."""
        self._ends = True
        self._due.set()
        self._thread.join(timeout=5)
        self.flush()

    def _work(self) -> None:
        while True:
            self._due.wait(CHUNK_SECONDS)
            self._due.clear()
            if self._ends:
                return
            self._look_at_device()
            try:
                self._send()
            except UnavailableError:
                continue  # kept, and tried again with the next chunk
            except StaleAttemptError:
                return

    def _look_at_device(self) -> None:
        if self._sample is not None and time.monotonic() - self._sampled_at >= SAMPLE_SECONDS:
            self._sampled_at = time.monotonic()
            self.event(EventKind.DEVICE, {"time": round(self.seconds, 3), **self._sample()})

    def _send(self) -> None:
        with self._sending:
            with self._lock:
                self._close_chunk()
                events, self._events = self._events, []
                progress, self._progress = self._progress, None
            try:
                if events:
                    self._keep(events)
                    events = []
                if progress is not None:
                    with self._database.transaction() as transaction:
                        transaction.runs.set_progress(
                            self._run_id, attempt=self.attempt, progress=progress[0], summary=progress[1]
                        )
            except StaleAttemptError:
                self.taken_over.set()
                raise
            except UnavailableError:
                self._is_unsure = True
                with self._lock:
                    self._events = [*events, *self._events][-MOST_EVENTS_HELD:]
                    self._progress = _newer(progress, self._progress)
                raise

    def _keep(self, events: Sequence[_Told]) -> None:
        if self._is_unsure:
            events = self._not_kept(events)
            self._is_unsure = False
        if events:
            kept = self._metrics.emit(self._run_id, attempt=self.attempt, events=events)
            self._kept_seq = kept[-1].seq if kept else self._kept_seq

    def _not_kept(self, events: Sequence[_Told]) -> list[_Told]:
        """A database that was lost while it kept some may have done so all the same."""
        with self._database.transaction() as transaction:
            there = transaction.runs.events(self._run_id, after=self._kept_seq)
        ours = [(event.kind, event.payload) for event in there if event.attempt == self.attempt]
        return [(kind, payload) for kind, payload in events if (kind, finite(payload)) not in ours]

    def _close_chunk(self) -> None:
        if not self._points:
            return
        names = list(dict.fromkeys(name for *_, values in self._points for name in values))
        payload: dict[str, Any] = {
            "step": [point[0] for point in self._points],
            "epoch": [point[1] for point in self._points],
            "time": [point[2] for point in self._points],
            "values": {name: [point[3].get(name) for point in self._points] for name in names},
        }
        self._points = []
        self._events.append((EventKind.METRICS, payload))


def _newer(older: _Standing | None, newer: _Standing | None) -> _Standing | None:
    """The newer one, with the older one's summary where it has none of its own."""
    if older is None or newer is None:
        return newer or older
    return newer[0], newer[1] if newer[1] is not None else older[1]
