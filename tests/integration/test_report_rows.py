"""Reports in both databases: kept as they were, in pages, whatever becomes of their runs; and their files are in use."""

import contextlib
import os
from datetime import timedelta
from pathlib import Path

import pytest

from app.adapters.blob_store import ObstoreBlobs
from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.room_on_disk import RoomOnDisk
from app.core.errors import NotFoundError
from app.core.runs.lifecycle import RunState
from app.core.runs.report import Report, ReportedRun, ReportRequest
from app.core.storage import StorageKind
from app.services.reports import ReportService
from app.services.storage import StorageService
from tests.factories.rows import queued_run


@pytest.fixture
def blobs(tmp_path: Path) -> ObstoreBlobs:
    return ObstoreBlobs((tmp_path / "blobs").as_uri())


@pytest.fixture
def reports(database: SqlDatabase, blobs: ObstoreBlobs) -> ReportService:
    return ReportService(database=database, blobs=blobs, clock=utc_now, new_id=new_id)


def a_report(**changes: object) -> Report:
    values = {
        "id": new_id(),
        "title": "Two styles \U0001f3b2",
        "text": "one\n\n\ttwo's",
        "runs": (ReportedRun(id="r1", name="first"), ReportedRun(id="r2", name="second")),
        "baseline": "r2",
        "x": "wall",
        "bytes": 5 * 2**30,
        "sha256": "a" * 64,
        "blob": f"reports/{new_id()}.html",
        "created_at": utc_now(),
    }
    return Report.model_validate(values | changes)


def test_a_report_comes_back_as_it_was(database: SqlDatabase) -> None:
    report = a_report()
    with database.transaction() as transaction:
        transaction.reports.add(report)
    with database.transaction() as transaction:
        assert transaction.reports.get(report.id) == report
        transaction.reports.delete(report.id)
    with database.transaction() as transaction, pytest.raises(NotFoundError, match="no report"):
        transaction.reports.get(report.id)


def test_reports_are_listed_newest_first_though_they_are_of_one_moment(database: SqlDatabase) -> None:
    now = utc_now()
    older = a_report(created_at=now - timedelta(hours=1))
    same = [a_report(created_at=now) for _ in range(3)]
    with database.transaction() as transaction:
        for report in (older, *same):
            transaction.reports.add(report)
        first, cursor = transaction.reports.page(limit=2)
        rest, end = transaction.reports.page(limit=2, cursor=cursor)
    assert [*first, *rest] == [*sorted(same, key=lambda report: report.id, reverse=True), older]
    assert end is None


def test_a_report_outlives_its_runs(database: SqlDatabase, reports: ReportService) -> None:
    runs = [queued_run(database, name=f"run {number}") for number in range(2)]
    asked = ReportRequest(runs=tuple(run.id for run in runs), text="both")
    report = reports.keep(asked, runs, b"<!doctype html>", title="kept")
    with database.transaction() as transaction:
        transaction.runs.move(runs[0].id, RunState.STOPPED, attempt=0)
        transaction.runs.delete(runs[0].id)
    assert reports.get(report.id) == report
    assert [run.name for run in report.runs] == ["run 0", "run 1"]
    assert [run.id for run in reports.runs_left(report)] == [runs[1].id]
    assert b"".join(reports.stream(report, start=2, end=9)) == b"doctype"


def test_files_of_reports_that_are_kept_are_never_collected(
    database: SqlDatabase, blobs: ObstoreBlobs, reports: ReportService, tmp_path: Path
) -> None:
    run = queued_run(database)
    report = reports.keep(ReportRequest(runs=(run.id,)), [run], b"kept", title="kept")
    blobs.put_bytes("reports/nobody.html", b"four")
    storage = StorageService(database=database, blobs=blobs, folder=RoomOnDisk(tmp_path), clock=utc_now)
    assert storage.let_go(StorageKind.REPORTS).count == 0, "what is young stays: its row may follow"
    then = (utc_now() - timedelta(days=2)).timestamp()
    for path in (tmp_path / "blobs").rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            os.utime(path, (then, then))
    line = next(line for line in storage.report().items if line.kind is StorageKind.REPORTS)
    assert (line.kept.count, line.kept.bytes, line.may_go.count) == (2, 8, 1)
    assert storage.let_go(StorageKind.REPORTS).count == 1
    assert reports.html(report) == b"kept"
    reports.delete(report.id)
    assert list(blobs.list("reports/")) == []
