"""Room on disk in both databases: what nothing refers to goes, and nothing else, whatever goes on beside it."""

import contextlib
import hashlib
import io
import os
import tempfile
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.adapters.archives import ArchiveReader
from app.adapters.blob_store import ObstoreBlobs
from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.prepared.room import Use
from app.adapters.room_on_disk import RoomOnDisk
from app.core.datasets.dataset import Dataset, DatasetState
from app.core.datasets.names import image_key
from app.core.errors import InvalidError
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Artifact
from app.core.storage import StorageKind
from app.services.dataset_uploads import DatasetUploads, OfferedFile
from app.services.storage import StorageService
from tests.factories.images import tar_bytes
from tests.factories.rows import queued_run, ready_dataset

PICTURE = b"\x89PNG\r\n\x1a\n a picture"
DIGEST = hashlib.sha256(PICTURE).hexdigest()
DAYS_AGO = timedelta(days=2)


class InterruptedBlobs(ObstoreBlobs):
    """Somebody else is let in between what is noted here and what is done next."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.after_put: Callable[[], None] = lambda: None

    def put_bytes(self, key: str, content: bytes) -> bool:
        """Write, then let somebody else in, once."""
        new = super().put_bytes(key, content)
        interrupt, self.after_put = self.after_put, lambda: None
        interrupt()
        return new


@pytest.fixture
def blobs(tmp_path: Path) -> InterruptedBlobs:
    return InterruptedBlobs((tmp_path / "blobs").as_uri())


@pytest.fixture
def storage(database: SqlDatabase, blobs: InterruptedBlobs, tmp_path: Path) -> StorageService:
    return StorageService(database=database, blobs=blobs, folder=RoomOnDisk(tmp_path), clock=utc_now)


def kept(storage: StorageService, kind: StorageKind) -> tuple[int, int]:
    line = next(line for line in storage.report().items if line.kind is kind)
    return line.kept.count, line.may_go.count


def aged(tmp_path: Path) -> None:
    """All blobs, as if they had been written days ago."""
    then = (utc_now() - DAYS_AGO).timestamp()
    for path in (tmp_path / "blobs").rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # collected meanwhile
            os.utime(path, (then, then))


def uploading(database: SqlDatabase) -> str:
    dataset = Dataset(id=new_id(), name="new", state=DatasetState.UPLOADING, created_at=utc_now())
    with database.transaction() as transaction:
        transaction.datasets.add(dataset)
    return dataset.id


def uploads(database: SqlDatabase, blobs: ObstoreBlobs) -> DatasetUploads:
    return DatasetUploads(
        database=database,
        blobs=blobs,
        read_archive=ArchiveReader(10**6, waiting_room=Path(tempfile.gettempdir())).members,
    )


def receive(database: SqlDatabase, blobs: ObstoreBlobs, dataset_id: str) -> None:
    uploads(database, blobs).receive(dataset_id, io.BytesIO(tar_bytes({"1/a.png": PICTURE})))


def test_only_what_no_row_refers_to_goes(
    database: SqlDatabase, blobs: InterruptedBlobs, storage: StorageService, tmp_path: Path
) -> None:
    dataset = ready_dataset(database)
    assert dataset.version is not None
    run = queued_run(database)
    used = [
        f"images/{'1' * 64}",
        f"thumbs/96/{'1' * 64}",
        f"statistics/{dataset.version.id}/x",
        f"artifacts/{run.id}/1/a",
    ]
    free = [f"images/{'e' * 64}", f"thumbs/96/{'e' * 64}", "statistics/gone/x", f"artifacts/{run.id}/0/a", "checks/c"]
    for key in (*used, *free, "sources/s"):
        blobs.put_bytes(key, b"four")
    with database.transaction() as transaction:
        artifact = Artifact(run_id=run.id, name="a", bytes=4, sha256="0", blob=used[-1], created_at=utc_now())
        assert transaction.runs.claim_next(worker="train@here", lease_seconds=60) is not None
        transaction.runs.add_artifact(artifact, attempt=1)
    storage.tidy(usually_after=timedelta(days=7))
    assert all(blobs.exists(key) for key in (*used, *free)), "what is young stays: its row may follow"
    aged(tmp_path)
    assert kept(storage, StorageKind.IMAGES) == kept(storage, StorageKind.ARTIFACTS) == (2, 1)
    assert storage.let_go(StorageKind.IMAGES).bytes == 4
    storage.tidy(usually_after=timedelta(days=7))  # not again within the hour
    assert blobs.exists("checks/c")
    hourly = StorageService(database=database, blobs=blobs, folder=RoomOnDisk(tmp_path), clock=utc_now)
    hourly.tidy(usually_after=timedelta(days=7))
    assert [blobs.exists(key) for key in (*used, "sources/s")] == [True] * 5
    assert [blobs.exists(key) for key in free] == [False] * 5


def test_the_artifacts_of_a_deleted_run_go_at_once(
    database: SqlDatabase, blobs: InterruptedBlobs, storage: StorageService
) -> None:
    run = queued_run(database)
    blobs.put_bytes(f"artifacts/{run.id}/1/w", b"weights")
    assert kept(storage, StorageKind.ARTIFACTS) == (1, 0)
    with database.transaction() as transaction:
        transaction.runs.move(run.id, RunState.STOPPED, attempt=run.attempt)
        transaction.runs.delete(run.id)
    assert storage.let_go(StorageKind.ARTIFACTS).count == 1
    assert kept(storage, StorageKind.ARTIFACTS) == (0, 0)


def test_an_upload_of_bytes_that_are_being_collected_has_them_in_the_end(
    database: SqlDatabase, blobs: InterruptedBlobs, storage: StorageService, tmp_path: Path
) -> None:
    blobs.put_bytes(image_key(DIGEST), PICTURE)
    aged(tmp_path)
    collected: list[int] = []
    # The upload has seen that the bytes are there, and has not said yet that it needs them.
    blobs.after_put = lambda: collected.append(storage.let_go(StorageKind.IMAGES).count)
    receive(database, blobs, uploading(database))
    assert collected == [1]
    assert blobs.get_bytes(image_key(DIGEST)) == PICTURE
    assert storage.let_go(StorageKind.IMAGES).count == 0


def test_bytes_that_are_gone_are_asked_for_again(
    database: SqlDatabase, blobs: InterruptedBlobs, storage: StorageService, tmp_path: Path
) -> None:
    first, second = uploading(database), uploading(database)
    receive(database, blobs, first)
    offered = [OfferedFile(path="1/b.png", digest=DIGEST, bytes=len(PICTURE))]
    assert uploads(database, blobs).adopt(second, offered)["missing"] == []
    third = uploading(database)
    blobs.delete(image_key(DIGEST))
    answer = uploads(database, blobs).adopt(third, offered)
    assert (answer["missing"], answer["accepted"]) == (["1/b.png"], 0)


def test_many_uploads_and_collectors_at_once_lose_nothing(
    database: SqlDatabase, blobs: InterruptedBlobs, storage: StorageService, tmp_path: Path
) -> None:
    end = threading.Event()
    wrong: list[str] = []
    collected: list[int] = []

    def collect() -> None:
        while not end.is_set():
            collected.append(storage.let_go(StorageKind.IMAGES).count)

    collector = threading.Thread(target=collect)
    collector.start()
    try:
        for _ in range(25):
            dataset_id = uploading(database)
            blobs.put_bytes(image_key(DIGEST), PICTURE)
            # From here on they may go at any moment, until the upload has said that it needs them.
            aged(tmp_path)
            receive(database, blobs, dataset_id)
            if not blobs.exists(image_key(DIGEST)):
                wrong.append(dataset_id)
            with database.transaction() as transaction:
                transaction.datasets.delete(dataset_id)
    finally:
        end.set()
        collector.join()
    assert wrong == []
    assert sum(collected) > 0


def test_checkpoints_of_ended_runs_and_prepared_images_out_of_use_may_go(
    database: SqlDatabase, storage: StorageService, tmp_path: Path
) -> None:
    waiting, stopped = queued_run(database), queued_run(database)
    with database.transaction() as transaction:
        transaction.runs.move(stopped.id, RunState.STOPPED, attempt=0)
    for run in (waiting, stopped):
        folder = tmp_path / "checkpoints" / run.id / "9"
        folder.mkdir(parents=True)
        (folder / "state.json").write_bytes(b"12345")
    for name in ("used", "free"):
        (tmp_path / "prepared" / name).mkdir(parents=True)
        (tmp_path / "prepared" / name / "pixels").write_bytes(b"123")
    with Use(tmp_path / "prepared" / "used"):
        assert kept(storage, StorageKind.CHECKPOINTS) == kept(storage, StorageKind.PREPARED) == (2, 1)
        assert storage.let_go(StorageKind.CHECKPOINTS).bytes == 5
        assert storage.let_go(StorageKind.PREPARED).bytes == 3
        assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == [waiting.id]
        assert (tmp_path / "prepared" / "used").is_dir()
    assert not (tmp_path / "prepared" / "free").exists()


def test_the_database_tells_its_size_and_does_not_go(storage: StorageService) -> None:
    line = next(line for line in storage.report().items if line.kind is StorageKind.DATABASE)
    assert line.kept.bytes > 10_000
    with pytest.raises(InvalidError, match="may go by hand"):
        storage.let_go(StorageKind.DATABASE)


def test_the_clock_says_when_the_hour_is_over(database: SqlDatabase, blobs: InterruptedBlobs, tmp_path: Path) -> None:
    now: list[datetime] = [utc_now()]
    storage = StorageService(database=database, blobs=blobs, folder=RoomOnDisk(tmp_path), clock=lambda: now[0])
    storage.tidy(usually_after=timedelta(days=7))
    blobs.put_bytes("checks/c", b"x")
    aged(tmp_path)
    storage.tidy(usually_after=timedelta(days=7))
    assert blobs.exists("checks/c")
    now[0] += timedelta(hours=1)
    storage.tidy(usually_after=timedelta(days=7))
    assert not blobs.exists("checks/c")
