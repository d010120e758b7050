"""What surrounds every page: navigation, who works, what was looked at last."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import HTMLResponse

from app.core.architectures.architecture import ArchitectureSummary
from app.core.datasets.dataset import Dataset
from app.core.names import Pool
from app.core.runs.run import Run
from app.services.bundle import ServiceBundle
from app.web import templating

RECENT_RUNS = 4


@dataclass(frozen=True)
class Frame:
    """The state that every page shows: workers that can train and that do, and the newest runs."""

    alive: int
    busy: int
    recent: list[Run]


@dataclass(frozen=True)
class RunLine:
    """A run with what it was made from."""

    run: Run
    architecture: ArchitectureSummary
    dataset: Dataset


def show(
    request: Request, services: ServiceBundle, template: str, *, active: str, status: int = 200, **context: Any
) -> HTMLResponse:
    """A page in its frame; `active` is the path of its entry in the navigation."""
    workers = services.workers.page()
    training = [one for one in workers if one.pool is Pool.TRAIN and one.alive and one.problem is None]
    recent, _ = services.runs.page(limit=RECENT_RUNS)
    frame = Frame(alive=len(training), busy=sum(worker.run_id is not None for worker in training), recent=recent)
    return templating.page(request, f"pages/{template}", status=status, active=active, frame=frame, **context)


def with_origins(services: ServiceBundle, runs: Iterable[Run]) -> list[RunLine]:
    """The runs, each with its architecture and dataset, every one of which is asked for once."""
    architectures: dict[str, ArchitectureSummary] = {}
    datasets: dict[str, Dataset] = {}
    lines = []
    for run in runs:
        if run.architecture_id not in architectures:
            architectures[run.architecture_id] = services.architectures.summary(run.architecture_id)
        if run.dataset_id not in datasets:
            datasets[run.dataset_id] = services.datasets.get(run.dataset_id)
        lines.append(RunLine(run, architectures[run.architecture_id], datasets[run.dataset_id]))
    return lines
