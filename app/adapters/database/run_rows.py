"""Rows of runs, events and artifacts, and the values they hold."""

from typing import Any

from app.core.runs.run import Artifact, Event, Run

HIDDEN = {"lease_until", "priority", "position", "idempotency_key"}


def run_of(row: Any, *, queue_position: int | None = None) -> Run:
    """The run in a row."""
    facts = {name: value for name, value in row.items() if name not in HIDDEN}
    return Run.model_validate(facts | {"queue_position": queue_position})


def row_of(run: Run) -> dict[str, Any]:
    """The columns of a run; moments stay moments."""
    data = run.model_dump(mode="json", exclude={"queue_position"})
    moments = {name: getattr(run, name) for name in ("created_at", "started_at", "finished_at")}
    return data | moments


def event_of(row: Any) -> Event:
    """The event in a row."""
    return Event.model_validate(dict(row))


def artifact_of(row: Any) -> Artifact:
    """The artifact in a row."""
    return Artifact.model_validate(dict(row))
