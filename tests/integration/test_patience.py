"""A database or a storage that is away for a moment: work waits for it, a person is told soon."""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.adapters.blob_store import ObstoreBlobs
from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.database.migrate import upgrade
from app.core.errors import UnavailableError
from app.core.runs.results import finite
from app.core.runs.run import Event, EventKind
from tests.factories.fitting import DatabaseMetrics, claimed_run
from tests.fixtures.machines import Way, way_to
from tests.fixtures.services import PASSWORD
from worker.trainer.reporting import Reporter


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


def test_files_are_sent_and_read_whole_though_the_storage_breaks_off(s3_address: str, tmp_path: Path) -> None:
    way, address = way_to(s3_address, "127.0.0.1")
    given = {"endpoint": address, "region": "us-east-1", "access_key_id": "tests", "secret_access_key": PASSWORD}
    patient, impatient = (
        ObstoreBlobs("s3://diceboard/kept", given, patience_seconds=seconds) for seconds in (30.0, 0.5)
    )
    file = tmp_path / "weights"
    file.write_bytes(bytes(range(256)) * 2**16)  # large enough to be sent in parts
    with cut(way):
        patient.put_file("weights", file)
    with cut(way):
        assert b"".join(patient.stream("weights")) == file.read_bytes()
    way.close()
    with pytest.raises(UnavailableError):
        impatient.get_bytes("weights")


def test_what_was_kept_though_the_database_was_lost_before_it_could_say_so_is_not_kept_twice(
    database: SqlDatabase,
) -> None:
    run = claimed_run(database)
    metrics = LosesAnswers(database)
    reporter = Reporter(run.id, run.attempt, metrics=metrics, database=database)
    for step in range(1, 30):
        reporter.point(step=step, epoch=1, values={"loss": math.nan if step == 5 else 1 / step})
        if step % 7 == 0:
            metrics.loses = step % 2 == 0
            metrics.refuses = step % 2 == 1
            reporter.flush()
    reporter.close()
    with database.transaction() as transaction:
        events = transaction.runs.events(run.id)
    steps = [step for event in events if event.kind is EventKind.METRICS for step in event.payload["step"]]  # type: ignore[union-attr]
    assert steps == list(range(1, 30))


class LosesAnswers(DatabaseMetrics):
    """The connection breaks off before anything is kept, or when all of it is and nobody was told."""

    loses = refuses = False

    def emit(self, run_id: str, *, attempt: int, events: list[tuple[EventKind, Any]]) -> list[Event]:
        """Once, each."""
        if self.refuses:
            self.refuses = False
            raise UnavailableError("The database did not answer.")
        kept = super().emit(run_id, attempt=attempt, events=[(kind, finite(payload)) for kind, payload in events])
        if self.loses:
            self.loses = False
            raise UnavailableError("The database did not answer.")
        return kept
