"""A run, its attempts' fence, its events and its artifacts."""

from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from app.core.runs.configuration import Configuration
from app.core.runs.lifecycle import TERMINAL, RunState
from app.core.runs.start_from import StartFrom
from app.core.values import Instant, JsonObject, Name, Text, Value


class Progress(Value):
    """How far a run is; `step` counts batches since its first epoch.

    While images are prepared that no earlier run has, `images_prepared` of `images_to_prepare` are.
    """

    epoch: int = 0
    epochs: int
    step: int = 0
    steps: int | None = None
    eta_seconds: float | None = None
    images_prepared: int | None = None
    images_to_prepare: int | None = None


class Run(Value):
    """One training, asked for by a user: architecture x dataset version x configuration x seed.

    `attempt` is the number of the newest try and the fencing token of every write about it; `crashes` of them count.
    """

    id: str
    name: Name
    state: RunState
    architecture_id: str
    dataset_id: str
    version_id: str
    configuration: Configuration
    tags: tuple[Name, ...] = ()
    notes: Text = ""
    group: Name | None = None
    start_from: StartFrom | None = None
    progress: Progress
    summary: dict[str, JsonObject] = Field(default_factory=dict, description="{metric: {last, best}}")
    evaluation: dict[str, JsonObject] = Field(default_factory=dict, description="{split: evaluation}")
    computed_by: dict[str, str] = Field(
        default_factory=dict,
        description="What its newest attempt computes with: python, keras, backend and its version, numpy, device (cpu or gpu)",
    )
    attempt: int = 0
    crashes: int = 0
    last_seq: int = 0
    cancel_requested: bool = False
    queue_position: int | None = None
    worker: str | None = None
    error: str | None = None
    created_at: Instant
    started_at: Instant | None = None
    finished_at: Instant | None = None

    @property
    def is_terminal(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in TERMINAL

    def representation(self) -> dict[str, Any]:
        """The run as the REST contract shows it."""
        data = self.json_object()
        return data | {
            "architecture": data.pop("architecture_id"),
            "dataset": data.pop("dataset_id"),
            "attempts": self.attempt,
        }


class EventKind(StrEnum):
    """What an event tells. Payloads:

    STATE {"state", "reason"}; METRICS {"step": [..], "epoch": [..], "time": [..], "values": {"loss": [..], ..}} (points
    of single steps, time in seconds since the attempt's start); EPOCH {"epoch" (from 1), "step", "time", "values":
    {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"}, "weights_digest", "measured_batches" (None: all)}; LOG {"text"};
    ARTIFACT {"name", "bytes", "sha256"}; EVALUATION {"split", ...}; DEVICE {"time", "utilisation" (0 to 1), "memory_bytes"
    (what the device holds, of whoever uses it), "process_bytes" (main memory of the trainer)}.
    """

    STATE = "state"
    METRICS = "metrics"
    EPOCH = "epoch"
    LOG = "log"
    ARTIFACT = "artifact"
    EVALUATION = "evaluation"
    DEVICE = "device"


class Event(Value):
    """One thing that happened in a run; `seq` counts from 1 without gaps, given out by the database under the fence."""

    run_id: str
    seq: int
    attempt: int
    kind: EventKind
    payload: JsonObject
    created_at: Instant


class Check(Value):
    """What came of opening a file again: how far its probabilities are from the network's at most, on so many images."""

    largest_difference: float
    images: int
    tolerance: float
    by: Literal["trainer", "exporter"] = "exporter"
    """Who made the file: the trainer at the end of the run, or an exporter because somebody asked for it."""


class Artifact(Value):
    """A file that a run produced. `blob` is its key in the blob store; `check` is there where it holds weights."""

    run_id: str
    name: str
    bytes: int
    sha256: str
    epoch: int | None = None
    blob: str
    created_at: Instant
    check: Check | None = None

    @property
    def is_made_on_request(self) -> bool:
        """Whether it can be made again of the files that the trainer left."""
        return self.check is not None and self.check.by == "exporter"
