"""The images of a run by what they were taken for."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from app.core.datasets.dataset import Split
from app.web.dependencies import Services
from app.web.pages.evaluation_view import image_address
from app.web.pages.frame import show

router = APIRouter(prefix="/runs", include_in_schema=False)

IMAGES_SHOWN = 96


@router.get("/{run_id}/predicted")
def predicted_page(
    run_id: str,
    request: Request,
    services: Services,
    split: Split = Split.TEST,
    # A form sends what is not chosen as an empty text.
    class_name: Annotated[str, Query(alias="class")] = "",
    predicted: str = "",
    at: Annotated[int, Query(ge=0, lt=2**31)] = 0,
) -> HTMLResponse:
    """One cell of the confusion matrix, a row, a column, or everything, the surest answers first."""
    run = services.runs.get(run_id)
    chosen = {"split": split.value, "class": class_name, "predicted": predicted}
    cell = services.evaluations.cell(
        run_id, split, class_name=class_name or None, predicted=predicted or None, offset=at, limit=IMAGES_SHOWN
    )
    there = services.evaluations.predicted(run)
    return show(
        request,
        services,
        "runs/predicted.html",
        active="/runs",
        run=run,
        split=split,
        splits=[*there],
        classes=there[split].classes,
        class_name=class_name,
        predicted=predicted,
        cell=cell,
        before=max(0, at - IMAGES_SHOWN),
        kept=urlencode({name: value for name, value in chosen.items() if value}),
        image_address=image_address(services.datasets.get(run.dataset_id), run),
    )
