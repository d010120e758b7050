"""Reports: what was kept of comparisons, and one of them in a frame of its own."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.core.runs.report import Report, ReportRequest
from app.core.runs.run import Run
from app.web.dependencies import Services
from app.web.headers import FRAMING_POLICY, FROZEN_HEADERS
from app.web.pages.forms import Form
from app.web.pages.frame import show
from app.web.pages.frozen_comparison import freeze

router = APIRouter(prefix="/reports", include_in_schema=False)

SHOWN = 50


@router.get("")
def list_page(request: Request, services: Services, cursor: str | None = None) -> HTMLResponse:
    """Reports, newest first."""
    items, following = services.reports.page(limit=SHOWN, cursor=cursor)
    return show(request, services, "reports/list.html", active="/runs", items=items, following=following)


@router.post("")
def create(services: Services, form: Form) -> Response:
    """Keep the comparison that a page shows, and lead to the report."""
    values = {name: str(form.get(name, "")) for name in ("title", "text", "runs", "baseline", "x")}
    runs = [run_id for run_id in values.pop("runs").split(",") if run_id]
    chosen = {name: value for name, value in values.items() if value.strip()}
    report = freeze(services, ReportRequest.model_validate({"runs": runs, **chosen}))
    return RedirectResponse(f"/reports/{report.id}", status_code=303)


@router.get("/{report_id}")
def detail_page(report_id: str, request: Request, services: Services) -> HTMLResponse:
    """What it says and what it froze; what it shows stands in a frame that nothing of ours is within the reach of."""
    report = services.reports.get(report_id)
    left = services.reports.runs_left(report)
    answer = show(
        request,
        services,
        "reports/detail.html",
        active="/runs",
        report=report,
        left={run.id: run for run in left},
        live=_live_address(report, left),
    )
    answer.headers["Content-Security-Policy"] = FRAMING_POLICY
    return answer


@router.get("/{report_id}/view")
def view(report_id: str, services: Services) -> HTMLResponse:
    """The file itself, for the frame: in an origin of its own, wherever it is opened."""
    return HTMLResponse(services.reports.html(services.reports.get(report_id)), headers=FROZEN_HEADERS)


@router.post("/{report_id}/deletion")
def delete(report_id: str, services: Services) -> Response:
    """Forget it, and its file."""
    services.reports.delete(report_id)
    return RedirectResponse("/reports", status_code=303)


def _live_address(report: Report, left: list[Run]) -> str | None:
    """The comparison of those of its runs that are still there, as they are now; None where none is."""
    ids = [run.id for run in left]
    if not ids:
        return None
    asked = {"runs": ",".join(ids)} | ({"baseline": report.baseline} if report.baseline in ids else {})
    return "/comparison?" + urlencode(asked | ({"x": report.x} if report.x != "epoch" else {}), safe=",")
