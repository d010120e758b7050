"""Use cases of reports: keep a comparison as it is now, give it out, forget it."""

import hashlib
from collections.abc import Iterator, Sequence

from app.core.ports import BlobStore, Clock, Database, NewId
from app.core.runs.report import Report, ReportedRun, ReportRequest
from app.core.runs.run import Run


class ReportService:
    """Keeps files that somebody else has written: what they look like is the web's business."""

    def __init__(self, *, database: Database, blobs: BlobStore, clock: Clock, new_id: NewId) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._new_id = new_id

    def keep(self, request: ReportRequest, runs: Sequence[Run], html: bytes, *, title: str) -> Report:
        """Keep the file first, then its row: what is listed can be read. `runs` are those that the file shows."""
        report_id = self._new_id()
        report = Report(
            id=report_id,
            title=title,
            text=request.text,
            runs=tuple(ReportedRun(id=run.id, name=run.name) for run in runs),
            baseline=request.baseline or request.runs[0],
            x=request.x,
            bytes=len(html),
            sha256=hashlib.sha256(html).hexdigest(),
            blob=f"reports/{report_id}.html",
            created_at=self._clock(),
        )
        self._blobs.put_bytes(report.blob, html)
        with self._database.transaction() as transaction:
            transaction.reports.add(report)
        return report

    def page(self, *, limit: int = 50, cursor: str | None = None) -> tuple[list[Report], str | None]:
        """Newest first."""
        with self._database.transaction() as transaction:
            return transaction.reports.page(limit=limit, cursor=cursor)

    def get(self, report_id: str) -> Report:
        """Raise NotFoundError where nothing has this id."""
        with self._database.transaction() as transaction:
            return transaction.reports.get(report_id)

    def runs_left(self, report: Report) -> list[Run]:
        """Those of its runs that were not deleted since, in its order."""
        with self._database.transaction() as transaction:
            return transaction.runs.several([run.id for run in report.runs])

    def html(self, report: Report) -> bytes:
        """The whole file; NotFoundError where it is lost."""
        return self._blobs.get_bytes(report.blob)

    def stream(self, report: Report, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Its bytes from start up to (not including) end."""
        return self._blobs.stream(report.blob, start=start, end=end)

    def delete(self, report_id: str) -> None:
        """Forget it, its row first: a file that nobody lists is collected, should this end in between."""
        with self._database.transaction() as transaction:
            report = transaction.reports.get(report_id)
            transaction.reports.delete(report_id)
        self._blobs.delete(report.blob)
