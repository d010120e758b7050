"""A report: a comparison of runs, frozen with what somebody says about it, as one file that needs nothing else."""

from typing import Annotated, Any, Protocol

from pydantic import Field, ValidationInfo, field_validator

from app.core.runs.request import MOST_RUNS_AT_ONCE
from app.core.runs.series import Axis
from app.core.values import Instant, Name, Text, Value

RunId = Annotated[str, Field(pattern=r"^\w{1,40}$")]


class ReportRequest(Value):
    """What a report is to hold: runs in this order, compared with the baseline (or else the first), over `x`."""

    title: Name | None = None
    text: Text = ""
    runs: tuple[RunId, ...] = Field(min_length=1, max_length=MOST_RUNS_AT_ONCE)
    baseline: RunId | None = None
    x: Axis = "epoch"

    @field_validator("runs")
    @classmethod
    def _each_once(cls, runs: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(runs))

    @field_validator("baseline")
    @classmethod
    def _is_a_run(cls, baseline: str | None, info: ValidationInfo) -> str | None:
        runs = info.data.get("runs", ())
        if baseline is not None and runs and baseline not in runs:
            raise ValueError("expected one of `runs`, or nothing for the first of them")
        return baseline


class ReportedRun(Value):
    """A run as it was called when it was reported on; it may have another name since, or be gone."""

    id: str
    name: Name


class Report(Value):
    """One that is kept; nothing of it changes. `blob` is the key of its HTML file of `bytes` in the blob store."""

    id: str
    title: Name
    text: Text
    runs: tuple[ReportedRun, ...]
    baseline: str
    x: Axis
    bytes: int
    sha256: str
    blob: str
    created_at: Instant

    def representation(self) -> dict[str, Any]:
        """The report as the REST contract shows it."""
        return self.model_dump(mode="json", exclude={"blob"})


class Reports(Protocol):
    """The reports that are kept."""

    def add(self, report: Report) -> None:
        """Keep a new one."""
        ...

    def get(self, report_id: str) -> Report:
        """Raise NotFoundError where nothing has this id."""
        ...

    def page(self, *, limit: int = 50, cursor: str | None = None) -> tuple[list[Report], str | None]:
        """Newest first; the cursor is what the page before answered."""
        ...

    def delete(self, report_id: str) -> None:
        """Forget it."""
        ...
