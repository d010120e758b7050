"""Reports over REST: comparisons that are kept as they were."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from app.core.runs.report import ReportRequest
from app.web.dependencies import Services
from app.web.downloads import WantedPart, download, file_name
from app.web.pages.frozen_comparison import freeze

router = APIRouter(prefix="/reports", tags=["reports"])


@router.post("", status_code=201)
def create(body: ReportRequest, response: Response, services: Services) -> dict[str, Any]:
    """Freeze a comparison of runs as they are now, with a title and a text, and keep it."""
    report = freeze(services, body)
    response.headers["Location"] = f"/api/v1/reports/{report.id}"
    return report.representation()


@router.get("")
def page(
    services: Services, limit: Annotated[int, Query(ge=1, le=500)] = 50, cursor: str | None = None
) -> dict[str, Any]:
    """Reports, newest first."""
    items, following = services.reports.page(limit=limit, cursor=cursor)
    return {"items": [report.representation() for report in items], "next": following}


@router.get("/{report_id}")
def get(report_id: str, services: Services) -> dict[str, Any]:
    """One report: its text, and which runs it froze under which names."""
    return services.reports.get(report_id).representation()


@router.get("/{report_id}/file", response_class=Response)
def file(report_id: str, services: Services, wanted: WantedPart) -> Response:
    """The HTML file, whole or a range of it: tables, tests and curves, which need no server and no network."""
    report = services.reports.get(report_id)

    def part(start: int, end: int) -> Any:
        return services.reports.stream(report, start=start, end=end)

    named = file_name(report.title, "report.html")
    return download(part, size=report.bytes, sha256=report.sha256, name=named, wanted=wanted)


@router.delete("/{report_id}", status_code=204)
def delete(report_id: str, services: Services) -> None:
    """Forget it, and its file."""
    services.reports.delete(report_id)
