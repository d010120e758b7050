"""The database's promises, on SQLite and PostgreSQL alike."""

import contextlib
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import update

from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase, migrate
from app.adapters.database.tables import architecture, metadata
from app.core.datasets.dataset import Dataset, DatasetState, Split, StagedFile
from app.core.datasets.labels import Label
from app.core.datasets.layout import labels_noted
from app.core.errors import ConflictError, InvalidError, NotFoundError, StaleAttemptError
from app.core.names import Pool
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Artifact, EventKind, Progress
from app.core.workers import Worker
from tests.factories.rows import queued_run, ready_dataset, stored_architecture


def test_migrations_end_at_the_tables_that_the_code_uses(database: SqlDatabase) -> None:
    # SQLite does not tell that an index is in descending order; a test of the claims sees that this one is used.
    opts = {"include_object": lambda _, name, *__: (name, database.engine.name) != ("ix_run_claim", "sqlite")}
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=opts), metadata) == []


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    migrate.upgrade(database_url)


def test_an_architecture_comes_back_as_it_was(database: SqlDatabase) -> None:
    stored = stored_architecture()
    with database.transaction() as transaction:
        transaction.architectures.add(stored)
    with database.transaction() as transaction:
        assert transaction.architectures.get(stored.id) == stored
        assert transaction.architectures.by_digest(stored.digest, name="tiny") == stored
        assert transaction.architectures.by_digest(stored.digest, name="other") is None


def test_lists_of_architectures_read_no_definition(database: SqlDatabase) -> None:
    kept = [stored_architecture(name=f"n{number}") for number in range(3)]
    with database.transaction() as transaction:
        for stored in kept:
            transaction.architectures.add(stored)
    with database.engine.begin() as connection:
        connection.execute(update(architecture).values(definition="none that could be read"))
    with database.transaction() as transaction:
        items, following = transaction.architectures.summaries(limit=2)
        rest, _ = transaction.architectures.summaries(limit=2, cursor=following)
        found, _ = transaction.architectures.summaries(q="n1")
        assert transaction.architectures.summary(kept[0].id) == kept[0].summary
    newest_first = sorted(kept, key=lambda stored: (stored.created_at, stored.id), reverse=True)
    assert [*items, *rest] == [stored.summary for stored in newest_first]
    assert found == [kept[1].summary]


def test_what_lists_show_is_there_for_architectures_of_before(database: SqlDatabase, database_url: str) -> None:
    queued_run(database)
    with database.transaction() as transaction:
        before, _ = transaction.architectures.summaries()
    with database.engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
        command.downgrade(config, "0003")
    migrate.upgrade(database_url)
    with database.transaction() as transaction:
        assert transaction.architectures.summaries() == (before, None)


def test_an_unknown_id_is_named(database: SqlDatabase) -> None:
    with pytest.raises(NotFoundError, match="nothere"), database.transaction() as transaction:
        transaction.runs.get("nothere")


def test_pages_meet_without_overlap_or_gap(database: SqlDatabase) -> None:
    kept = [stored_architecture(name=f"n{number}") for number in range(5)]
    with database.transaction() as transaction:
        for stored in kept:
            transaction.architectures.add(stored)
    seen, cursor = [], None
    while True:
        with database.transaction() as transaction:
            items, cursor = transaction.architectures.page(limit=2, cursor=cursor)
        seen += [item.id for item in items]
        if cursor is None:
            break
    assert sorted(seen) == sorted(stored.id for stored in kept)
    assert len(seen) == 5


def test_a_made_up_cursor_is_refused(database: SqlDatabase) -> None:
    with pytest.raises(InvalidError, match="cursor"), database.transaction() as transaction:
        transaction.runs.page(cursor="xx")


def test_a_search_for_a_percent_sign_finds_only_it(database: SqlDatabase) -> None:
    with database.transaction() as transaction:
        transaction.architectures.add(stored_architecture(name="50% wide"))
        transaction.architectures.add(stored_architecture(name="wide"))
        items, _ = transaction.architectures.page(q="%")
    assert [item.architecture.name for item in items] == ["50% wide"]


def test_a_failed_transaction_leaves_nothing(database: SqlDatabase) -> None:
    stored = stored_architecture()
    with contextlib.suppress(RuntimeError), database.transaction() as transaction:
        transaction.architectures.add(stored)
        raise RuntimeError
    with pytest.raises(NotFoundError), database.transaction() as transaction:
        transaction.architectures.get(stored.id)


def test_staging_again_counts_what_was_there_and_replaces_what_changed(database: SqlDatabase) -> None:
    dataset = Dataset(id=new_id(), name="d", state=DatasetState.UPLOADING, created_at=utc_now())
    first = [StagedFile(path="1/a.png", digest="a" * 64, bytes=3), StagedFile(path="1/b.png", digest="b" * 64, bytes=4)]
    with database.transaction() as transaction:
        transaction.datasets.add(dataset)
        assert transaction.datasets.stage(dataset.id, first) == 0
        changed = first[1].model_copy(update={"digest": "c" * 64})
        assert transaction.datasets.stage(dataset.id, [first[0], changed]) == 1
        assert transaction.datasets.staged(dataset.id) == [first[0], changed]
        assert transaction.datasets.get(dataset.id).files == 2


def test_files_come_in_pages_by_path_and_tables_beside_them(database: SqlDatabase) -> None:
    dataset = Dataset(id=new_id(), name="d", state=DatasetState.UPLOADING, created_at=utc_now())
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    images = [StagedFile(path=f"{n}.png", digest=f"{n}" * 64, bytes=n, modified=moment) for n in range(5)]
    table = StagedFile(path="labels.csv", digest="f" * 64, bytes=9, is_table=True)
    with database.transaction() as transaction:
        transaction.datasets.add(dataset)
        transaction.datasets.stage(dataset.id, [*images, table])
        first, cursor = transaction.datasets.arrived(dataset.id, limit=4)
        rest, end = transaction.datasets.arrived(dataset.id, limit=4, cursor=cursor)
        assert ([*first, *rest], end) == ([*images, table], None)
        assert (transaction.datasets.staged(dataset.id), transaction.datasets.tables(dataset.id)) == (images, [table])
        assert transaction.datasets.get(dataset.id).files == 5
        assert transaction.datasets.known_digests(["1" * 64, "9" * 64]) == {"1" * 64}


def test_labels_are_noted_and_forgotten(database: SqlDatabase) -> None:
    dataset = Dataset(id=new_id(), name="d", state=DatasetState.UPLOADING, created_at=utc_now())
    with database.transaction() as transaction:
        transaction.datasets.add(dataset)
        transaction.datasets.stage(
            dataset.id, [StagedFile(path=f"{n}.png", digest="a" * 64, bytes=1) for n in range(3)]
        )
        transaction.datasets.set_labels(dataset.id, {"0.png": Label("cat")})
        transaction.datasets.set_labels(dataset.id, {"1.png": Label("dog", Split.TEST), "2.png": Label("cat")})
        noted = labels_noted(transaction.datasets.staged(dataset.id))
        assert noted == {"1.png": Label("dog", Split.TEST), "2.png": Label("cat")}
        assert transaction.datasets.held_state(dataset.id) is DatasetState.UPLOADING
        with pytest.raises(NotFoundError):
            transaction.datasets.held_state("nothing")


def test_images_of_a_version_come_by_split_and_class(database: SqlDatabase) -> None:
    dataset = ready_dataset(database)
    assert dataset.version is not None
    with database.transaction() as transaction:
        images = transaction.datasets.images(dataset.version.id)
    assert [record.path for record in images] == ["1/a.png", "2/a.png"]


def test_one_check_has_one_holder(database: SqlDatabase) -> None:
    dataset = Dataset(id=new_id(), name="d", state=DatasetState.CHECKING, created_at=utc_now())
    with database.transaction() as transaction:
        transaction.datasets.add(dataset)
        assert transaction.datasets.waiting_checks() == [dataset.id]
        assert transaction.datasets.claim_check(dataset.id, lease_seconds=60)
        assert not transaction.datasets.claim_check(dataset.id, lease_seconds=60)
        assert transaction.datasets.waiting_checks() == []


def test_runs_are_claimed_in_order_and_by_one_worker_each(database: SqlDatabase) -> None:
    runs = [queued_run(database) for _ in range(4)]
    claimed: list[str] = []

    def claim(worker: str) -> None:
        for _ in range(3):
            with database.transaction() as transaction:
                run = transaction.runs.claim_next(worker=worker, lease_seconds=60)
            if run is not None:
                claimed.append(run.id)

    threads = [threading.Thread(target=claim, args=(f"w{number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(run.id for run in runs)


def test_the_queue_position_is_the_order_of_the_claim(database: SqlDatabase) -> None:
    first, second = queued_run(database), queued_run(database)
    with database.transaction() as transaction:
        assert transaction.runs.get(second.id).queue_position == 2
        claimed = transaction.runs.claim_next(worker="w", lease_seconds=60)
        assert claimed is not None
        assert claimed.id == first.id
        assert transaction.runs.get(second.id).queue_position == 1


def test_an_overtaken_attempt_can_write_nothing(database: SqlDatabase) -> None:
    run = queued_run(database)
    with database.transaction() as transaction:
        transaction.runs.claim_next(worker="w", lease_seconds=60)
        transaction.runs.move(run.id, RunState.QUEUED, attempt=1, reason="preempted")
        transaction.runs.claim_next(worker="v", lease_seconds=60)
    artifact = Artifact(run_id=run.id, name="x", bytes=1, sha256="0", blob="k", created_at=utc_now())
    writes = [
        lambda tx: tx.runs.append(run.id, attempt=1, events=[(EventKind.LOG, {"text": "late"})]),
        lambda tx: tx.runs.move(run.id, RunState.RUNNING, attempt=1),
        lambda tx: tx.runs.set_progress(run.id, attempt=1, progress=Progress(epochs=2)),
        lambda tx: tx.runs.forget_evaluation(run.id, attempt=1),
        lambda tx: tx.runs.set_computed_by(run.id, attempt=1, computed_by={"backend": "jax"}),
        lambda tx: tx.runs.add_artifact(artifact, attempt=1),
    ]
    for write in writes:
        with pytest.raises(StaleAttemptError), database.transaction() as transaction:
            write(transaction)
    with database.transaction() as transaction:
        assert not transaction.runs.renew(run.id, attempt=1, lease_seconds=60)
        assert transaction.runs.renew(run.id, attempt=2, lease_seconds=60)


def test_events_are_numbered_without_gaps_while_many_write(database: SqlDatabase) -> None:
    run = queued_run(database)
    with database.transaction() as transaction:
        transaction.runs.claim_next(worker="w", lease_seconds=60)

    def write() -> None:
        for _ in range(10):
            with database.transaction() as transaction:
                transaction.runs.append(run.id, attempt=1, events=[(EventKind.LOG, {"text": "a"})] * 2)

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.transaction() as transaction:
        assert [event.seq for event in transaction.runs.events(run.id)] == list(range(1, 62))
        assert [event.seq for event in transaction.runs.events(run.id, after=59)] == [60, 61]


def test_a_terminal_state_is_final(database: SqlDatabase) -> None:
    run = queued_run(database)
    with database.transaction() as transaction:
        transaction.runs.move(run.id, RunState.STOPPED, attempt=0)
    with pytest.raises(ConflictError, match="stopped"), database.transaction() as transaction:
        transaction.runs.move(run.id, RunState.QUEUED, attempt=0)


def test_a_lease_that_ran_out_is_found(database: SqlDatabase) -> None:
    run = queued_run(database)
    with database.transaction() as transaction:
        transaction.runs.claim_next(worker="w", lease_seconds=0.2)
        assert transaction.runs.expired() == []
    time.sleep(0.4)
    with database.transaction() as transaction:
        assert [expired.id for expired in transaction.runs.expired()] == [run.id]


def test_a_worker_that_is_not_seen_is_not_alive(database: SqlDatabase) -> None:
    now = utc_now()
    worker = Worker(
        name="train@a", host="a", pid=7, pool=Pool.TRAIN, device={"kind": "cpu"}, started_at=now, seen_at=now
    )
    with database.transaction() as transaction:
        transaction.workers.beat(worker)
        transaction.workers.set_draining("train@a")
        transaction.workers.beat(worker)
        assert transaction.workers.is_draining("train@a")
        transaction.workers.beat(worker.model_copy(update={"pid": 8}))
        assert not transaction.workers.is_draining("train@a")
        assert [entry.alive for entry in transaction.workers.all(alive_within_seconds=30)] == [True]
        transaction.workers.beat(worker.model_copy(update={"name": "train-1@a", "problem": "The GPU is lost."}))
        found = {entry.name: entry.problem for entry in transaction.workers.all(alive_within_seconds=30)}
        assert found == {"train@a": None, "train-1@a": "The GPU is lost."}
        transaction.workers.beat(worker.model_copy(update={"name": "train-1@a"}))
        assert [entry.problem for entry in transaction.workers.all(alive_within_seconds=30)] == [None, None]
        transaction.workers.remove("train-1@a")
        transaction.workers.forget_unseen(for_seconds=30)
    time.sleep(0.3)
    with database.transaction() as transaction:
        assert [entry.alive for entry in transaction.workers.all(alive_within_seconds=0.1)] == [False]
        transaction.workers.forget_unseen(for_seconds=0.1)
        assert transaction.workers.all(alive_within_seconds=30) == []
