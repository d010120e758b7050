"""The database as the services see it: transactions over repositories."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.pool import QueuePool

from app.adapters.database.architectures import SqlArchitectures
from app.adapters.database.blob_uses import SqlBlobUses
from app.adapters.database.datasets import SqlDatasets
from app.adapters.database.exports import SqlExports
from app.adapters.database.images import SqlImages
from app.adapters.database.login_secrets import SqlLoginSecrets
from app.adapters.database.reports import SqlReports
from app.adapters.database.runs import SqlRuns
from app.adapters.database.sources import SqlSources
from app.adapters.database.statistics import SqlStatistics
from app.adapters.database.workers import SqlWorkers
from app.core.datasets.browsing import ImageStore
from app.core.datasets.statistics import StatisticsStore
from app.core.errors import InvalidError, UnavailableError
from app.core.logins import LoginSecrets
from app.core.ports import Architectures, Clock, Datasets, NewId, Sources, Workers
from app.core.runs.exports import Exports
from app.core.runs.report import Reports
from app.core.runs.run_store import Runs
from app.core.storage import BlobUses

SQLITE_WAITS_SECONDS = 15
ASKS_AGAIN_SECONDS, MOST_SECONDS_APART = 0.5, 4.0
"""Each time later, and never all at the same moment: a server that comes back finds every worker at its door."""
SERVER_OPTIONS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""Without them a server that vanished (its machine, the network) is waited for a quarter of an hour (libpq's own names)."""


class SqlTransaction:
    """Every repository on one connection inside one transaction."""

    def __init__(self, connection: Connection, *, clock: Clock, new_id: NewId) -> None:
        self.architectures: Architectures = SqlArchitectures(connection)
        self.sources: Sources = SqlSources(connection)
        self.datasets: Datasets = SqlDatasets(connection)
        self.images: ImageStore = SqlImages(connection)
        self.statistics: StatisticsStore = SqlStatistics(connection)
        self.runs: Runs = SqlRuns(connection, clock=clock)
        self.exports: Exports = SqlExports(connection)
        self.reports: Reports = SqlReports(connection)
        self.workers: Workers = SqlWorkers(connection)
        self.login_secrets: LoginSecrets = SqlLoginSecrets(connection)
        self.blobs: BlobUses = SqlBlobUses(connection)
        self.new_id = new_id


class SqlDatabase:
    """SQLite or PostgreSQL by URL. A transaction that cannot be had raises UnavailableError.

    A server that does not answer is asked again for `patience_seconds` before anything of a transaction is done. What the
    database can neither keep nor look for (a text with a NUL, half of a surrogate pair, too large a number) raises
    InvalidError.
    """

    def __init__(self, url: str, *, clock: Clock, new_id: NewId, patience_seconds: float = 0.0) -> None:
        self.engine = make_engine(url)
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._new_id = new_id

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """Commit at the end of the block, roll back where it raises."""
        try:
            with self._connected() as connection, connection.begin():
                yield SqlTransaction(connection, clock=self._clock, new_id=self._new_id)
        except OperationalError as error:
            raise UnavailableError(
                f"The database did not answer ({type(error.orig).__name__}). Nothing was changed; try again in a moment."
            ) from error
        except (DataError, UnicodeEncodeError) as error:
            raise InvalidError(
                "Something in this request can stand in no database: a NUL, half of a surrogate pair, or too large a "
                "number. Nothing was changed; send it without that character or number."
            ) from error

    def _connected(self) -> Connection:
        deadline = time.monotonic() + self._patience_seconds
        pause = ASKS_AGAIN_SECONDS
        while True:
            try:
                return self.engine.connect()
            except OperationalError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - no secret
                pause = min(2 * pause, MOST_SECONDS_APART)

    def ping(self) -> None:
        """Raise UnavailableError where the database does not answer."""
        with self.transaction() as transaction:
            transaction.workers.all(alive_within_seconds=0)

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def make_engine(url: str) -> Engine:
    """An engine for the URL, SQLite set up for several processes that read and write at once."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20, connect_args=SERVER_OPTIONS)
    database = make_url(url).database
    if database:
        Path(database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=10,
        max_overflow=30,
        connect_args={"timeout": SQLITE_WAITS_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _set_up_sqlite(connection: Any, record: Any) -> None:  # noqa: ARG001 -- SQLAlchemy's signature
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=1000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    # A transaction that reads first and writes later would fail at once when somebody wrote in between; this waits.
    connection.execute(text("BEGIN IMMEDIATE"))
