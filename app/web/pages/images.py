"""Images: the wall of a dataset's thumbnails, one of them with its facts and what networks are fed, statistics."""

from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse

from app.core.architectures.architecture import Architecture
from app.core.datasets.browsing import Which
from app.core.datasets.dataset import ImageRecord, Split
from app.core.datasets.preparation import LARGEST_SIDE, ColorMode, Preparation, ResizeMode
from app.core.errors import InvalidError
from app.core.runs.augmentation import LARGEST_SIDE as LARGEST_AUGMENTED
from app.core.runs.augmentation import Augmentation
from app.services.bundle import ServiceBundle
from app.web.dependencies import Services
from app.web.pages.frame import show
from app.web.problems import field_errors

router = APIRouter(prefix="/datasets", include_in_schema=False)

IMAGES_SHOWN = 120
MOST_INPUTS = 6
Position = Annotated[int, Query(ge=0, lt=2**31)]
Side = Annotated[int, Query(ge=1, le=LARGEST_SIDE)]


@dataclass(frozen=True)
class InputShape:
    """An input that images can fill, and a network that has it."""

    network: str
    height: int
    width: int
    color_mode: ColorMode


def _which(
    # A form sends what is not chosen as an empty text.
    split: Split | Literal[""] = "",
    class_name: Annotated[str, Query(alias="class")] = "",
    finding: str = "",
) -> Which:
    return Which(split=split or None, class_name=class_name or None, finding=finding or None)


def _asked_shape(height: Side = 96, width: Side = 96, color_mode: ColorMode = ColorMode.RGB) -> Preparation:
    return Preparation(height=height, width=width, color_mode=color_mode)


def _asked_augmentation(request: Request) -> Augmentation:
    sent = {name: value for name in Augmentation.model_fields if (value := request.query_params.get(name))}
    try:
        return Augmentation.model_validate(sent)
    except ValidationError as error:
        raise InvalidError(
            "That is no augmentation: see what each field expects.", errors=field_errors(error)
        ) from None


WhichImages = Annotated[Which, Depends(_which)]
AskedShape = Annotated[Preparation, Depends(_asked_shape)]
AskedAugmentation = Annotated[Augmentation, Depends(_asked_augmentation)]


@router.get("/{dataset_id}/images")
def wall_page(
    dataset_id: str, request: Request, services: Services, which: WhichImages, at: Position = 0
) -> HTMLResponse:
    """Thumbnails from a position on; scrolling brings the others, and so do plain links."""
    return show(
        request,
        services,
        "datasets/images.html",
        active="/datasets",
        dataset=services.datasets.get(dataset_id),
        which=which,
        page=services.images.page(dataset_id, which, offset=at, limit=IMAGES_SHOWN),
        before=max(0, at - IMAGES_SHOWN),
        kept=_address(which),
    )


@router.get("/{dataset_id}/statistics")
def statistics_page(dataset_id: str, request: Request, services: Services) -> HTMLResponse:
    """Classes, sizes and brightness as plots, and the mean image of each class."""
    described = services.statistics.ask(dataset_id)
    dataset = services.datasets.get(dataset_id)
    return show(request, services, "datasets/statistics.html", active="/datasets", dataset=dataset, described=described)


@router.get("/{dataset_id}/images/{digest}")
def image_page(
    dataset_id: str,
    digest: str,
    request: Request,
    services: Services,
    which: WhichImages,
    shape: AskedShape,
    augmentation: AskedAugmentation,
    at: Position | None = None,
) -> HTMLResponse:
    """One image large, its facts, its neighbours on the wall, and what networks are fed of it."""
    view = services.images.view(dataset_id, digest)
    nearby = _nearby(services, dataset_id, which, at)
    here = nearby.get(at) if at is not None else None
    return show(
        request,
        services,
        "datasets/image.html",
        active="/datasets",
        view=view,
        # Equal bytes may lie under several paths: the one on the wall is meant.
        place=here if here is not None and here.digest == digest else view.places[0],
        which=which,
        at=at,
        kept=_address(which),
        nearby=nearby,
        shapes=[shape.model_copy(update={"resize_mode": mode}) for mode in ResizeMode],
        inputs=_inputs(services),
        augmentation=augmentation,
        augmented_by=urlencode(augmentation.model_dump(exclude_defaults=True)),
        is_small=max(shape.height, shape.width) <= LARGEST_AUGMENTED,
    )


def _nearby(services: ServiceBundle, dataset_id: str, which: Which, at: int | None) -> dict[int, ImageRecord]:
    """The image at a position on the wall, the one before and the one after, by position."""
    if at is None:
        return {}
    first = max(0, at - 1)
    page = services.images.page(dataset_id, which, offset=first, limit=at - first + 2)
    return dict(enumerate(page.items, start=first))


def _inputs(services: ServiceBundle) -> list[InputShape]:
    """The inputs of the newest architectures that images can fill, each once."""
    newest, _ = services.architectures.page(limit=50)
    found: dict[tuple[int, ...], InputShape] = {}
    for stored in newest:
        sizes = _image_sizes(stored.architecture)
        if sizes is not None and sizes not in found:
            height, width, channels = sizes
            mode = ColorMode.GRAYSCALE if channels == 1 else ColorMode.RGB
            found[sizes] = InputShape(stored.architecture.name, height, width, mode)
    return list(found.values())[:MOST_INPUTS]


def _image_sizes(architecture: Architecture) -> tuple[int, int, int] | None:
    shape = architecture.inputs[0].shape[1:] if len(architecture.inputs) == 1 else ()
    height, width, channels = shape if len(shape) == 3 else (None, None, None)
    if not (isinstance(height, int) and isinstance(width, int) and isinstance(channels, int)):
        return None
    return (height, width, channels) if channels in {1, 3} and max(height, width) <= LARGEST_SIDE else None


def _address(which: Which) -> str:
    chosen = {"split": which.split and which.split.value, "class": which.class_name, "finding": which.finding}
    return urlencode({name: value for name, value in chosen.items() if value})
