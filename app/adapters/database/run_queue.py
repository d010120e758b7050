"""The queue of runs in SQL: what waits and in which order, who may take it, and for how long."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import func, or_, select, update

from app.adapters.database.run_events import SqlRunEvents, held
from app.adapters.database.run_rows import DEVICE_COLUMNS, device_of, run_of
from app.adapters.database.tables import run as table
from app.adapters.database.types import DatabaseNow
from app.core.errors import ConflictError
from app.core.runs.device_request import ANY_CPU, DeviceOffer, DeviceRequest
from app.core.runs.lifecycle import ACTIVE, RunState
from app.core.runs.run import EventKind, Run
from app.core.values import JsonObject

QUEUED = table.c.state == RunState.QUEUED.value
IN_ORDER = (table.c.priority.desc(), table.c.position, table.c.id)
_ACTIVE = [state.value for state in ACTIVE]
_ASKED = [table.c[column].label(name) for name, column in DEVICE_COLUMNS.items()]


class SqlRunQueue(SqlRunEvents):
    """The part of run_store.Runs that is about the queue and the lease."""

    def claim_next(self, *, worker: str, lease_seconds: float, offer: DeviceOffer = ANY_CPU) -> Run | None:
        """Take the first queued run by (priority, position) that can train on what is offered; of several workers that
        try at once each gets another or none.
        """
        first = select(table.c.id).where(QUEUED, *_met_by(offer)).order_by(*IN_ORDER).limit(1)
        run_id = self._connection.execute(first.with_for_update(skip_locked=True)).scalar_one_or_none()
        if run_id is None:
            return None
        values = {
            "attempt": table.c.attempt + 1,
            "state": RunState.STARTING.value,
            "worker": worker,
            "lease_until": DatabaseNow() + lease_seconds,
            "started_at": func.coalesce(table.c.started_at, self._clock()),
        }
        taken = update(table).where(table.c.id == run_id).values(values).returning(table.c.attempt)
        payload: JsonObject = {"state": RunState.STARTING.value, "reason": f"taken by {worker}"}
        attempt = self._connection.execute(taken).scalar_one()
        self.append(run_id, attempt=attempt, events=[(EventKind.STATE, payload)])
        return run_of(self._connection.execute(select(table).where(table.c.id == run_id)).mappings().one())

    def renew(self, run_id: str, *, attempt: int, lease_seconds: float) -> bool:
        """Renew the lease; False where a newer attempt, the queue or a final state has taken over."""
        values = {"lease_until": DatabaseNow() + lease_seconds}
        return self._connection.execute(update(table).where(held(run_id, attempt)).values(values)).rowcount == 1

    def place(self, run_ids: Sequence[str], *, before_all: bool = False) -> None:
        """Let queued runs follow one another in this order, in the places that they have (or before all others)."""
        query = select(table.c.id, table.c.priority, table.c.position).where(QUEUED).order_by(*IN_ORDER)
        queued = self._connection.execute(query.with_for_update()).all()
        there = {row.id: row for row in queued}
        missing = next((run_id for run_id in run_ids if run_id not in there), None)
        if missing is not None:
            raise ConflictError(f"Run {missing} does not wait in the queue (any more).")
        places = [(row.priority, row.position) for row in queued if row.id in set(run_ids)]
        if before_all and queued:
            places = [(queued[0].priority, queued[0].position - len(run_ids) + place) for place in range(len(run_ids))]
        for run_id, (priority, position) in zip(run_ids, places, strict=True):
            values = {"priority": priority, "position": position}
            self._connection.execute(update(table).where(table.c.id == run_id).values(values))

    def expired(self) -> list[Run]:
        """Active runs whose lease has run out, or that never had one."""
        gone = or_(table.c.lease_until.is_(None), table.c.lease_until < DatabaseNow())
        rows = self._connection.execute(select(table).where(table.c.state.in_(_ACTIVE), gone)).mappings()
        return [run_of(row) for row in rows]

    def held_by(self, worker: str) -> list[Run]:
        """Active runs that a worker of this name has, or had."""
        rows = self._connection.execute(select(table).where(table.c.state.in_(_ACTIVE), table.c.worker == worker))
        return [run_of(row) for row in rows.mappings()]

    def queue(self, *, limit: int | None = None) -> list[Run]:
        """The queued runs in their order, or the first of them."""
        query = select(table).where(QUEUED).order_by(*IN_ORDER).limit(limit)
        rows = self._connection.execute(query).mappings()
        return [run_of(row, queue_position=place) for place, row in enumerate(rows, start=1)]

    def count(self, states: Collection[RunState]) -> int:
        """How many runs are in one of these states."""
        there = table.c.state.in_([state.value for state in states])
        return self._connection.execute(select(func.count()).select_from(table).where(there)).scalar_one()

    def waiting(self) -> dict[DeviceRequest, int]:
        """How many runs are queued, by what they ask of devices."""
        query = select(*_ASKED, func.count().label("runs")).where(QUEUED).group_by(*_ASKED)
        return {
            DeviceRequest.model_validate(device_of({name: row[name] for name in DEVICE_COLUMNS})): row["runs"]
            for row in self._connection.execute(query).mappings()
        }

    def waiting_in(self, pool: str, *, limit: int) -> list[str]:
        """The ids of so many runs that are queued for a pool, the next one first."""
        query = select(table.c.id).where(QUEUED, table.c.pool == pool).order_by(*IN_ORDER).limit(limit)
        return list(self._connection.execute(query).scalars())


def _met_by(offer: DeviceOffer) -> Sequence[Any]:
    """DeviceOffer.meets as conditions; with one pool, as most workers have, the index is in the queue's order."""
    memory = table.c.device_memory_gb * (table.c.device_count if offer.kind == "cpu" else 1)
    return (
        table.c.pool == offer.pools[0] if len(offer.pools) == 1 else table.c.pool.in_(offer.pools),
        table.c.device_kind.in_(("any", offer.kind)),
        table.c.device_count <= offer.count,
        memory <= offer.memory_gb,
    )
