"""Files made of a run's weights on request, and how far each may be from the network that was trained."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Literal, Protocol

from pydantic import Field

from app.core.runs.configuration import Configuration
from app.core.runs.run import Artifact, Check
from app.core.values import Instant, JsonObject, Value

LEASE_SECONDS = 60.0
ATTEMPTS_ALLOWED = 3
"""Of an export whose process is killed from outside."""
COMPARED_IMAGES = 64
EXACT = 1e-4
"""By how much a probability may differ in float32: another runtime adds the same products in another order.

One rounding is 6e-8 of a sum, and through some layers a few 1e-7 are seen.
Anything that is really different (a layer's option lost, images prepared otherwise) moves probabilities by far more.
"""
HALF = 2e-2
"""The same where the network was trained with 8 or 11 bits of precision, and the file computes with float32."""


class ExportFormat(StrEnum):
    """What can be made."""

    KERAS = "keras"
    WEIGHTS = "weights"
    ONNX = "onnx"
    LITERT = "litert"
    SAVED_MODEL = "saved_model"
    ZIP = "zip"

    @property
    def label(self) -> str:
        """As people call it."""
        return _LABELS[self]

    @property
    def suffix(self) -> str:
        """How the names of such files end."""
        return _SUFFIXES[self]


_LABELS = {
    ExportFormat.KERAS: "Keras",
    ExportFormat.WEIGHTS: "weights",
    ExportFormat.ONNX: "ONNX",
    ExportFormat.LITERT: "LiteRT",
    ExportFormat.SAVED_MODEL: "SavedModel",
    ExportFormat.ZIP: "everything (zip)",
}
_SUFFIXES = {
    ExportFormat.KERAS: ".keras",
    ExportFormat.WEIGHTS: ".weights.h5",
    ExportFormat.ONNX: ".onnx",
    ExportFormat.LITERT: ".tflite",
    ExportFormat.SAVED_MODEL: ".saved_model.zip",
    ExportFormat.ZIP: ".zip",
}

WhichEpoch = Literal["best", "last"] | Annotated[int, Field(ge=1, le=100_000)]
"""The epoch whose weights are meant, counted from 1."""


class ExportRequest(Value):
    """What is asked for."""

    format: ExportFormat
    epoch: WhichEpoch = "best"

    @property
    def name(self) -> str:
        """What the file will be called: `best.onnx`, `epoch-0012.keras`."""
        label = f"epoch-{self.epoch:04d}" if isinstance(self.epoch, int) else self.epoch
        return f"{label}{self.format.suffix}"


class ExportState(StrEnum):
    """Where an export is. One that is there is an artifact, and no longer an export."""

    WAITING = "waiting"
    WORKING = "working"
    FAILED = "failed"  # `error` says why


class Export(Value):
    """A file that is being made of an attempt's weights, or could not be made."""

    id: str
    run_id: str
    name: str
    request: ExportRequest
    attempt: int
    state: ExportState = ExportState.WAITING
    tries: int = 0
    error: str | None = None
    asked_at: Instant

    def representation(self) -> JsonObject:
        """As the REST contract shows it."""
        return {
            "name": self.name,
            "format": self.request.format.value,
            "epoch": self.request.epoch,
            "state": self.state.value,
            "error": self.error,
        }


class Exports(Protocol):
    """How exports are kept: the part of a transaction that is about them."""

    def ask(self, export: Export) -> Export:
        """Keep it, or answer the one of that name that waits or is worked on; one that failed is tried anew."""
        ...

    def get(self, export_id: str) -> Export:
        """Raise NotFoundError where there is none (any more)."""
        ...

    def of(self, run_id: str) -> list[Export]:
        """Those of a run, by name."""
        ...

    def claim(self, export_id: str, *, lease_seconds: float) -> bool:
        """Take one that waits, or whose lease has run out (by database time), and count the try."""
        ...

    def renew(self, export_id: str, *, lease_seconds: float) -> bool:
        """False where it is no longer there to be worked on."""
        ...

    def hand_back(self, export_id: str) -> None:
        """Let one that is worked on wait again."""
        ...

    def forget(self, export_id: str) -> None:
        """Drop one that is worked on, and that nobody wants any more."""
        ...

    def fail(self, export_id: str, error: str) -> None:
        """Note why it could not be made."""
        ...

    def finish(self, export_id: str, artifact: Artifact) -> None:
        """Put the artifact in its place; StaleAttemptError where the run has gone on meanwhile."""
        ...

    def remove(self, run_id: str, name: str) -> None:
        """Remove a file that was made on request."""
        ...

    def waiting(self) -> list[str]:
        """Those that nobody works on though somebody asked."""
        ...


def tolerance_of(configuration: Configuration) -> float:
    """By how much probabilities may differ from the trained network's."""
    return EXACT if configuration.precision == "float32" else HALF


def worst(checks: Iterable[Check]) -> Check | None:
    """The one that differs most."""
    return max(checks, key=lambda check: check.largest_difference, default=None)
