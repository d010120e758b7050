"""Texts that were read stay while something needs them, and go afterwards, on SQLite and PostgreSQL alike."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.adapters.blob_store import ObstoreBlobs
from app.adapters.clock import utc_now
from app.adapters.database import SqlDatabase
from app.core.architectures.architecture import StoredArchitecture
from app.core.errors import NotFoundError
from app.services.sources import STAYS_UNUSED, SourceService
from tests.factories.rows import stored_architecture

TEXT = "model = Sequential([Dense(2)])"
HOUR = timedelta(hours=1)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        return self.now


class SlowBlobs(ObstoreBlobs):
    """Tells when it is about to delete, and waits until it may."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.deleting, self.may = threading.Event(), threading.Event()
        self.may.set()

    def delete(self, key: str) -> None:
        self.deleting.set()
        assert self.may.wait(60)
        super().delete(key)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def blobs(tmp_path: Path) -> SlowBlobs:
    return SlowBlobs((tmp_path / "blobs").as_uri())


@pytest.fixture
def sources(database: SqlDatabase, blobs: SlowBlobs, clock: Clock) -> SourceService:
    return SourceService(database=database, blobs=blobs, clock=clock)


@pytest.fixture
def kept(database: SqlDatabase) -> Callable[[str], StoredArchitecture]:
    def keep(name: str) -> StoredArchitecture:
        stored = stored_architecture(name=name)
        with database.transaction() as transaction:
            transaction.architectures.add(stored)
        return stored

    return keep


def delete(database: SqlDatabase, stored: StoredArchitecture) -> None:
    with database.transaction() as transaction:
        transaction.architectures.delete(stored.id)


Kept = Callable[[str], StoredArchitecture]


def test_a_text_stays_until_the_last_architecture_that_was_read_from_it_is_deleted(
    database: SqlDatabase, sources: SourceService, clock: Clock, kept: Kept
) -> None:
    one, other = kept("one"), kept("other")
    digest = sources.keep(TEXT, architectures=[one.id])
    assert sources.keep(TEXT, architectures=[one.id, other.id]) == digest
    clock.now += STAYS_UNUSED + HOUR
    delete(database, one)
    assert sources.forget_unused() == 0
    delete(database, other)
    assert sources.forget_unused() == 1
    with pytest.raises(NotFoundError, match="Paste it again"):
        sources.text(digest)
    assert sources.forget_unused() == 0


def test_a_text_that_nothing_was_read_from_stays_for_a_day_after_it_was_read_last(
    sources: SourceService, clock: Clock
) -> None:
    digest = sources.keep(TEXT)
    clock.now += STAYS_UNUSED - HOUR
    assert sources.forget_unused() == 0
    sources.keep(TEXT)
    clock.now += STAYS_UNUSED - HOUR
    assert sources.forget_unused() == 0
    assert sources.text(digest) == TEXT
    clock.now += 2 * HOUR
    assert sources.forget_unused() == 1


def test_a_text_that_is_kept_again_while_it_goes_is_there(
    sources: SourceService, blobs: SlowBlobs, clock: Clock, kept: Kept
) -> None:
    digest = sources.keep(TEXT)
    clock.now += STAYS_UNUSED + HOUR
    stored = kept("read meanwhile")
    blobs.may.clear()
    with ThreadPoolExecutor(2) as pool:
        forgetting = pool.submit(sources.forget_unused)
        assert blobs.deleting.wait(60)
        keeping = pool.submit(sources.keep, TEXT, architectures=[stored.id])
        threading.Event().wait(0.3)
        assert not keeping.done()
        blobs.may.set()
        assert forgetting.result() == 1
        assert keeping.result() == digest
    assert sources.text(digest) == TEXT
    clock.now += 2 * STAYS_UNUSED
    assert sources.forget_unused() == 0


def test_an_architecture_that_was_deleted_while_its_text_was_read_is_no_error(
    database: SqlDatabase, sources: SourceService, kept: Kept
) -> None:
    gone = kept("gone")
    delete(database, gone)
    assert sources.text(sources.keep(TEXT, architectures=[gone.id])) == TEXT
