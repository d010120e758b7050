"""A database or a storage that is away for a moment: work waits for it, a person is told soon."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.adapters.blob_store import ObstoreBlobs
from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.database.migrate import upgrade
from app.core.errors import UnavailableError
from tests.fixtures.machines import Way, settings_of, way_to


@contextmanager
def cut(way: Way, *, seconds: float = 4) -> Iterator[None]:
    """The way is cut meanwhile, and mended at the end of the block."""
    cutting = threading.Thread(target=way.cut, args=(seconds,))
    cutting.start()
    yield
    cutting.join()


def test_work_begins_once_the_database_is_back_and_a_person_hears_that_it_is_away(own_database: str) -> None:
    upgrade(own_database)
    way, url = way_to(own_database, "127.0.0.1")
    patient = SqlDatabase(url, clock=utc_now, new_id=new_id, patience_seconds=30)
    impatient = SqlDatabase(url, clock=utc_now, new_id=new_id)
    for database in (patient, impatient):
        database.ping()
    with cut(way):
        with pytest.raises(UnavailableError):
            impatient.ping()
        patient.ping()
    impatient.ping()
    for database in (patient, impatient):
        database.close()
    way.close()


def test_files_are_sent_and_read_whole_though_the_storage_breaks_off(
    s3_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    way, address = way_to(s3_address, "127.0.0.1")
    for name, value in settings_of(database="", broker="", s3=address).items():
        monkeypatch.setenv(name, value)
    patient, impatient = (ObstoreBlobs("s3://diceboard/kept", patience_seconds=seconds) for seconds in (30.0, 0.5))
    file = tmp_path / "weights"
    file.write_bytes(bytes(range(256)) * 2**16)  # large enough to be sent in parts
    with cut(way):
        patient.put_file("weights", file)
    with cut(way):
        assert b"".join(patient.stream("weights")) == file.read_bytes()
    way.close()
    with pytest.raises(UnavailableError):
        impatient.get_bytes("weights")
