"""A comparison frozen with what somebody says about it: one HTML file that holds everything and asks for nothing."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from app.core.errors import FieldError, InvalidError
from app.core.runs.series import Axis, Wanted
from app.services.bundle import ServiceBundle
from app.web import templating, vendor
from app.web.dependencies import Services
from app.web.figures.compared_curves import compared_curves
from app.web.figures.settings_figures import parallel_figure
from app.web.pages.comparison import shown
from app.web.pages.comparison_view import AXES, Asked, Chart
from app.web.pages.forms import Form

router = APIRouter(prefix="/comparison", include_in_schema=False)

LONGEST_TITLE, LONGEST_TEXT = 200, 20_000
MOST_CHARTS = 12
POINTS_OF_ALL = 40_000
STYLES = ("tokens.css", "base.css", *(f"components/{name}.css" for name in ("badges", "callouts", "cards", "tables")))


@router.post("/report")
def report(request: Request, services: Services, form: Form) -> Response:
    """The runs as they are now, with a title and a text, as a file to keep or to send."""
    title, text = (str(form.get(name, "")).strip() for name in ("title", "text"))
    if len(title) > LONGEST_TITLE or len(text) > LONGEST_TEXT:
        raise InvalidError(
            f"The title has {len(title):,} characters and the text {len(text):,}; "
            f"at most {LONGEST_TITLE} and {LONGEST_TEXT:,} fit.",
            errors=[FieldError("text" if len(title) <= LONGEST_TITLE else "title", "is too long")],
        )
    axis = str(form.get("x", "epoch"))
    asked = Asked(
        runs=[str(form.get("runs", ""))],
        baseline=str(form.get("baseline", "")) or None,
        x=next((known for known in AXES if known == axis), "epoch"),
    )
    if not asked.ids:
        raise InvalidError("A report is about runs: send their ids as `runs`, comma-separated.")
    context = shown(services, asked)
    answer = templating.page(
        request,
        "pages/comparison/report.html",
        title=title or f"{len(asked.ids)} runs side by side",
        paragraphs=[part.strip() for part in text.split("\n\n") if part.strip()],
        written=datetime.now(UTC),
        asked=asked,
        figures=_figures(services, asked, context),
        styles=Markup("\n").join(_trusted((templating.STATIC / "css" / name).read_text()) for name in STYLES),
        plotly_code=_trusted(vendor.text("plotly.min.js")),
        **context,
    )
    answer.headers["Content-Disposition"] = 'attachment; filename="comparison.html"'
    return answer


def _figures(services: ServiceBundle, asked: Asked, context: dict[str, Any]) -> list[dict[str, Any]]:
    points = max(200, min(2_000, POINTS_OF_ALL // len(asked.ids)))
    found = [
        _curves(services, asked.ids, chart, axis=asked.x, points=points) for chart in context["charts"][:MOST_CHARTS]
    ]
    if context["settings"] and context["metrics"]:
        found.append({"title": "Settings and results", **parallel_figure(context["compared"])})
    return found


def _curves(services: ServiceBundle, ids: list[str], chart: Chart, *, axis: Axis, points: int) -> dict[str, Any]:
    wanted = Wanted(names=(chart.metric,), axis=axis, max_points=points)
    figure = compared_curves(*services.curves.of_several(ids, wanted), wanted=wanted)
    # Without the page's own cursor and list of runs, Plotly's have to do.
    figure["layout"] |= {"hovermode": "x", "showlegend": True, "height": 340, "legend": {"orientation": "h", "y": -0.2}}
    return {"title": chart.title, **figure}


def _trusted(text: str) -> Markup:
    """What came with the application, and nobody who uses it wrote."""
    return Markup(text)  # noqa: S704
