"""Which epoch is better, and when a run has gone on long enough: functions of the monitored values alone."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from pydantic import Field

from app.core.values import Value

Monitor: TypeAlias = Literal["val_accuracy", "val_loss", "accuracy", "loss"]


class EarlyStopping(Value):
    """Ends a run whose monitored value no longer improves (Keras's EarlyStopping); the best epoch is kept anyway."""

    patience: int = Field(default=10, ge=1, le=100_000, title="Patience (epochs)")
    min_delta: float = Field(default=0.0, ge=0, le=1e6, allow_inf_nan=False, title="Smallest improvement")
    start_from_epoch: int = Field(
        default=0, ge=0, le=100_000, title="Not before epoch", description="Epochs that are not looked at."
    )


def improves(value: float | None, best: float | None, *, monitor: Monitor, min_delta: float = 0.0) -> bool:
    """Whether a value beats the best one before it by more than a little; what is not finite never does."""
    if value is None or best is None:
        return value is not None
    return value < best - min_delta if monitor.endswith("loss") else value > best + min_delta


def is_over(stopping: EarlyStopping | None, monitored: Sequence[float | None], *, monitor: Monitor) -> bool:
    """Whether the run ends behind these epochs."""
    if stopping is None:
        return False
    best, waited = None, 0
    for value in monitored[stopping.start_from_epoch :]:
        if improves(value, best, monitor=monitor, min_delta=stopping.min_delta):
            best, waited = value, 0
        else:
            waited += 1
    return waited >= stopping.patience
