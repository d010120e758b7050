"""Events and artifacts of runs in SQL, numbered and fenced by the run's row."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from app.adapters.database.run_rows import artifact_of, event_of
from app.adapters.database.tables import artifact as artifacts
from app.adapters.database.tables import run as table
from app.adapters.database.tables import run_event as rows
from app.core.errors import StaleAttemptError
from app.core.ports import Clock
from app.core.runs.lifecycle import ACTIVE
from app.core.runs.run import Artifact, Event, EventKind
from app.core.values import JsonObject

_ACTIVE = [state.value for state in ACTIVE]


def newest(run_id: str, attempt: int) -> Any:
    """The run's row, if this attempt is still the newest."""
    return (table.c.id == run_id) & (table.c.attempt == attempt)


def held(run_id: str, attempt: int) -> Any:
    """The run's row, if this attempt holds the run: one that was taken back writes nothing, even before the next begins."""
    return newest(run_id, attempt) & table.c.state.in_(_ACTIVE)


def stale(run_id: str, attempt: int) -> StaleAttemptError:
    """What a writer is told that has been overtaken."""
    return StaleAttemptError(f"Attempt {attempt} of run {run_id} has been taken over or has ended: it may not write.")


class SqlRunEvents:
    """The half of run_store.Runs that is about events and artifacts."""

    def __init__(self, connection: Connection, *, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def append(
        self, run_id: str, *, attempt: int, events: Sequence[tuple[EventKind, JsonObject]], holding: bool = True
    ) -> list[Event]:
        """Number and keep events in one statement under the fence: order, no gaps, no doubles, whoever writes.

        Only an attempt that holds the run may, except where what is told is how it came to wait or to end.
        """
        if not events:
            return []
        numbered = (
            update(table)
            .where(held(run_id, attempt) if holding else newest(run_id, attempt))
            .values(last_seq=table.c.last_seq + len(events))
            .returning(table.c.last_seq)
        )
        last = self._connection.execute(numbered).scalar_one_or_none()
        if last is None:
            raise stale(run_id, attempt)
        now = self._clock()
        kept = [
            Event(run_id=run_id, seq=seq, attempt=attempt, kind=kind, payload=payload, created_at=now)
            for seq, (kind, payload) in enumerate(events, start=last - len(events) + 1)
        ]
        self._connection.execute(
            insert(rows), [event.model_dump(mode="json") | {"created_at": event.created_at} for event in kept]
        )
        return kept

    def events(
        self, run_id: str, *, after: int = 0, kinds: Sequence[EventKind] = (), limit: int | None = None
    ) -> list[Event]:
        """Events after a seq, in order."""
        query = select(rows).where(rows.c.run_id == run_id, rows.c.seq > after).order_by(rows.c.seq).limit(limit)
        if kinds:
            query = query.where(rows.c.kind.in_([kind.value for kind in kinds]))
        return [event_of(row) for row in self._connection.execute(query).mappings()]

    def add_artifact(self, artifact: Artifact, *, attempt: int) -> None:
        """Keep or replace the artifact of that name."""
        mine = select(table.c.id).where(held(artifact.run_id, attempt)).with_for_update()
        if self._connection.execute(mine).scalar_one_or_none() is None:
            raise stale(artifact.run_id, attempt)
        same = (artifacts.c.run_id == artifact.run_id) & (artifacts.c.name == artifact.name)
        self._connection.execute(delete(artifacts).where(same))
        self._connection.execute(insert(artifacts).values(artifact.model_dump()))

    def artifacts(self, run_id: str) -> list[Artifact]:
        """By name."""
        query = select(artifacts).where(artifacts.c.run_id == run_id).order_by(artifacts.c.name)
        return [artifact_of(row) for row in self._connection.execute(query).mappings()]
