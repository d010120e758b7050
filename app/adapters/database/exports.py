"""Exports in SQL: asked for, leased, and in the end an artifact or an error."""

from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from app.adapters.database.tables import artifact as artifacts
from app.adapters.database.tables import run as runs
from app.adapters.database.tables import run_export as table
from app.adapters.database.types import DatabaseNow
from app.core.errors import NotFoundError, StaleAttemptError
from app.core.runs.exports import Export, ExportState
from app.core.runs.lifecycle import TERMINAL
from app.core.runs.run import Artifact

_ENDED = [state.value for state in TERMINAL]


class SqlExports:
    """Implements exports.Exports."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ask(self, export: Export) -> Export:
        """Keep it, or answer the one of that name that waits or is worked on; one that failed is tried anew."""
        # The run's row is held: of two that ask at once, the second finds what the first has kept.
        self._connection.execute(select(runs.c.id).where(runs.c.id == export.run_id).with_for_update())
        same = (table.c.run_id == export.run_id) & (table.c.name == export.name)
        row = self._connection.execute(select(table).where(same)).mappings().one_or_none()
        if row is not None and row["state"] != ExportState.FAILED.value:
            return _export_of(row)
        self._connection.execute(delete(table).where(same))
        kept = export.model_dump(mode="json") | {"asked_at": export.asked_at}
        self._connection.execute(insert(table).values(kept))
        return export

    def get(self, export_id: str) -> Export:
        """Raise NotFoundError where there is none (any more)."""
        row = self._connection.execute(select(table).where(table.c.id == export_id)).mappings().one_or_none()
        if row is None:
            raise NotFoundError(f"There is no export {export_id!r} (any more).")
        return _export_of(row)

    def of(self, run_id: str) -> list[Export]:
        """Those of a run, by name."""
        query = select(table).where(table.c.run_id == run_id).order_by(table.c.name)
        return [_export_of(row) for row in self._connection.execute(query).mappings()]

    def claim(self, export_id: str, *, lease_seconds: float) -> bool:
        """Take one that waits, or whose lease has run out, and count the try."""
        values = {
            "state": ExportState.WORKING.value,
            "tries": table.c.tries + 1,
            "lease_until": DatabaseNow() + lease_seconds,
        }
        taken = update(table).where(table.c.id == export_id, _waits()).values(values)
        return self._connection.execute(taken).rowcount == 1

    def renew(self, export_id: str, *, lease_seconds: float) -> bool:
        """False where it is no longer there to be worked on."""
        mine = (table.c.id == export_id) & (table.c.state == ExportState.WORKING.value)
        renewed = update(table).where(mine).values(lease_until=DatabaseNow() + lease_seconds)
        return self._connection.execute(renewed).rowcount == 1

    def hand_back(self, export_id: str) -> None:
        """Let one that is worked on wait again."""
        mine = (table.c.id == export_id) & (table.c.state == ExportState.WORKING.value)
        values = {"state": ExportState.WAITING.value, "lease_until": None}
        self._connection.execute(update(table).where(mine).values(values))

    def forget(self, export_id: str) -> None:
        """Drop one that is worked on, and that nobody wants any more."""
        mine = (table.c.id == export_id) & (table.c.state == ExportState.WORKING.value)
        self._connection.execute(delete(table).where(mine))

    def fail(self, export_id: str, error: str) -> None:
        """Note why it could not be made."""
        values = {"state": ExportState.FAILED.value, "error": error, "lease_until": None}
        self._connection.execute(update(table).where(table.c.id == export_id).values(values))

    def finish(self, export_id: str, artifact: Artifact) -> None:
        """Put the artifact in its place; StaleAttemptError where the run has gone on meanwhile."""
        export = self._connection.execute(select(table).where(table.c.id == export_id)).mappings().one_or_none()
        attempt = None if export is None else export["attempt"]
        same_run = (runs.c.id == artifact.run_id) & (runs.c.attempt == attempt) & runs.c.state.in_(_ENDED)
        held = self._connection.execute(select(runs.c.id).where(same_run).with_for_update()).scalar_one_or_none()
        if held is None:
            raise StaleAttemptError(
                f"Run {artifact.run_id} has gone on: {artifact.name} would be of its weights before."
            )
        same = (artifacts.c.run_id == artifact.run_id) & (artifacts.c.name == artifact.name)
        self._connection.execute(delete(artifacts).where(same))
        self._connection.execute(insert(artifacts).values(artifact.model_dump()))
        self._connection.execute(delete(table).where(table.c.id == export_id))

    def remove(self, run_id: str, name: str) -> None:
        """Remove a file that was made on request."""
        self._connection.execute(delete(artifacts).where(artifacts.c.run_id == run_id, artifacts.c.name == name))

    def waiting(self) -> list[str]:
        """Those that nobody works on though somebody asked."""
        return list(self._connection.execute(select(table.c.id).where(_waits()).order_by(table.c.asked_at)).scalars())


def forget_exports(connection: Connection, run_id: str) -> None:
    """Those of a run that goes on are of weights that it will no longer have, and so are the files made of them."""
    connection.execute(delete(table).where(table.c.run_id == run_id))
    kept = connection.execute(select(artifacts).where(artifacts.c.run_id == run_id)).mappings()
    made = [row["name"] for row in kept if Artifact.model_validate(row).is_made_on_request]
    connection.execute(delete(artifacts).where(artifacts.c.run_id == run_id, artifacts.c.name.in_(made)))


def _export_of(row: Any) -> Export:
    return Export.model_validate({name: value for name, value in row.items() if name != "lease_until"})


def _waits() -> Any:
    gone = (table.c.state == ExportState.WORKING.value) & (table.c.lease_until < DatabaseNow())
    return or_(table.c.state == ExportState.WAITING.value, gone)
