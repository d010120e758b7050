"""Exports in both databases: asked for by several at once, taken by one, ended in the transaction that lists the file."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import update

from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.database.tables import run_export
from app.core.errors import NotFoundError, StaleAttemptError
from app.core.runs.exports import Export, ExportFormat, ExportRequest
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Artifact, Check
from tests.factories.rows import queued_run

ONNX = ExportRequest(format=ExportFormat.ONNX)


@pytest.fixture
def run_id(database: SqlDatabase) -> str:
    return queued_run(database, state=RunState.FINISHED, attempt=1).id  # type: ignore[arg-type]


def asked(run_id: str, request: ExportRequest = ONNX) -> Export:
    return Export(id=new_id(), run_id=run_id, name=request.name, request=request, attempt=1, asked_at=utc_now())


def artifact(run_id: str) -> Artifact:
    check = Check(largest_difference=1e-7, images=3, tolerance=1e-4)
    facts: dict[str, Any] = {"bytes": 4, "sha256": "a" * 64, "epoch": 2, "blob": "artifacts/x", "created_at": utc_now()}
    return Artifact(run_id=run_id, name=ONNX.name, check=check, **facts)


def test_of_several_that_ask_at_once_all_get_the_same_and_one_worker_takes_it(
    database: SqlDatabase, run_id: str
) -> None:
    def ask(_: int) -> str:
        with database.transaction() as transaction:
            return transaction.exports.ask(asked(run_id)).id

    def claim(export_id: str) -> bool:
        with database.transaction() as transaction:
            return transaction.exports.claim(export_id, lease_seconds=60)

    with ThreadPoolExecutor(6) as pool:
        ids = set(pool.map(ask, range(6)))
        assert len(ids) == 1
        assert sum(pool.map(claim, list(ids) * 6)) == 1


def test_a_lease_that_has_run_out_is_free_again(database: SqlDatabase, run_id: str) -> None:
    export = asked(run_id)
    with database.transaction() as transaction:
        transaction.exports.ask(export)
        assert transaction.exports.claim(export.id, lease_seconds=60)
        assert transaction.exports.waiting() == []
    with database.engine.begin() as connection:
        connection.execute(update(run_export).values(lease_until=run_export.c.lease_until - 61))
    with database.transaction() as transaction:
        assert transaction.exports.waiting() == [export.id]
        assert transaction.exports.claim(export.id, lease_seconds=60)
        assert transaction.exports.get(export.id).tries == 2
        assert transaction.exports.renew(export.id, lease_seconds=60)


def test_what_is_done_is_listed_and_no_longer_an_export(database: SqlDatabase, run_id: str) -> None:
    export = asked(run_id)
    with database.transaction() as transaction:
        transaction.exports.ask(export)
        transaction.exports.finish(export.id, artifact(run_id))
    with database.transaction() as transaction:
        [listed] = transaction.runs.artifacts(run_id)
        assert listed.check == artifact(run_id).check
        assert transaction.exports.of(run_id) == []
        with pytest.raises(NotFoundError):
            transaction.exports.get(export.id)
    with pytest.raises(StaleAttemptError), database.transaction() as transaction:
        transaction.exports.finish(export.id, artifact(run_id))  # the second of two that were at it


def test_one_that_failed_says_why_and_is_tried_anew_when_asked_again(database: SqlDatabase, run_id: str) -> None:
    export = asked(run_id)
    with database.transaction() as transaction:
        transaction.exports.ask(export)
        transaction.exports.fail(export.id, "why")
        assert transaction.exports.get(export.id).error == "why"
        assert transaction.exports.waiting() == []
        again = transaction.exports.ask(asked(run_id))
        assert (again.id != export.id, again.error, again.tries) == (True, None, 0)
        assert transaction.exports.waiting() == [again.id]


def test_exports_go_with_their_run(database: SqlDatabase, run_id: str) -> None:
    export = asked(run_id)
    with database.transaction() as transaction:
        transaction.exports.ask(export)
        transaction.runs.delete(run_id)
    with database.transaction() as transaction:
        assert transaction.exports.of(run_id) == []
        assert not transaction.exports.claim(export.id, lease_seconds=60)
