"""What runs will take, before they start."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ValidationError

from app.core.errors import InvalidError
from app.core.runs.configuration import Configuration
from app.core.runs.plan import TrainingPlan, rates_of
from app.core.runs.request import RunRequest
from app.web.dependencies import Services
from app.web.figures.learning_rate import learning_rate_figure
from app.web.figures.palette import ThemeName
from app.web.problems import field_errors

router = APIRouter(prefix="/training-plans", tags=["runs"])


@router.post("")
def plan(body: RunRequest, services: Services) -> TrainingPlan:
    """Steps, learning rates, memory and time of a run that is not asked for yet."""
    return services.plans.plan(body)


@router.get("/figure")
def figure(
    configuration: Annotated[str, Query(max_length=20_000)],
    steps_per_epoch: Annotated[int, Query(ge=1, le=10_000_000)],
    theme: ThemeName = "light",
) -> dict[str, Any]:
    """The learning rate over the run as a Plotly figure; `configuration` is its JSON."""
    try:
        asked = Configuration.model_validate_json(configuration)
    except ValidationError as error:
        raise InvalidError("This is no configuration of a training.", errors=field_errors(error)) from None
    return learning_rate_figure(rates_of(asked, steps_per_epoch=steps_per_epoch), theme=theme)
