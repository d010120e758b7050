"""Rows of runs, events and artifacts, and the values they hold."""

from typing import Any

from app.core.runs.configuration import Configuration
from app.core.runs.run import Artifact, Event, Run

DEVICE_COLUMNS = {"pool": "pool", "kind": "device_kind", "count": "device_count", "memory_gb": "device_memory_gb"}
"""Where a run's row keeps what `configuration.device` asks for, so that it can be claimed by it."""
HIDDEN = {"lease_until", "priority", "position", "idempotency_key", *DEVICE_COLUMNS.values()}


def run_of(row: Any, *, queue_position: int | None = None) -> Run:
    """The run in a row."""
    facts = {name: value for name, value in row.items() if name not in HIDDEN}
    device = device_of({name: row[column] for name, column in DEVICE_COLUMNS.items()})
    configuration = facts["configuration"] | {"device": device}
    return Run.model_validate(facts | {"configuration": configuration, "queue_position": queue_position})


def device_of(asked: Any) -> dict[str, Any]:
    """What is asked of devices, out of the columns: there, no memory is 0."""
    return {**asked, "memory_gb": asked["memory_gb"] or None}


def configuration_columns(configuration: Configuration) -> dict[str, Any]:
    """The columns of a configuration. What it asks of devices is not in its JSON, where an earlier version would stumble."""
    asked = configuration.device.json_object()
    columns = {column: asked[name] or 0 for name, column in DEVICE_COLUMNS.items()}
    return {"configuration": configuration.model_dump(mode="json", exclude={"device"}), **columns}


def row_of(run: Run) -> dict[str, Any]:
    """The columns of a run; moments stay moments."""
    data = run.model_dump(mode="json", exclude={"queue_position"})
    moments = {name: getattr(run, name) for name in ("created_at", "started_at", "finished_at")}
    return data | configuration_columns(run.configuration) | moments


def event_of(row: Any) -> Event:
    """The event in a row."""
    return Event.model_validate(dict(row))


def artifact_of(row: Any) -> Artifact:
    """The artifact in a row."""
    return Artifact.model_validate(dict(row))
