"""A comparison frozen with what somebody says about it: one HTML file that holds everything and asks for nothing."""

from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from app.core.runs.report import Report, ReportRequest
from app.core.runs.series import Axis, Wanted
from app.services.bundle import ServiceBundle
from app.web import templating, vendor
from app.web.figures.compared_curves import compared_curves
from app.web.figures.settings_figures import parallel_figure
from app.web.headers import FROZEN_POLICY
from app.web.pages.comparison import baseline_first, shown
from app.web.pages.comparison_view import Asked, Chart
from app.web.pages.significance_view import tested_pair, tested_runs

MOST_CHARTS = 12
MOST_PAIRS = 8
POINTS_OF_ALL = 40_000
STYLES = (
    "tokens.css",
    "base.css",
    *(f"components/{name}.css" for name in ("badges", "callouts", "cards", "tables", "evaluation")),
)


def freeze(services: ServiceBundle, request: ReportRequest) -> Report:
    """Write the file of the runs as they are now, and keep it."""
    asked = Asked(runs=list(request.runs), baseline=request.baseline, x=request.x)
    context = shown(services, asked)
    runs = [line.run for line in context["lines"]]
    title = request.title or f"{len(runs)} run{'' if len(runs) == 1 else 's'} side by side"
    html = templating.standalone(
        "pages/comparison/frozen.html",
        title=title,
        policy=FROZEN_POLICY,
        paragraphs=[part.strip("\n") for part in request.text.split("\n\n") if part.strip()],
        written=datetime.now(UTC),
        figures=_figures(services, asked, context),
        styles=Markup("\n").join(_trusted((templating.STATIC / "css" / name).read_text()) for name in STYLES),
        plotly_code=_trusted(vendor.text("plotly.min.js")),
        **_tests(services, context),
        **context,
    )
    return services.reports.keep(request, runs, html.encode(), title=title)


def _tests(services: ServiceBundle, context: dict[str, Any]) -> dict[str, Any]:
    """Whether the differences are real, and the first pairs that have images in common class by class."""
    runs = baseline_first(context)
    significance = tested_runs(services, runs)
    comparable = [entry for entry in significance.tested if entry.found["images"]] if significance else []
    pairs = [tested_pair(services, runs[0], entry, shown=1) for entry in comparable[:MOST_PAIRS]]
    return {
        "significance": significance,
        "pairs": pairs,
        "pairs_left_out": max(0, len(comparable) - MOST_PAIRS),
    }


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
