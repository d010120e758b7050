"""Curves in both databases: whatever lies in the blob store, what is read is what happened."""

from pathlib import Path

import pytest

from app.adapters.blob_store import ObstoreBlobs
from app.adapters.clock import utc_now
from app.adapters.database import SqlDatabase
from app.adapters.room_on_disk import RoomOnDisk
from app.core.errors import OutOfSpaceError
from app.core.runs.columns import columns_of
from app.core.runs.levels import levels_of, series_from
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Event, Run
from app.core.runs.series import Series, Wanted
from app.core.storage import StorageKind
from app.services.curves import CurveService
from app.services.storage import StorageService
from tests.factories.histories import run_with, told

WANTED = [
    Wanted(),
    Wanted(axis="step", max_points=300),
    Wanted(names=("batch_loss",), axis="epoch", max_points=500),
    Wanted(names=("batch_loss", "val_loss"), axis="time", x_from=3, x_to=20, max_points=400),
    Wanted(names=("batch_loss",), axis="step", x_from=7_000, x_to=7_040),
    Wanted(names=("batch_loss",), axis="wall"),
    Wanted(names=("nothing",)),
]


class FullBlobs(ObstoreBlobs):
    """A disk without room."""

    def put_bytes(self, key: str, content: bytes) -> bool:
        raise OutOfSpaceError("full")


@pytest.fixture
def blobs(tmp_path: Path) -> ObstoreBlobs:
    return ObstoreBlobs((tmp_path / "blobs").as_uri())


@pytest.fixture
def curves(database: SqlDatabase, blobs: ObstoreBlobs) -> CurveService:
    return CurveService(database=database, blobs=blobs)


def long_run(database: SqlDatabase, *, state: RunState = RunState.FINISHED) -> Run:
    """Three epochs of 4,000 steps; the second attempt repeats an epoch."""
    first = list(told(epochs=2, steps_per_epoch=4_000))
    return run_with(database, first, list(told(epochs=3, steps_per_epoch=4_000, first=2, seed=5)), state=state)


def events(database: SqlDatabase, run: Run) -> list[Event]:
    with database.transaction() as transaction:
        return transaction.runs.events(run.id)


def from_events(database: SqlDatabase, run: Run, wanted: Wanted) -> dict[str, Series]:
    return series_from(levels_of(columns_of(events(database, run))), wanted)


def files(blobs: ObstoreBlobs) -> list[str]:
    return sorted(blob.key for blob in blobs.list("curves/"))


@pytest.mark.parametrize("wanted", WANTED)
def test_compacted_or_not_the_curves_are_the_same(
    database: SqlDatabase, blobs: ObstoreBlobs, curves: CurveService, wanted: Wanted
) -> None:
    run = long_run(database)
    expected = from_events(database, run, wanted)
    assert curves.series(run.id, wanted) == expected
    assert len(files(blobs)) == 3
    assert curves.series(run.id, wanted) == expected
    running = long_run(database, state=RunState.RUNNING)
    assert curves.series(running.id, wanted) == from_events(database, running, wanted)


@pytest.mark.parametrize("junk", [b"", b"PK\x03\x04junk", b"no archive"])
def test_files_that_are_damaged_are_made_again(
    database: SqlDatabase, blobs: ObstoreBlobs, curves: CurveService, junk: bytes
) -> None:
    run, wanted = long_run(database), WANTED[0]
    curves.compact(run.id)
    for key in files(blobs):
        blobs.put_bytes(key, junk)
    names = curves.names([run.id])
    assert curves.series(run.id, wanted) == from_events(database, run, wanted)
    assert names == curves.names([run.id])
    assert all(blobs.get_bytes(key) != junk for key in files(blobs))


def test_once_compacted_no_event_is_read(
    database: SqlDatabase, curves: CurveService, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = long_run(database)
    curves.compact(run.id)
    expected = {number: from_events(database, run, wanted) for number, wanted in enumerate(WANTED)}
    monkeypatch.setattr("app.adapters.database.run_events.SqlRunEvents.events", None)
    assert {number: curves.series(run.id, wanted) for number, wanted in enumerate(WANTED)} == expected


def test_of_a_run_that_goes_on_only_what_is_new_is_read(
    database: SqlDatabase, blobs: ObstoreBlobs, curves: CurveService
) -> None:
    run = run_with(database, list(told(epochs=2, steps_per_epoch=50)), state=RunState.RUNNING)
    wanted = Wanted(axis="step")
    assert len(curves.series(run.id, wanted)["batch_loss"].x) == 100
    with database.transaction() as transaction:
        transaction.runs.append(run.id, attempt=1, events=list(told(epochs=3, steps_per_epoch=50, first=3)))
    curves.compact(run.id)
    found = curves.series(run.id, wanted)
    assert found == from_events(database, run, wanted)
    assert len(found["batch_loss"].x) == 150
    assert files(blobs) == []


def test_curves_are_shown_where_there_is_no_room_to_keep_them(database: SqlDatabase, tmp_path: Path) -> None:
    run = long_run(database)
    service = CurveService(database=database, blobs=FullBlobs((tmp_path / "full").as_uri()))
    assert service.series(run.id, WANTED[1]) == from_events(database, run, WANTED[1])


def test_files_of_a_run_that_went_on_or_is_gone_may_go(
    database: SqlDatabase, blobs: ObstoreBlobs, curves: CurveService, tmp_path: Path
) -> None:
    storage = StorageService(database=database, blobs=blobs, folder=RoomOnDisk(tmp_path), clock=utc_now)
    stays, went_on, deleted = (long_run(database) for _ in range(3))
    for run in (stays, went_on, deleted):
        curves.compact(run.id)
    before = set(files(blobs))
    with database.transaction() as transaction:
        assert transaction.blobs.unused(sorted(before)) == set()
        transaction.runs.queue_again(
            went_on.id, attempt=went_on.attempt, configuration=went_on.configuration, reason="more"
        )
        transaction.runs.delete(deleted.id)
        assert transaction.blobs.unused(sorted(before)) == {
            key for key in before if went_on.id in key or deleted.id in key
        }
    assert storage.let_go(StorageKind.CURVES).count == 3
    assert {key for key in before if deleted.id not in key} == set(files(blobs))
