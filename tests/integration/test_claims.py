"""Who may take which run: by what it asks of devices, in the queue's order, on SQLite and PostgreSQL alike."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, insert

from app.adapters.clock import new_id
from app.adapters.database import SqlDatabase
from app.adapters.database.run_rows import row_of
from app.adapters.database.tables import run as table
from app.core.runs.configuration import Configuration
from app.core.runs.device_request import GIB, DeviceOffer, DeviceRequest
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Run
from tests.factories.rows import queued_run

POOLS = ("train", "train-h200", "train-old")
MEMORY = (8.0, 15.999, 16.0, 24.0, 80.0)

asked = st.builds(
    DeviceRequest,
    kind=st.sampled_from(["any", "cpu", "gpu"]),
    count=st.integers(1, 3),
    memory_gb=st.none() | st.sampled_from(MEMORY),
    pool=st.sampled_from(POOLS),
)
offered = st.builds(
    DeviceOffer,
    kind=st.sampled_from(["cpu", "gpu"]),
    count=st.integers(1, 4),
    memory_bytes=st.sampled_from([0, *(int(size * GIB) for size in MEMORY)]),
    pools=st.lists(st.sampled_from(POOLS), min_size=1, max_size=3, unique=True).map(tuple),
)


@pytest.fixture
def model(database: SqlDatabase) -> Run:
    """A run of which the others are copies."""
    return queued_run(database)


def fill(database: SqlDatabase, model: Run, queue: Sequence[tuple[DeviceRequest, int]]) -> list[Run]:
    """Let only these wait, in this order but for their priorities; the queue in its own order."""
    runs = [
        model.model_copy(update={"id": new_id(), "configuration": Configuration(epochs=2, device=device)})
        for device, _ in queue
    ]
    rows = [
        row_of(run) | {"position": place, "priority": priority}
        for place, (run, (_, priority)) in enumerate(zip(runs, queue, strict=True))
    ]
    with database.engine.begin() as connection:
        connection.execute(delete(table))
        if rows:
            connection.execute(insert(table), rows)
    order = sorted(range(len(queue)), key=lambda place: (-queue[place][1], place))
    return [runs[place] for place in order]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    queue=st.lists(st.tuples(asked, st.sampled_from([0, 0, 0, 5])), max_size=8),
    offers=st.lists(offered, min_size=1, max_size=4),
    turns=st.lists(st.integers(0, 3), max_size=24),
)
def test_each_worker_takes_the_first_run_that_it_can_train_and_no_other(
    database: SqlDatabase,
    model: Run,
    queue: list[tuple[DeviceRequest, int]],
    offers: list[DeviceOffer],
    turns: list[int],
) -> None:
    left = fill(database, model, queue)
    everybody = [*turns, *(number for number in range(len(offers)) for _ in queue)]
    for turn in everybody:
        number = turn % len(offers)
        expected = next((run for run in left if offers[number].meets(run.configuration.device)), None)
        with database.transaction() as transaction:
            taken = transaction.runs.claim_next(worker=f"train-{number}@a", lease_seconds=60, offer=offers[number])
        assert (taken and taken.id) == (expected and expected.id)
        if taken is not None and expected is not None:
            assert taken.configuration == expected.configuration
            left.remove(expected)
    assert not any(offer.meets(run.configuration.device) for run in left for offer in offers), "somebody could have"


def test_what_a_run_asks_for_comes_back_and_is_counted(database: SqlDatabase, model: Run) -> None:
    devices = [
        DeviceRequest(kind="gpu", count=2, memory_gb=79.6, pool="train-h200"),
        DeviceRequest(),
        DeviceRequest(kind="gpu", count=2, memory_gb=79.6, pool="train-h200"),
    ]
    runs = fill(database, model, [(device, 0) for device in devices])
    with database.transaction() as transaction:
        assert [transaction.runs.get(run.id).configuration.device for run in runs] == devices
        assert transaction.runs.waiting() == {devices[0]: 2, devices[1]: 1}
        assert transaction.runs.waiting_in("train-h200", limit=5) == [runs[0].id, runs[2].id]
        assert transaction.runs.waiting_in("train-h200", limit=1) == [runs[0].id]


def test_a_run_that_an_earlier_version_wrote_asks_for_nothing(database: SqlDatabase, model: Run) -> None:
    new = {"pool", "device_kind", "device_count", "device_memory_gb"}
    row = {name: value for name, value in row_of(model).items() if name not in new} | {"position": 0, "id": new_id()}
    with database.engine.begin() as connection:
        connection.execute(insert(table).values(row))
    with database.transaction() as transaction:
        assert transaction.runs.get(row["id"]).configuration.device == DeviceRequest()
        claimed = transaction.runs.claim_next(worker="train@a", lease_seconds=60)
    assert claimed is not None
    assert claimed.id == row["id"]


def test_an_earlier_version_can_read_what_is_written_of_a_run(database: SqlDatabase, model: Run) -> None:
    """It refuses a configuration with a field that it does not know; what is asked of devices is not in there."""
    [run] = fill(database, model, [(DeviceRequest(kind="gpu"), 0)])
    with database.engine.connect() as connection:
        kept = connection.execute(table.select().where(table.c.id == run.id)).mappings().one()["configuration"]
    assert kept == run.configuration.model_dump(mode="json", exclude={"device"})


def test_a_run_that_goes_on_asks_for_the_same_devices(database: SqlDatabase, model: Run) -> None:
    device = DeviceRequest(kind="cpu", memory_gb=2)
    [run] = fill(database, model, [(device, 0)])
    with database.transaction() as transaction:
        transaction.runs.move(run.id, RunState.STOPPED, attempt=0)
        configuration = run.configuration.model_copy(update={"epochs": 9})
        transaction.runs.queue_again(run.id, attempt=0, configuration=configuration, reason="continued")
        assert transaction.runs.get(run.id).configuration == Configuration(epochs=9, device=device)


def test_the_next_run_is_found_by_the_index_without_sorting(database: SqlDatabase, model: Run) -> None:
    queue = [(DeviceRequest(kind="gpu", pool=POOLS[number % 2]), 0) for number in range(400)]
    fill(database, model, queue)
    asked_of: list[tuple[str, Any]] = []

    def remember(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if statement.startswith("SELECT run.id") and "LIMIT" in statement:
            asked_of.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", remember)
    offer = DeviceOffer(kind="gpu", memory_bytes=GIB, pools=("train-h200",))
    with database.transaction() as transaction:
        assert transaction.runs.claim_next(worker="train@a", lease_seconds=60, offer=offer) is not None
    event.remove(database.engine, "before_cursor_execute", remember)
    [(statement, parameters)] = asked_of
    explain = "EXPLAIN QUERY PLAN" if database.engine.dialect.name == "sqlite" else "EXPLAIN"
    with database.engine.connect() as connection:
        if database.engine.dialect.name != "sqlite":
            connection.exec_driver_sql("ANALYZE run")
        plan = "\n".join(str(tuple(row)) for row in connection.exec_driver_sql(f"{explain} {statement}", parameters))
    assert "ix_run_claim" in plan, plan
    assert "TEMP B-TREE" not in plan, plan
    assert "Sort" not in plan, plan
