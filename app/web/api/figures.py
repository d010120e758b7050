"""Figures over REST: Plotly's `data` and `layout`, as plain data."""

from typing import Any, Literal

from fastapi import APIRouter

from app.core.datasets.dataset import Split
from app.core.errors import NotFoundError
from app.core.runs.run import EventKind
from app.core.runs.series import Axis, Wanted
from app.services.bundle import ServiceBundle
from app.web.dependencies import Services
from app.web.figures.calibration import calibration_figure
from app.web.figures.confusion import confusion_figure
from app.web.figures.curves import curves_figure
from app.web.figures.palette import ThemeName
from app.web.figures.steps import device_figure, steps_figure

router = APIRouter(tags=["figures"])

Metric = Literal["accuracy", "loss", "learning_rate"]
Step = Literal["loss", "accuracy", "learning_rate", "gradient_norm", "images_per_second"]
MOST_POINTS = 1_000


@router.get("/runs/{run_id}/figures/curves")
def curves(
    run_id: str, services: Services, metric: Metric = "accuracy", x: Axis = "epoch", theme: ThemeName = "light"
) -> dict[str, Any]:
    """One run's training and validation curve."""
    wanted = Wanted(names=(metric, f"val_{metric}"), axis=x, max_points=MOST_POINTS)
    return curves_figure(services.curves.series(run_id, wanted), metric=metric, axis=x, theme=theme)


@router.get("/runs/{run_id}/figures/steps")
def steps(run_id: str, services: Services, name: Step = "gradient_norm", theme: ThemeName = "light") -> dict[str, Any]:
    """One value of every step: loss, accuracy, learning rate, norm of the gradients, images a second."""
    key = f"batch_{name}"
    series = services.curves.series(run_id, Wanted(names=(key,), axis="step", max_points=MOST_POINTS))
    return steps_figure(series.get(key), name=name, theme=theme)


@router.get("/runs/{run_id}/figures/device")
def device(run_id: str, services: Services, theme: ThemeName = "light") -> dict[str, Any]:
    """How busy the device is, and what memory is in use."""
    services.runs.get(run_id)
    return device_figure(services.metrics.events(run_id, kinds=(EventKind.DEVICE,)), theme=theme)


@router.get("/runs/{run_id}/figures/confusion")
def confusion(run_id: str, services: Services, split: Split = Split.TEST, theme: ThemeName = "light") -> dict[str, Any]:
    """What the best weights took for what; a cell leads to its images, where they are known."""
    measured = _evaluation(services, run_id, split)
    has_images = services.evaluations.why_missing(services.runs.get(run_id)) is None
    leads_to = f"/runs/{run_id}/predicted?split={split.value}" if has_images else ""
    return confusion_figure(measured["classes"], measured["confusion_matrix"], leads_to=leads_to, theme=theme)


@router.get("/runs/{run_id}/figures/calibration")
def calibration(
    run_id: str, services: Services, split: Split = Split.TEST, theme: ThemeName = "light"
) -> dict[str, Any]:
    """How often the best weights are right where they are so sure."""
    return calibration_figure(_evaluation(services, run_id, split).get("calibration"), theme=theme)


def _evaluation(services: ServiceBundle, run_id: str, split: Split) -> dict[str, Any]:
    run = services.runs.get(run_id)
    measured = services.evaluations.of(run).get(split, {})
    if "confusion_matrix" not in measured:
        why = services.evaluations.why_missing(run) or "It was evaluated on other images."
        raise NotFoundError(f"Run {run_id} has no answers for {split.value} images. {why}")
    return measured
