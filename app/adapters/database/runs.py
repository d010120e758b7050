"""Runs in SQL: kept, listed, changed under the fence."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, delete, exists, func, insert, or_, select, update

from app.adapters.database.exports import forget_exports
from app.adapters.database.pages import escape_like, page_of
from app.adapters.database.run_events import held, newest, stale
from app.adapters.database.run_queue import IN_ORDER, QUEUED, SqlRunQueue
from app.adapters.database.run_rows import configuration_columns, row_of, run_of
from app.adapters.database.tables import artifact
from app.adapters.database.tables import run as table
from app.adapters.database.types import DatabaseNow
from app.core.errors import ConflictError, NotFoundError
from app.core.runs.configuration import Configuration
from app.core.runs.lifecycle import CONTINUED, NEXT, TERMINAL, RunState
from app.core.runs.predicted import PREDICTIONS
from app.core.runs.request import RunChanges
from app.core.runs.run import Event, EventKind, Progress, Run
from app.core.values import JsonObject, Sort


class SqlRuns(SqlRunQueue):
    """Implements run_store.Runs."""

    def add(self, run: Run, *, idempotency_key: str | None = None) -> None:
        """Keep a new run at the end of the queue."""
        extra = {"idempotency_key": idempotency_key, "position": DatabaseNow(), "priority": 0}
        self._connection.execute(insert(table).values(row_of(run) | extra))

    def by_idempotency_key(self, key: str) -> list[Run]:
        """The runs that a request with this key made before, in its order."""
        query = select(table).where(table.c.idempotency_key == key).order_by(table.c.position, table.c.created_at)
        return self._with_positions(self._connection.execute(query).mappings().all())

    def get(self, run_id: str) -> Run:
        """Raise NotFoundError where nothing has this id."""
        row = self._connection.execute(select(table).where(table.c.id == run_id)).mappings().one_or_none()
        if row is None:
            raise NotFoundError(f"There is no run {run_id!r}.")
        return self._with_positions([row])[0]

    def several(self, run_ids: Sequence[str]) -> list[Run]:
        """Those of the runs that are there, in this order."""
        rows = self._connection.execute(select(table).where(table.c.id.in_(run_ids))).mappings()
        found = {run.id: run for run in self._with_positions(rows.all())}
        return [found[run_id] for run_id in run_ids if run_id in found]

    def change(self, run_id: str, changes: RunChanges) -> None:
        """Give it another name, other tags, other notes; what is None stays."""
        values = {name: value for name, value in changes.json_object().items() if value is not None}
        if values:
            self._connection.execute(update(table).where(table.c.id == run_id).values(values))

    def delete(self, run_id: str) -> None:
        """Forget it with its events and artifacts' rows; ConflictError where it has not ended."""
        ended = table.c.state.in_([state.value for state in TERMINAL])
        if self._connection.execute(delete(table).where(table.c.id == run_id, ended)).rowcount == 0:
            raise ConflictError(f"Run {run_id} is {self.get(run_id).state.value}. Stop it first, then delete it.")

    def page(
        self,
        *,
        limit: int = 50,
        cursor: str | None = None,
        states: Sequence[RunState] = (),
        q: str | None = None,
        group: str | None = None,
        tag: str | None = None,
        sort: Sort = "-created",
    ) -> tuple[list[Run], str | None]:
        """In an order, the newest first unless said."""
        query = select(table)
        if states:
            query = query.where(table.c.state.in_([state.value for state in states]))
        if q:
            found = (column.ilike(escape_like(q), escape="\\") for column in (table.c.name, table.c.notes))
            query = query.where(or_(*found))
        if group is not None:
            query = query.where(table.c.group == group)
        if tag is not None:
            query = query.where(self._has_tag(tag))
        rows, following = page_of(self._connection, query, table=table, limit=limit, cursor=cursor, sort=sort)
        return self._with_positions(rows), following

    def groups(self, *, limit: int) -> list[str]:
        """The groups that there are, that of the newest run first."""
        newest = func.max(table.c.created_at)
        query = select(table.c.group).where(table.c.group.is_not(None)).group_by(table.c.group)
        return list(self._connection.execute(query.order_by(newest.desc()).limit(limit)).scalars())

    def uses_architecture(self, architecture_id: str) -> bool:
        """Whether any run was made from it."""
        return self._any(table.c.architecture_id == architecture_id)

    def uses_dataset(self, dataset_id: str) -> bool:
        """Whether any run was made on it."""
        return self._any(table.c.dataset_id == dataset_id)

    def lends_weights(self, run_id: str) -> bool:
        """Whether a run that has not ended starts from its weights."""
        open_states = [state.value for state in RunState if state not in TERMINAL]
        return self._any(and_(table.c.start_from["run"].as_string() == run_id, table.c.state.in_(open_states)))

    def move(
        self,
        run_id: str,
        state: RunState,
        *,
        attempt: int,
        reason: str | None = None,
        error: str | None = None,
        crashed: bool = False,
    ) -> Event:
        """Change the state as the lifecycle allows (ConflictError else) and note the event, in one transaction.

        A run that somebody wants to stop does not wait again, nor does it fail by a crash: it stops.
        """
        mine = select(table.c.state, table.c.cancel_requested).where(newest(run_id, attempt)).with_for_update()
        current = self._connection.execute(mine).one_or_none()
        if current is None:
            raise stale(run_id, attempt)
        if state not in NEXT[RunState(current.state)]:
            raise ConflictError(f"Run {run_id} is {current.state}; it cannot become {state.value}.")
        if current.cancel_requested and (state is RunState.QUEUED or crashed):
            state, reason, error, crashed = RunState.STOPPED, f"stopped on request; {reason}", None, False
        values: dict[str, Any] = {"state": state.value, "error": error}
        if crashed:
            values["crashes"] = table.c.crashes + 1
        if state in TERMINAL:
            values |= {"finished_at": self._clock(), "lease_until": None}
        if state is RunState.QUEUED:
            values |= {"worker": None, "lease_until": None}
        self._connection.execute(update(table).where(table.c.id == run_id).values(values))
        payload: JsonObject = {"state": state.value, "reason": reason or error}
        return self.append(run_id, attempt=attempt, events=[(EventKind.STATE, payload)], holding=False)[0]

    def let_go(self, run_id: str, *, reason: str) -> Event:
        """Let a held run wait in its place in the queue again; ConflictError where it is not held."""
        held_one = (table.c.id == run_id) & (table.c.state == RunState.HELD.value)
        again = update(table).where(held_one).values(state=RunState.QUEUED.value).returning(table.c.attempt)
        attempt = self._connection.execute(again).scalar_one_or_none()
        if attempt is None:
            raise ConflictError(f"Run {run_id} is {self.get(run_id).state.value}; only a held run can be let go.")
        payload: JsonObject = {"state": RunState.QUEUED.value, "reason": reason}
        return self.append(run_id, attempt=attempt, events=[(EventKind.STATE, payload)], holding=False)[0]

    def request_cancel(self, run_id: str) -> None:
        """Note that a person wants it to stop."""
        self._connection.execute(update(table).where(table.c.id == run_id).values(cancel_requested=True))

    def queue_again(self, run_id: str, *, attempt: int, configuration: Configuration, reason: str) -> Event:
        """Put an ended run at the end of the queue, with no crash counted and nothing asked of it."""
        mine = select(table.c.state, table.c.progress).where(newest(run_id, attempt)).with_for_update()
        current = self._connection.execute(mine).one_or_none()
        if current is None:
            raise stale(run_id, attempt)
        if RunState(current.state) not in CONTINUED:
            raise ConflictError(
                f"Run {run_id} is {current.state}; only one that has finished, stopped or failed can go on."
            )
        forget_exports(self._connection, run_id)
        values = {
            "state": RunState.QUEUED.value,
            **configuration_columns(configuration),
            "position": DatabaseNow(),
            "progress": current.progress | {"epochs": configuration.epochs},
            "crashes": 0,
            "cancel_requested": False,
            "error": None,
            "worker": None,
            "finished_at": None,
        }
        self._connection.execute(update(table).where(table.c.id == run_id).values(values))
        payload: JsonObject = {"state": RunState.QUEUED.value, "reason": reason}
        return self.append(run_id, attempt=attempt, events=[(EventKind.STATE, payload)], holding=False)[0]

    def forget_evaluation(self, run_id: str, *, attempt: int) -> None:
        """What was measured of earlier weights goes, with its file, before others take their place."""
        self._write(run_id, attempt, {"evaluation": {}})
        answers = and_(artifact.c.run_id == run_id, artifact.c.name == PREDICTIONS)
        self._connection.execute(delete(artifact).where(answers))

    def set_progress(
        self, run_id: str, *, attempt: int, progress: Progress, summary: dict[str, JsonObject] | None = None
    ) -> None:
        """Note how far it is, and where given the last and best of each metric."""
        values: dict[str, Any] = {"progress": progress.json_object()}
        if summary is not None:
            values["summary"] = summary
        self._write(run_id, attempt, values)

    def set_computed_by(self, run_id: str, *, attempt: int, computed_by: dict[str, str]) -> None:
        """Note what the attempt computes with."""
        self._write(run_id, attempt, {"computed_by": computed_by})

    def set_evaluation(self, run_id: str, *, attempt: int, evaluation: dict[str, JsonObject]) -> None:
        """Keep what was measured, by split."""
        self._write(run_id, attempt, {"evaluation": evaluation})

    def _has_tag(self, tag: str) -> Any:
        each = func.json_each if self._connection.dialect.name == "sqlite" else func.json_array_elements_text
        tags = each(table.c.tags).table_valued("value")
        return exists(select(1).select_from(tags).where(tags.c.value == tag))

    def _any(self, condition: Any) -> bool:
        return bool(self._connection.execute(select(exists().where(condition))).scalar())

    def _write(self, run_id: str, attempt: int, values: dict[str, Any]) -> None:
        if self._connection.execute(update(table).where(held(run_id, attempt)).values(values)).rowcount == 0:
            raise stale(run_id, attempt)

    def _with_positions(self, rows: Sequence[Any]) -> list[Run]:
        queued = [row["id"] for row in rows if row["state"] == RunState.QUEUED.value]
        if not queued:
            return [run_of(row) for row in rows]
        numbered = func.row_number().over(order_by=IN_ORDER).label("place")
        places = select(table.c.id, numbered).where(QUEUED).subquery()
        found = self._connection.execute(select(places).where(places.c.id.in_(queued)))
        place = {row.id: row.place for row in found}
        return [run_of(row, queue_position=place.get(row["id"])) for row in rows]
