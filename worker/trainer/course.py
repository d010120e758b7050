"""Where a training stands: what the callbacks share, and what a checkpoint brings back."""

import math
import time
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from app.core.runs.configuration import Configuration
from app.core.runs.run import Progress
from app.core.runs.schedules import rate_at
from app.core.runs.stopping import improves, is_over
from worker.trainer.checkpoints import CheckpointState, EpochRecord


class Course:
    """How far the training is and what its epochs came to."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.steps_per_epoch = 0
        self.step = 0
        self.history: list[EpochRecord] = []
        self.best: list[NDArray[Any]] = []
        self.best_epoch = 0
        self.best_value: float | None = None
        self.rate_now = configuration.optimizer.learning_rate
        self._seconds_before = 0.0
        self._begun_at: float | None = None
        self._begun_step = 0

    def begin(self) -> None:
        """Measure the pace from here, without what building cost."""
        self._seconds_before = self.seconds
        self._begun_at, self._begun_step = time.monotonic(), self.step

    @property
    def seconds(self) -> float:
        """Time spent in training, all attempts up to their last checkpoints together."""
        return self._seconds_before + self._since_begun

    @property
    def _since_begun(self) -> float:
        return 0.0 if self._begun_at is None else time.monotonic() - self._begun_at

    def progress(self) -> Progress:
        """Epochs completed, steps done, and the time that the rest takes at the pace so far."""
        epochs = self.configuration.epochs
        steps = epochs * self.steps_per_epoch
        done = self.step - self._begun_step
        pace = self._since_begun / done if done else None
        eta = None if pace is None else round(pace * (steps - self.step), 1)
        return Progress(epoch=len(self.history), epochs=epochs, step=self.step, steps=steps, eta_seconds=eta)

    def go_on_from(self, state: CheckpointState, best: list[NDArray[Any]]) -> None:
        """Take over what was reached."""
        self.step = state.step
        self.history = list(state.history)
        self.best_epoch, self.best_value, self.best = state.best_epoch, state.best_value, best
        self._seconds_before = state.seconds

    @property
    def is_over(self) -> bool:
        """Whether no epoch is left, or early stopping has had enough."""
        if len(self.history) >= self.configuration.epochs:
            return True
        return is_over(self.configuration.early_stopping, self._monitored(), monitor=self.configuration.monitor)

    @property
    def is_out_of_time(self) -> bool:
        """Whether the time limit is reached."""
        limit = self.configuration.time_limit_minutes
        return limit is not None and self.seconds >= 60 * limit

    def rate(self) -> float:
        """The learning rate of the next step."""
        asked = self.configuration
        return rate_at(
            asked.optimizer.learning_rate,
            asked.schedule,
            step=self.step,
            steps_per_epoch=max(1, self.steps_per_epoch),
            epochs=asked.epochs,
            monitor=asked.monitor,
            monitored=self._monitored(),
        )

    def monitored(self, values: dict[str, float | None]) -> float | None:
        """The value that decides which epoch is best; the training's own where there are no validation images."""
        monitor = self.configuration.monitor
        return values.get(monitor, values.get(monitor.removeprefix("val_")))

    def is_better(self, value: float | None) -> bool:
        """Whether a value of the monitored metric beats the best so far; the first of equals stays."""
        return self.best_epoch == 0 or improves(value, self.best_value, monitor=self.configuration.monitor)

    def summary(self) -> dict[str, dict[str, Any]]:
        """The last and the best value of each metric."""
        names = list(dict.fromkeys(name for record in self.history for name in record.values))
        return {name: _last_and_best(name, self.history) for name in names if name != "learning_rate"}

    def _monitored(self) -> list[float | None]:
        return [self.monitored(record.values) for record in self.history]


def finite(value: Any) -> float | None:
    """A plain number, None where it is NaN or infinite."""
    number = float(value)
    return number if math.isfinite(number) else None


def _last_and_best(name: str, history: Sequence[EpochRecord]) -> dict[str, Any]:
    values = [record.values[name] for record in history if record.values.get(name) is not None]
    best = min if name.endswith("loss") else max
    return {
        "last": history[-1].values.get(name),
        "best": best(value for value in values if value is not None) if values else None,
    }
