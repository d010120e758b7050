"""Use cases of events."""

from collections.abc import Sequence

from app.core.ports import Database, EventLog
from app.core.runs.log_text import LOGGED, log_text
from app.core.runs.results import finite
from app.core.runs.run import Event, EventKind
from app.core.values import JsonObject


class MetricsService:
    """Keeps what happens in runs, and tells it."""

    def __init__(self, *, database: Database, event_log: EventLog) -> None:
        self._database = database
        self._event_log = event_log

    def emit(self, run_id: str, *, attempt: int, events: Sequence[tuple[EventKind, JsonObject]]) -> list[Event]:
        """Keep events under the fence, then tell the live tail; StaleAttemptError where overtaken."""
        strict = [(kind, finite(payload)) for kind, payload in events]
        with self._database.transaction() as transaction:
            kept = transaction.runs.append(run_id, attempt=attempt, events=strict)
        self._event_log.append(kept)
        return kept

    def events(
        self, run_id: str, *, after: int = 0, limit: int | None = None, kinds: Sequence[EventKind] = ()
    ) -> list[Event]:
        """Events after a seq, in order."""
        with self._database.transaction() as transaction:
            transaction.runs.get(run_id)
            return transaction.runs.events(run_id, after=after, limit=limit, kinds=kinds)

    def log(self, run_id: str) -> str:
        """What happened, as lines of text."""
        return log_text(self.events(run_id, kinds=LOGGED))
