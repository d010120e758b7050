"""The images on which two runs disagree."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from app.core.datasets.dataset import Split
from app.core.errors import InvalidError
from app.web.dependencies import Services
from app.web.pages.frame import show
from app.web.pages.significance_view import pair_view

router = APIRouter(prefix="/comparison", include_in_schema=False)

IMAGES_SHOWN = 96


@router.get("/disagreements")
def disagreements_page(
    request: Request,
    services: Services,
    runs: str,
    split: Split = Split.TEST,
    at: Annotated[int, Query(ge=0, lt=2**31)] = 0,
) -> HTMLResponse:
    """Those of ?runs=ID,ID, first what only the first of them knows, then what only the second does."""
    ids = list(dict.fromkeys(run_id for run_id in runs.split(",") if run_id))
    if len(ids) != 2:
        raise InvalidError(f"{len(ids)} different runs are named; two disagree: ?runs=ID,ID")
    left, right = (services.runs.get(run_id) for run_id in ids)
    return show(
        request,
        services,
        "comparison/disagreements.html",
        active="/runs",
        pair=pair_view(services, left, right, split=split, shown=IMAGES_SHOWN, offset=at),
        before=max(0, at - IMAGES_SHOWN),
    )
