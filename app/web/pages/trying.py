"""Trying a run's network: a picture, what the network makes of it and what its layers see; or a whole folder."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import HTMLResponse

from app.core.architectures.architecture import Shape
from app.core.datasets.dataset import Split
from app.core.errors import NotFoundError, UnavailableError
from app.core.runs.predictions import Weights
from app.core.runs.run import Run
from app.services.bundle import ServiceBundle
from app.services.predictions import TriedNetwork
from app.web.dependencies import Services
from app.web.figures.palette import family_of
from app.web.pages.frame import show

router = APIRouter(prefix="/runs", include_in_schema=False)

DATASETS_OFFERED = 50


class Asked(BaseModel):
    """Which of the run's weights are tried."""

    weights: Weights = "best"


@dataclass(frozen=True)
class SeenLayer:
    """A call whose result can be looked at; its shape is None while the inspector is away."""

    call: str
    kind: str
    family: str
    shape: Shape | None


@router.get("/{run_id}/try")
def try_page(run_id: str, request: Request, services: Services, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    """Everything that can be asked of a run's network, or why it cannot be tried."""
    run = services.runs.get(run_id)
    tried, why_not = _tried(services, run_id, asked.weights)
    datasets, _ = services.datasets.page(limit=DATASETS_OFFERED)
    return show(
        request,
        services,
        "runs/try.html",
        active="/runs",
        run=run,
        weights=asked.weights,
        tried=tried,
        why_not=why_not,
        layers=_layers(services, run) if tried else [],
        datasets=[dataset for dataset in datasets if dataset.version is not None],
        splits=list(Split),
    )


def _tried(services: ServiceBundle, run_id: str, weights: Weights) -> tuple[TriedNetwork | None, str]:
    try:
        return services.predictions.tried(run_id, weights=weights), ""
    except NotFoundError as error:
        return None, error.detail


def _layers(services: ServiceBundle, run: Run) -> list[SeenLayer]:
    definition = services.architectures.get(run.architecture_id).architecture
    kinds = {layer.name: layer.kind for layer in definition.layers}
    shapes: dict[str, Shape | None] = {}
    try:
        for row in services.architectures.layer_table(run.architecture_id).rows:
            shapes[row.call] = row.output_shapes[0] if row.output_shapes else None
    except UnavailableError:
        pass  # the page says everything else without it
    return [
        SeenLayer(call.id, kinds[call.layer], family_of(kinds[call.layer]).replace(" ", "-"), shapes.get(call.id))
        for call in definition.calls
    ]
