"""Runs as every answer shows them."""

from collections.abc import Iterable
from typing import Any

from app.core.runs.run import Run
from app.services.bundle import ServiceBundle


def told_runs(services: ServiceBundle, runs: Iterable[Run]) -> list[dict[str, Any]]:
    """The runs of the REST contract; `waiting_for` says why one waits that no worker can take."""
    shown = list(runs)
    reasons = services.workers.waiting_for(shown)
    return [run.representation() | {"waiting_for": reasons.get(run.id)} for run in shown]


def told_run(services: ServiceBundle, run: Run) -> dict[str, Any]:
    """The same for one."""
    return told_runs(services, [run])[0]
