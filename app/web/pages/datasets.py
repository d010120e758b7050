"""Datasets: bring a folder in, watch it being checked, look at what is in it."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.core.datasets.dataset import DatasetState
from app.services.dataset_uploads import TAKES_FILES
from app.web.dependencies import Services
from app.web.pages.dataset_versions import beside_networks
from app.web.pages.frame import show

router = APIRouter(prefix="/datasets", include_in_schema=False)

SHOWN = 50
IMAGES_SHOWN = 9
_MOVING = (DatasetState.RENDERING, DatasetState.CHECKING)


@router.get("")
def list_page(request: Request, services: Services, q: str = "", cursor: str | None = None) -> HTMLResponse:
    """A place to drop a folder, and what is there."""
    items, following = services.datasets.page(limit=SHOWN, cursor=cursor, q=q or None)
    is_live = any(dataset.state in _MOVING for dataset in items)
    return show(
        request,
        services,
        "datasets/list.html",
        active="/datasets",
        items=items,
        following=following,
        q=q,
        is_live=is_live,
    )


@router.get("/{dataset_id}")
def detail_page(dataset_id: str, request: Request, services: Services) -> HTMLResponse:
    """State, classes, findings, and a few images of all that there are."""
    dataset = services.datasets.get(dataset_id)
    return show(
        request,
        services,
        "datasets/detail.html",
        active="/datasets",
        dataset=dataset,
        images=services.images.spread(dataset_id, IMAGES_SHOWN),
        is_live=dataset.state in _MOVING,
        versions=services.datasets.versions(dataset_id),
        beside=beside_networks(services, dataset.version),
        layout=services.datasets.layout(dataset_id) if dataset.state in TAKES_FILES else None,
    )


@router.post("/{dataset_id}/commit")
def commit(dataset_id: str, services: Services) -> Response:
    """Have what has arrived checked."""
    services.datasets.commit(dataset_id)
    return RedirectResponse(f"/datasets/{dataset_id}", status_code=303)


@router.post("/{dataset_id}/deletion")
def delete(dataset_id: str, services: Services) -> Response:
    """Forget it."""
    services.datasets.delete(dataset_id)
    return RedirectResponse("/datasets", status_code=303)
