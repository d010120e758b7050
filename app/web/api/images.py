"""The images of datasets over REST: pages of them, thumbnails, one with its facts, what a network is fed."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from app.core.datasets.browsing import Which
from app.core.datasets.dataset import Split
from app.core.datasets.preparation import Preparation
from app.core.runs.augmentation import AugmentedPreparation
from app.web.dependencies import Services
from app.web.figures.dataset_figures import brightness_figure, classes_figure, sizes_figure
from app.web.figures.palette import ThemeName
from app.web.positions import offset_of

router = APIRouter(prefix="/datasets", tags=["images"])

_IMAGE_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Disposition": "inline",
}
Limit = Annotated[int, Query(ge=1, le=500)]


@router.get("/{dataset_id}/images")
def list_images(
    dataset_id: str,
    services: Services,
    split: Split | None = None,
    class_name: Annotated[str | None, Query(alias="class")] = None,
    finding: str | None = None,
    version: Annotated[int | None, Query(ge=1)] = None,
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(description="`next` of the page before, or the position of an image.")] = None,
) -> dict[str, Any]:
    """Images of a version (the newest unless said) by split, class and path; `total` counts all of them."""
    which = Which(split=split, class_name=class_name, finding=finding)
    page = services.images.page(dataset_id, which, version_number=version, offset=offset_of(cursor), limit=limit)
    following = None if page.next is None else str(page.next)
    return {"items": [image.json_object() for image in page.items], "next": following, "total": page.total}


@router.get("/{dataset_id}/images/{digest}", response_class=Response)
def get_image(dataset_id: str, digest: str, services: Services, size: int | None = None) -> Response:
    """The image as it came, or a PNG thumbnail (`size` 64, 96, 192, 384 or 768) without its metadata."""
    content, kind = services.images.image(dataset_id, digest, size=size)
    headers = _IMAGE_HEADERS
    if kind == "application/octet-stream":
        headers = {**_IMAGE_HEADERS, "Content-Disposition": "attachment"}
    return Response(content, media_type=kind, headers=headers)


@router.get("/{dataset_id}/images/{digest}/facts")
def get_facts(dataset_id: str, digest: str, services: Services) -> dict[str, Any]:
    """Where an image stands, what its file says, and the findings it is in."""
    view = services.images.view(dataset_id, digest)
    return {
        "places": [place.json_object() for place in view.places],
        "format": view.file and view.file.format,
        "frames": view.file and view.file.frames,
        "exif_orientation": view.file and view.file.orientation,
        "findings": view.findings,
    }


@router.get("/{dataset_id}/images/{digest}/prepared", response_class=Response)
def get_prepared(
    dataset_id: str, digest: str, services: Services, preparation: Annotated[Preparation, Query()]
) -> Response:
    """A PNG of exactly the pixels that a network with such an input is fed."""
    content = services.images.prepared(dataset_id, digest, preparation)
    # Another decoder may make other pixels; they are made again when the page is.
    headers = {**_IMAGE_HEADERS, "Cache-Control": "private, max-age=300"}
    return Response(content, media_type="image/png", headers=headers)


@router.get("/{dataset_id}/images/{digest}/augmented", response_class=Response)
def get_augmented(
    dataset_id: str, digest: str, services: Services, asked: Annotated[AugmentedPreparation, Query()]
) -> Response:
    """A PNG of those pixels as one `draw` of an augmentation changes them in training."""
    content = services.images.augmented(dataset_id, digest, asked)
    headers = {**_IMAGE_HEADERS, "Cache-Control": "private, max-age=300"}
    return Response(content, media_type="image/png", headers=headers)


@router.get("/{dataset_id}/statistics")
def get_statistics(dataset_id: str, services: Services) -> dict[str, Any]:
    """Brightness and mean colour of each class; 404 until its images have been looked at, which asking begins."""
    return services.statistics.known(dataset_id).json_object()


@router.get("/{dataset_id}/statistics/mean", response_class=Response)
def get_mean_image(dataset_id: str, services: Services, class_name: Annotated[str, Query(alias="class")]) -> Response:
    """A PNG of the mean of a class's images, each squashed to 64 by 64 pixels."""
    content = services.statistics.mean_image(dataset_id, class_name)
    # The newest version's, so it changes under its address.
    return Response(content, media_type="image/png", headers={**_IMAGE_HEADERS, "Cache-Control": "private, no-cache"})


@router.get("/{dataset_id}/figures/classes")
def classes(dataset_id: str, services: Services, theme: ThemeName = "light") -> dict[str, Any]:
    """How many images each class has in each split."""
    return classes_figure(services.datasets.get(dataset_id).version, theme=theme)


@router.get("/{dataset_id}/figures/sizes")
def sizes(dataset_id: str, services: Services, theme: ThemeName = "light") -> dict[str, Any]:
    """How many images have which height and width."""
    return sizes_figure(services.datasets.get(dataset_id).version, theme=theme)


@router.get("/{dataset_id}/figures/brightness")
def brightness(dataset_id: str, services: Services, theme: ThemeName = "light") -> dict[str, Any]:
    """How bright the images of each class are."""
    return brightness_figure(services.statistics.known(dataset_id), theme=theme)
