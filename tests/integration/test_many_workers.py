"""What has to stay quick and single with many workers and a long queue, on SQLite and PostgreSQL alike."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import event, text, update

from app.adapters.database import SqlDatabase
from app.adapters.database.tables import run as run_table
from app.adapters.database.tables import turn as turn_table
from app.core.runs.lifecycle import RunState
from tests.factories.rows import queued_run

WORKERS = 8


def takes_turn(database: SqlDatabase, *, every_seconds: float = 60) -> bool:
    with database.transaction() as transaction:
        return transaction.workers.take_turn("reconcile", every_seconds=every_seconds)


def make_due_in(database: SqlDatabase, seconds: float) -> None:
    with database.engine.begin() as connection:
        connection.execute(update(turn_table).values(due=turn_table.c.due + seconds))


def test_everything_that_goes_by_turns_has_its_row(database: SqlDatabase) -> None:
    with database.transaction() as transaction:
        assert [transaction.workers.take_turn(what, every_seconds=60) for what in ("reconcile", "collect")] == [
            True,
            True,
        ]


def test_of_workers_that_ask_at_once_one_has_the_turn(database: SqlDatabase) -> None:
    with ThreadPoolExecutor(WORKERS) as pool:
        assert sum(pool.map(lambda _: takes_turn(database), range(WORKERS))) == 1


def test_the_turn_comes_again_when_its_time_is_over(database: SqlDatabase) -> None:
    assert takes_turn(database)
    assert not takes_turn(database)
    make_due_in(database, -61)
    assert takes_turn(database)


def test_a_database_whose_clock_was_set_back_gives_turns_all_the_same(database: SqlDatabase) -> None:
    assert takes_turn(database)
    make_due_in(database, 3600)
    assert takes_turn(database)
    assert not takes_turn(database)


def test_nobody_has_a_turn_at_what_is_none(database: SqlDatabase) -> None:
    with database.transaction() as transaction:
        assert not transaction.workers.take_turn("nothing of ours", every_seconds=60)


def test_places_in_the_queue_are_the_same_however_they_are_read(database: SqlDatabase) -> None:
    runs = [queued_run(database, name=f"n{number}") for number in range(9)]
    with database.transaction() as transaction:
        transaction.runs.place([runs[7].id, runs[2].id], before_all=True)
        transaction.runs.move(runs[4].id, RunState.HELD, attempt=0)
    with database.engine.begin() as connection:
        connection.execute(update(run_table).where(run_table.c.id == runs[8].id).values(priority=1))
    with database.transaction() as transaction:
        queue = transaction.runs.queue()
        page, _ = transaction.runs.page()
        one_by_one = {run.id: transaction.runs.get(run.id).queue_position for run in runs}
    assert [run.name for run in queue] == ["n8", "n7", "n2", "n0", "n1", "n3", "n5", "n6"]
    assert [run.queue_position for run in queue] == list(range(1, 9))
    expected = {run.id: run.queue_position for run in queue} | {runs[4].id: None}
    assert {run.id: run.queue_position for run in page} == one_by_one == expected


def test_the_beginning_of_the_queue_is_read_alone(database: SqlDatabase) -> None:
    runs = [queued_run(database) for _ in range(4)]
    with database.transaction() as transaction:
        assert [run.id for run in transaction.runs.queue(limit=2)] == [runs[0].id, runs[1].id]
        assert transaction.runs.count([RunState.QUEUED, RunState.HELD]) == 4


def test_a_worker_finds_its_own_runs_among_many(database: SqlDatabase) -> None:
    runs = [queued_run(database) for _ in range(3)]
    for worker in ("train@a", "train@b", "train@a"):
        with database.transaction() as transaction:
            transaction.runs.claim_next(worker=worker, lease_seconds=60)
    with database.transaction() as transaction:
        assert {run.id for run in transaction.runs.held_by("train@a")} == {runs[0].id, runs[2].id}
        transaction.runs.move(runs[2].id, RunState.QUEUED, attempt=1)
        assert {run.id for run in transaction.runs.held_by("train@a")} == {runs[0].id}


def test_a_claim_reads_no_more_of_a_long_queue_than_its_beginning(database: SqlDatabase) -> None:
    first = queued_run(database)
    _copy(database, first.id, times=3_000)
    plans: list[str] = []

    def explained(connection, cursor, statement, parameters, context, executemany) -> None:  # type: ignore[no-untyped-def]
        if statement.startswith("SELECT run.id") and "LIMIT" in statement:
            prefix = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
            other = connection.connection.cursor()
            plans.extend(str(row) for row in other.execute(prefix + statement, parameters).fetchall())

    event.listen(database.engine, "before_cursor_execute", explained)
    with database.transaction() as transaction:
        claimed = transaction.runs.claim_next(worker="train@here", lease_seconds=60)
    assert claimed is not None
    assert claimed.id == first.id
    assert plans
    assert not [line for line in plans if "Sort" in line or "B-TREE" in line or "Seq Scan" in line], plans


def _copy(database: SqlDatabase, run_id: str, *, times: int) -> None:
    """So many more runs behind it, and what the planner knows about them."""
    columns = [column.name for column in run_table.columns if column.name not in {"id", "position"}]
    quoted = ", ".join(f'"{name}"' for name in columns)
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :times)"
    with database.engine.begin() as connection:
        connection.execute(
            text(
                f"{numbers} INSERT INTO run (id, position, {quoted}) "
                f"SELECT 'copy' || i, position + i, {quoted} FROM run, n WHERE id = :run_id"
                if connection.dialect.name == "postgresql"
                else f"INSERT INTO run (id, position, {quoted}) {numbers} "
                f"SELECT 'copy' || i, position + i, {quoted} FROM run, n WHERE id = :run_id"
            ),
            {"times": times, "run_id": run_id},
        )
        connection.execute(text("ANALYZE"))
