"""Comparison: several runs on the same axes, and what was asked of them side by side."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from app.core.runs.series import Axis
from app.web.dependencies import Services
from app.web.figures.palette import series_classes
from app.web.pages.frame import show, with_origins
from app.web.pages.significance_view import significance_view

router = APIRouter(prefix="/comparison", include_in_schema=False)

CHOICES = 50


@router.get("")
def comparison_page(
    request: Request,
    services: Services,
    runs: Annotated[list[str] | None, Query()] = None,
    x: Axis = "epoch",
    pair: str = "",
) -> HTMLResponse:
    """The chosen runs, given as ?runs=ID,ID or ?runs=ID&runs=ID; where none are, a list to choose from."""
    ids = list(dict.fromkeys(run_id for part in runs or () for run_id in part.split(",") if run_id))
    if not ids:
        items, _ = services.runs.page(limit=CHOICES)
        choices = with_origins(services, items)
        return show(request, services, "comparison/choose.html", active="/runs", lines=choices)
    compared = services.runs.compare(ids)
    lines = with_origins(services, [services.runs.get(run_id) for run_id in ids])
    return show(
        request,
        services,
        "comparison/compare.html",
        active="/runs",
        lines=lines,
        ids=ids,
        x=x,
        colours=series_classes(len(ids)),
        compared=compared,
        significance=significance_view(request, services, [line.run for line in lines], pair=pair),
        is_live=any(not line.run.is_terminal for line in lines),
    )
