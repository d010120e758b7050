"""Checkpoints and logs go when nobody can need them, and not before."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.adapters.blob_store import ObstoreBlobs
from app.adapters.clock import utc_now
from app.adapters.database import SqlDatabase
from app.adapters.room_on_disk import RoomOnDisk
from app.core.runs.checkpoints import prefix_of
from app.core.runs.configuration import Configuration
from app.core.runs.lifecycle import RunState
from app.core.runs.retention import Retention
from app.core.runs.run import Run
from app.core.storage import Amount, StorageKind
from app.services.storage import StorageService
from tests.factories.rows import queued_run
from worker.logs import error_path, log_path

WEEK = timedelta(days=7)


def storage_at(data: Path, database: SqlDatabase, *, now: datetime) -> StorageService:
    blobs = ObstoreBlobs((data / "blobs").as_uri())
    return StorageService(database=database, blobs=blobs, folder=RoomOnDisk(data), clock=lambda: now)


def forget_checkpoints(data: Path, database: SqlDatabase, *, now: datetime, keep: timedelta) -> list[str]:
    return storage_at(data, database, now=now).forget_checkpoints(usually_after=keep)


def with_checkpoint(folder: Path, run_id: str) -> Path:
    path = folder / "checkpoints" / run_id / "9"
    path.mkdir(parents=True)
    (path / "state.json").write_text("{}")
    return path


def ended(database: SqlDatabase, **changes: Any) -> Run:
    run = queued_run(database, **changes)
    with database.transaction() as transaction:
        transaction.runs.move(run.id, RunState.STOPPED, attempt=0)
        return transaction.runs.get(run.id)


def test_checkpoints_stay_while_their_run_goes_on_and_a_week_after(database: SqlDatabase, tmp_path: Path) -> None:
    waiting, stopped = queued_run(database), ended(database)
    kept = [with_checkpoint(tmp_path, run.id) for run in (waiting, stopped)]
    lost = with_checkpoint(tmp_path, "nobodys")
    assert forget_checkpoints(tmp_path, database, now=utc_now(), keep=WEEK) == ["nobodys"]
    assert [path.exists() for path in (*kept, lost)] == [True, True, False]
    assert forget_checkpoints(tmp_path, database, now=utc_now() + 2 * WEEK, keep=WEEK) == [stopped.id]
    assert kept[0].exists()


def test_a_run_keeps_its_checkpoints_as_long_as_it_was_asked_to(database: SqlDatabase, tmp_path: Path) -> None:
    short, long = (
        ended(database, configuration=Configuration(epochs=2, retention=Retention(checkpoint_days=days)))
        for days in (0, 30)
    )
    for run in (short, long):
        with_checkpoint(tmp_path, run.id)
    assert forget_checkpoints(tmp_path, database, now=utc_now(), keep=WEEK) == [short.id]
    assert forget_checkpoints(tmp_path, database, now=utc_now() + 2 * WEEK, keep=WEEK) == []
    assert forget_checkpoints(tmp_path, database, now=utc_now() + 5 * WEEK, keep=WEEK) == [long.id]


def test_a_run_that_is_deleted_leaves_no_checkpoint(database: SqlDatabase, tmp_path: Path) -> None:
    run = ended(database)
    with_checkpoint(tmp_path, run.id)
    with database.transaction() as transaction:
        transaction.runs.delete(run.id)
    assert forget_checkpoints(tmp_path, database, now=utc_now(), keep=WEEK) == [run.id]
    assert forget_checkpoints(tmp_path / "nowhere", database, now=utc_now(), keep=WEEK) == []


def test_logs_stay_while_their_run_goes_on_and_a_week_after(database: SqlDatabase, tmp_path: Path) -> None:
    waiting, stopped = queued_run(database), ended(database)
    files = {run_id: log_path(tmp_path, run_id, 1) for run_id in (waiting.id, stopped.id, "nobodys")}
    for path in files.values():
        path.parent.mkdir(exist_ok=True)
        path.touch()
        error_path(tmp_path, path.name.partition("-")[0], 1).touch()
    storage_at(tmp_path, database, now=utc_now()).tidy(usually_after=WEEK)
    assert [path.exists() for path in files.values()] == [True, True, False]
    storage_at(tmp_path, database, now=utc_now() + 2 * WEEK).tidy(usually_after=WEEK)
    assert sorted(path.name for path in (tmp_path / "logs").iterdir()) == [
        f"{waiting.id}-1.error.json",
        f"{waiting.id}-1.log",
    ]


def test_checkpoints_in_the_storage_go_like_those_of_a_machine(database: SqlDatabase, tmp_path: Path) -> None:
    waiting, stopped = queued_run(database), ended(database)
    blobs = ObstoreBlobs((tmp_path / "blobs").as_uri())
    for run_id in (waiting.id, stopped.id, "nobodys"):
        blobs.put_bytes(f"{prefix_of(run_id)}attempt-1-step-9-epoch-3/best.npz", b"1234")
    with_checkpoint(tmp_path, stopped.id)
    storage = storage_at(tmp_path, database, now=utc_now())
    line = next(line for line in storage.report().items if line.kind is StorageKind.CHECKPOINTS)
    assert (line.kept, line.may_go) == (Amount(count=3, bytes=14), Amount(count=2, bytes=10))
    storage.tidy(usually_after=WEEK)
    assert stored(blobs) == sorted([waiting.id, stopped.id])
    storage_at(tmp_path, database, now=utc_now() + 2 * WEEK).tidy(usually_after=WEEK)
    assert stored(blobs) == [waiting.id]
    with database.transaction() as transaction:
        transaction.runs.move(waiting.id, RunState.STOPPED, attempt=0)
    storage = storage_at(tmp_path, database, now=utc_now())
    assert storage.let_go(StorageKind.CHECKPOINTS) == Amount(count=2, bytes=6)
    assert stored(blobs) == []


def stored(blobs: ObstoreBlobs) -> list[str]:
    return sorted(blob.key.split("/")[1] for blob in blobs.list("checkpoints/"))
