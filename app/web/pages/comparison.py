"""Comparison: several runs on the same axes, what was asked of them side by side, and where they part."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from app.core.runs.run import Run
from app.services.bundle import ServiceBundle
from app.web.dependencies import Services
from app.web.figures.palette import series_of_runs
from app.web.figures.settings_figures import metrics_of, settings_of
from app.web.pages.comparison_view import AXES, MOST_BESIDE, Asked, against, charts_of, described, epochs_of, twin_text
from app.web.pages.frame import show, with_origins
from app.web.pages.significance_view import significance_view

router = APIRouter(prefix="/comparison", include_in_schema=False)

CHOICES = 50


@router.get("")
def comparison_page(request: Request, services: Services, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    """The chosen runs; where none are, a list to choose from."""
    if not asked.ids:
        items, _ = services.runs.page(limit=CHOICES)
        choices = with_origins(services, items)
        return show(request, services, "comparison/choose.html", active="/runs", lines=choices)
    found = shown(services, asked)
    significance = significance_view(request, services, baseline_first(found), pair=asked.pair)
    return show(
        request,
        services,
        "comparison/compare.html",
        active="/runs",
        asked=asked,
        significance=significance,
        **found,
    )


def baseline_first(found: dict[str, Any]) -> list[Run]:
    """The runs of what is `shown`, as tests against the baseline want them."""
    return sorted((line.run for line in found["lines"]), key=lambda run: run.id != found["compared"]["baseline"])


def shown(services: ServiceBundle, asked: Asked) -> dict[str, Any]:
    """Everything that pages say of compared runs."""
    ids = asked.ids
    compared = services.comparisons.compare(ids, baseline=asked.baseline)
    lines = with_origins(services, services.runs.several(ids))
    twins = services.twins.of(compared["baseline"], ids, compared["weights_digests"])
    settings = settings_of(compared)
    is_live = any(not line.run.is_terminal for line in lines)
    beside = [compared["baseline"], *(twin.run for twin in twins)][:MOST_BESIDE]
    return {
        "ids": ids,
        "lines": lines,
        "by_id": {line.run.id: line for line in lines},
        "axes": AXES,
        "colours": {run_id: f"series-{number + 1}" for run_id, number in series_of_runs(ids).items()},
        "compared": compared,
        "described": described(lines, compared),
        "charts": charts_of(services.curves.names(ids), is_live=is_live),
        "twins": [(twin, twin_text(twin)) for twin in twins],
        "beside": beside,
        "epochs": epochs_of(beside, compared) if len(beside) > 1 else [],
        "settings": settings,
        "across": against(settings, asked.setting),
        "metrics": metrics_of(compared),
        "is_live": is_live,
    }
