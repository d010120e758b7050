"""What of a run stays on disk beside its numbers, which always stay."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from app.core.values import Value

_LEFT_OUT: dict[str, frozenset[str]] = {
    "all": frozenset(),
    "best": frozenset({"last.weights.h5"}),
    "none": frozenset({"last.weights.h5", "best.weights.h5", "best.keras"}),
}


class Retention(Value):
    """How much a run keeps: of many runs of large networks, most are asked only for their numbers."""

    weights: Literal["all", "best", "none"] = Field(
        default="all",
        title="Keep weights",
        description="All: of the best epoch and the last. Without any, no run can start from this one.",
    )
    checkpoints: int = Field(
        default=2, ge=1, le=100, title="Keep checkpoints", description="The newest, while it trains and after."
    )
    checkpoint_days: float | None = Field(
        default=None,
        ge=0,
        le=36_500,
        allow_inf_nan=False,
        title="Keep them (days)",
        description="After its end, so that it can go on. Empty for as long as is usual here.",
    )

    @property
    def left_out(self) -> frozenset[str]:
        """The artifacts that are not kept."""
        return _LEFT_OUT[self.weights]

    def keeps_checkpoints_for(self, *, usually: timedelta) -> timedelta:
        """How long after the end of the run."""
        return usually if self.checkpoint_days is None else timedelta(days=self.checkpoint_days)
