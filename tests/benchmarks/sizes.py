"""`python -m tests.benchmarks.sizes [--images 200000]`: what an image, a run, a message and an open page take up.

The figures of `docs/scale.md`. Rows are measured in a PostgreSQL of its own, messages in a Valkey, streams in a web server.
"""

import argparse
import hashlib
import io
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import psutil
import redis
from sqlalchemy import Engine, create_engine, text

from app.adapters.clock import new_id, utc_now
from app.adapters.copies.fingerprint import RECORD
from app.adapters.database import SqlDatabase
from app.adapters.database.migrate import upgrade
from app.adapters.event_log import ValkeyEventLog, stream_key
from app.adapters.prepared.row_index import append
from app.adapters.task_queue import TRANSPORT_OPTIONS, CeleryTaskQueue
from app.core.datasets.browsing import Which
from app.core.datasets.check_data import packed
from app.core.datasets.dataset import Dataset, DatasetState, ImageRecord, Split, StagedFile, Version
from app.core.datasets.facts import THUMBNAIL_SIDE
from app.core.names import Pool, TaskName
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Event
from app.processes import broker
from app.settings import Settings
from tests.factories.histories import told
from tests.factories.rows import queued_run
from tests.fixtures.databases import fresh_database, postgres_server
from tests.fixtures.running import RunningApp, start, stop

BATCH = 500
EPOCHS, STEPS_PER_EPOCH, RUNS, WAITING = 50, 200, 20, 5_000
MESSAGES, STREAMS = 2_000, 200
CLASSES = tuple("123456")


def main(images: int) -> None:
    """Print a line for each figure."""
    with postgres_server() as (server, _):
        url = fresh_database(server)
        upgrade(url)
        database, engine = SqlDatabase(url, clock=utc_now, new_id=new_id), create_engine(url)
        for line in (*_images(database, engine, images), *_runs(database, engine)):
            _say(line)
        database.close()
        engine.dispose()
    for line in (*_files(), *_messages(), *_streams()):
        _say(line)


def _images(database: SqlDatabase, engine: Engine, count: int) -> Iterator[str]:
    """Files that have arrived, and a version of them, as uploads and checks write them."""
    dataset = Dataset(id=new_id(), name="many", state=DatasetState.UPLOADING, created_at=utc_now())
    with database.transaction() as transaction:
        transaction.datasets.add(dataset)
    began = time.monotonic()
    files = iter(_staged(count))
    while batch := list(islice(files, BATCH)):
        with database.transaction() as transaction:
            transaction.datasets.stage(dataset.id, batch)
    yield f"{count / (time.monotonic() - began):10,.0f} files a second are noted as arrived"
    yield from _table(engine, "dataset_file", count, "image")
    before = _memory()
    with database.transaction() as transaction:
        staged = transaction.datasets.staged(dataset.id)
    yield f"{(_memory() - before) / count:10,.0f} bytes of memory for each file while a data set is checked: its list"
    records = [_record(file, number) for number, file in enumerate(staged)]
    yield f"{(_memory() - before) / count:10,.0f} bytes of memory, with what the version will say of it"
    version = Version(
        id=new_id(), number=1, digest="e" * 64, created_at=utc_now(), classes=CLASSES,
        splits={Split.TRAIN: dict.fromkeys(CLASSES, count // 6)}, sizes={"96x96": count}, modes={"RGB": count}, findings=(),
    )  # fmt: skip
    began = time.monotonic()
    with database.transaction() as transaction:
        transaction.datasets.set_state(dataset.id, DatasetState.CHECKING, expected=[DatasetState.UPLOADING])
        transaction.datasets.publish(dataset.id, version, records)
    yield f"{count / (time.monotonic() - began):10,.0f} images a second are published as a version, in one transaction"
    yield from _table(engine, "dataset_image", count, "image")
    began = time.monotonic()
    with database.transaction() as transaction:
        transaction.datasets.images(version.id)
    yield f"{count / (time.monotonic() - began):10,.0f} images a second are read when a run prepares its data"
    with database.transaction() as transaction:
        made = transaction.datasets.get(dataset.id).version
        assert made is not None
        began = time.monotonic()
        transaction.images.page(made, Which(), offset=count - 120, limit=120)
    yield f"{1000 * (time.monotonic() - began):10,.1f} ms for the last page of 120 images, the farthest back"


def _staged(count: int) -> Iterator[StagedFile]:
    for number in range(count):
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        yield StagedFile(path=f"dice/{CLASSES[number % 6]}/photo_{number:09}.jpg", digest=digest, bytes=60_000, modified=utc_now())  # fmt: skip


def _record(file: StagedFile, number: int) -> ImageRecord:
    return ImageRecord(
        digest=file.digest, path=file.path, class_name=CLASSES[number % 6], split=Split.TRAIN, height=96, width=96, mode="RGB",
        bytes=file.bytes, format="JPEG", frames=1, brightness=0.5, mean_color=(100.0, 110.0, 120.0),
    )  # fmt: skip


def _runs(database: SqlDatabase, engine: Engine) -> Iterator[str]:
    """Runs with the events that a trainer tells: a chunk of points each quarter of a second at most, an epoch's end, a log line."""
    events, began = 0, time.monotonic()
    for number in range(RUNS):
        run = queued_run(database, name=f"run {number}")
        with database.transaction() as transaction:
            transaction.runs.claim_next(worker="train@here", lease_seconds=60)
        for telling in told(epochs=EPOCHS, steps_per_epoch=STEPS_PER_EPOCH, seed=number):
            with database.transaction() as transaction:
                transaction.runs.append(run.id, attempt=1, events=[telling])
            events += 1
        with database.transaction() as transaction:
            transaction.runs.move(run.id, RunState.RUNNING, attempt=1)
    yield f"{events / (time.monotonic() - began):10,.0f} transactions with one event each a second, from one writer"
    yield f"{events / RUNS:10,.0f} events of a run of {EPOCHS} epochs of {STEPS_PER_EPOCH} steps"
    yield from _table(engine, "run_event", RUNS, "run")
    with database.transaction() as transaction:
        for number in range(WAITING):
            transaction.runs.add(run.model_copy(update={"id": new_id(), "name": f"waiting {number}"}))
    yield from _table(engine, "run", RUNS + WAITING, "run")


def _table(engine: Engine, table: str, count: int, of: str) -> Iterator[str]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"VACUUM (FULL, ANALYZE) {table}"))
        sizes = text("SELECT pg_table_size(CAST(:name AS regclass)), pg_indexes_size(CAST(:name AS regclass))")
        rows, indexes = connection.execute(sizes, {"name": table}).one()
    yield f"{rows / count:10,.0f} bytes of {table} for each {of}, and {indexes / count:,.0f} of its indexes"


def _files() -> Iterator[str]:
    """What lies beside an image's own bytes."""
    noise = np.random.default_rng(1)
    digests = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(2_000)]
    thumbnails = {digest: noise.integers(0, 256, THUMBNAIL_SIDE**2, np.uint8).tobytes() for digest in digests}
    yield f"{len(packed(thumbnails, [])) / len(digests):10,.0f} bytes of a version's check data for each image, at most"
    yield f"{RECORD.itemsize:10,} bytes of scratch for each image while a data set is checked: its fingerprint"
    with tempfile.NamedTemporaryFile() as file:
        append(Path(file.name), digests, first_row=100_000_000)
        yield f"{os.path.getsize(file.name) / len(digests):10,.0f} bytes of index for each row of prepared pixels"  # noqa: PTH202


def _messages() -> Iterator[str]:
    """Tasks, and the live tail, in the memory of a broker."""
    with _broker() as settings, redis.Redis.from_url(settings.broker) as client:
        queue, log = CeleryTaskQueue(settings), ValkeyEventLog(settings.broker)
        began = time.monotonic()
        for _ in range(MESSAGES):
            queue.send(TaskName.TRAIN_NEXT_RUN, new_id())
        yield f"{MESSAGES / (time.monotonic() - began):10,.0f} messages a second are sent by one process"
        key = f"{TRANSPORT_OPTIONS['global_keyprefix']}{settings.queue(Pool.TRAIN)}"
        taken: Any = client.memory_usage(key, samples=0)
        yield f"{taken / MESSAGES:10,.0f} bytes of the broker's memory for each message"
        run_id, now = new_id(), utc_now()
        tellings = enumerate(told(epochs=EPOCHS, steps_per_epoch=STEPS_PER_EPOCH), start=1)
        log.append([
            Event(run_id=run_id, seq=seq, attempt=1, kind=kind, payload=payload, created_at=now)
            for seq, (kind, payload) in tellings
        ])  # fmt: skip
        taken = client.memory_usage(stream_key(run_id), samples=0)
        yield f"{taken:10,} bytes of the broker's memory for the live tail of such a run"
        queue.close()
        log.close()


def _streams() -> Iterator[str]:
    """Open event streams of one web process."""
    with _broker() as settings:
        app = start(settings.data, command="web", DICEBOARD_RESERVE_BYTES="0")
        database = SqlDatabase(settings.sqlalchemy_url, clock=utc_now, new_id=new_id)
        run = queued_run(database)
        database.close()
        web = psutil.Process(app.pids("app.main")[0])
        opened = [_stream(app, run.id)]
        time.sleep(5)
        before = web.memory_info().rss
        yield f"{before / 2**20:10,.0f} MiB of memory of a web process with one open stream"
        opened += [_stream(app, run.id) for _ in range(STREAMS)]
        time.sleep(5)
        yield f"{(web.memory_info().rss - before) / STREAMS:10,.0f} bytes of it for each further one"
        before_cpu = web.cpu_times()
        time.sleep(20)
        spent = sum(web.cpu_times()[:2]) - sum(before_cpu[:2])
        yield f"{100 * spent / 20:10.1f} % of a core for {STREAMS} streams on which nothing happens"
        for connection in opened:
            connection.close()
        stop(app)


@contextmanager
def _broker() -> Iterator[Settings]:
    """A Valkey in a data folder of its own, and the settings of that."""
    with tempfile.TemporaryDirectory(prefix="dice", ignore_cleanup_errors=True) as folder:
        settings = Settings(data=Path(folder))
        process = subprocess.Popen(broker.program(settings).argv)
        try:
            while not settings.socket("valkey").exists():
                time.sleep(0.1)
            yield settings
        finally:
            process.kill()
            process.wait()


def _stream(app: RunningApp, run_id: str) -> socket.socket:
    address = urlsplit(app.address)
    assert address.hostname is not None
    connection = socket.create_connection((address.hostname, address.port or 80))
    head = (
        f"GET /api/v1/events?runs={run_id} HTTP/1.1",
        f"Host: {address.netloc}",
        f"Authorization: Bearer {app.token}",
    )
    connection.sendall(("\r\n".join((*head, "", ""))).encode())
    answer = io.BytesIO(connection.recv(200)).readline()
    assert b" 200 " in answer, answer
    return connection


def _memory() -> int:
    taken: int = psutil.Process().memory_info().rss
    return taken


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - its output is what it is for


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.sizes")
    parser.add_argument("--images", type=int, default=200_000)
    main(parser.parse_args().images)
