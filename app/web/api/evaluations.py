"""What runs reached, image by image, over REST."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from app.core.datasets.dataset import Split
from app.services.evaluations import Cell
from app.web.dependencies import Services
from app.web.positions import offset_of
from app.web.tables import csv_table

router = APIRouter(tags=["evaluations"])

Limit = Annotated[int, Query(ge=1, le=500)]
TwoRuns = Annotated[str, Query(description="Two ids, comma-separated.")]
Cursor = Annotated[str | None, Query(description="`next` of the page before.")]


@router.get("/runs/{run_id}/evaluation")
def evaluation(run_id: str, services: Services) -> dict[str, Any]:
    """What the best weights reach on each split, what speaks against it, and whether anything was learned."""
    run = services.runs.get(run_id)
    found = services.evaluations.of(run)
    return {
        "items": [{"split": split.value, **entry} for split, entry in found.items()],
        "next": None,
        "symptoms": [symptom.json_object() for symptom in services.evaluations.symptoms(run, found)],
        "missing": services.evaluations.why_missing(run),
    }


@router.get("/runs/{run_id}/predicted")
def predicted_images(
    run_id: str,
    services: Services,
    split: Split = Split.TEST,
    class_name: Annotated[str | None, Query(alias="class")] = None,
    predicted: str | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """The images of a class (or of any) that were taken for a class (or for any), the surest first; `total` counts them."""
    found = services.evaluations.cell(
        run_id, split, class_name=class_name, predicted=predicted, offset=offset_of(cursor), limit=limit
    )
    return _page(found)


@router.get("/runs/{run_id}/predicted.csv", response_class=StreamingResponse)
def predicted_table(run_id: str, services: Services, split: Split = Split.TEST) -> StreamingResponse:
    """What was answered for each image of a split: path, SHA-256, true and predicted class, the output of every class."""
    return csv_table(services.evaluations.table(run_id, split), name=f"predicted-{split.value}.csv")


@router.get("/comparisons/classes")
def compared_classes(runs: TwoRuns, services: Services, split: Split = Split.TEST) -> dict[str, Any]:
    """Each class and the confusion matrix of two runs, on the images that both answered."""
    return services.significance.classes(_ids(runs), split)


@router.get("/comparisons/disagreements")
def disagreements(
    runs: TwoRuns, services: Services, split: Split = Split.TEST, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """The images that two runs take for different classes: first those that only the first run knows, then the second."""
    return _page(services.significance.disagreements(_ids(runs), split, offset=offset_of(cursor), limit=limit))


def _ids(runs: str) -> list[str]:
    return list(dict.fromkeys(run_id for run_id in runs.split(",") if run_id))


def _page(found: Cell) -> dict[str, Any]:
    return {"items": found.items, "next": None if found.next is None else str(found.next), "total": found.total}
