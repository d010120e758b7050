"""Workers in SQL."""

from sqlalchemy import Connection, delete, insert, or_, select, update

from app.adapters.database.tables import run as runs
from app.adapters.database.tables import turn as turns
from app.adapters.database.tables import worker as table
from app.adapters.database.types import DatabaseNow
from app.core.runs.lifecycle import ACTIVE
from app.core.workers import Worker


class SqlWorkers:
    """Implements ports.Workers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def beat(self, worker: Worker) -> None:
        """Note a sign of life; a worker that beats anew after a restart no longer drains."""
        facts = worker.model_dump(mode="python", exclude={"alive", "run_id", "draining"}) | {
            "seen_epoch": DatabaseNow()
        }
        same_process = (table.c.name == worker.name) & (table.c.pid == worker.pid)
        if self._connection.execute(update(table).where(same_process).values(facts)).rowcount == 0:
            self.remove(worker.name)
            self._connection.execute(insert(table).values(**facts, draining=worker.draining))

    def is_draining(self, name: str) -> bool:
        """Whether it has been asked to finish and leave."""
        return bool(self._connection.execute(select(table.c.draining).where(table.c.name == name)).scalar())

    def set_draining(self, name: str) -> None:
        """Ask it to finish and leave."""
        self._connection.execute(update(table).where(table.c.name == name).values(draining=True))

    def remove(self, name: str) -> None:
        """Forget it."""
        self._connection.execute(delete(table).where(table.c.name == name))

    def take_turn(self, what: str, *, every_seconds: float) -> bool:
        """Whether nobody did it in that time; whoever is told so does it now."""
        # What is due later than that was written before the database's clock was set back.
        is_due = or_(turns.c.due <= DatabaseNow(), turns.c.due > DatabaseNow() + every_seconds)
        taken = update(turns).where(turns.c.what == what, is_due).values(due=DatabaseNow() + every_seconds)
        return self._connection.execute(taken).rowcount == 1

    def forget_unseen(self, *, for_seconds: float) -> None:
        """Remove those that gave no sign of life for so long."""
        self._connection.execute(delete(table).where(table.c.seen_epoch < DatabaseNow() - for_seconds))

    def all(self, *, alive_within_seconds: float) -> list[Worker]:
        """Every worker by name; alive if seen within so many seconds of database time."""
        alive = (table.c.seen_epoch >= DatabaseNow() - alive_within_seconds).label("alive")
        query = select(table, alive).order_by(table.c.pool.desc(), table.c.name)
        rows = self._connection.execute(query).mappings().all()
        held = select(runs.c.worker, runs.c.id).where(runs.c.state.in_([state.value for state in ACTIVE]))
        holds = {row.worker: row.id for row in self._connection.execute(held)}
        return [
            Worker.model_validate(
                {key: value for key, value in row.items() if key != "seen_epoch"} | {"run_id": holds.get(row["name"])}
            )
            for row in rows
        ]
