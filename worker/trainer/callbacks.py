"""What is done at each step and epoch: rates, metrics, the best weights, checkpoints, and stopping in time."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from app.core.runs.run import EventKind
from worker.trainer.checkpoints import (
    Checkpoints,
    CheckpointState,
    EpochRecord,
    all_variables,
    assign,
    values_of,
)
from worker.trainer.compiling import gradient_norm
from worker.trainer.course import Course, finite
from worker.trainer.reporting import Reporter

Logs = dict[str, Any] | None


class DivergedError(Exception):
    """The loss became NaN or infinite."""

    def __init__(self, step: int) -> None:
        super().__init__(f"The loss became NaN or infinite at step {step}. Try a smaller learning rate.")
        self.step = step


class StoppedError(Exception):
    """The process was asked to end."""


class OutOfTimeError(Exception):
    """The run's time limit is reached."""


class Restore(keras.callbacks.Callback):  # type: ignore[misc]
    """Gives all variables what a checkpoint holds, once `fit` has begun.

    Not before: the symbolic build at the start of `fit` draws from the seed generators.
    """

    def __init__(self, restored: Sequence[NDArray[Any]] | None) -> None:
        super().__init__()
        self._restored = restored

    def on_train_begin(self, logs: Logs = None) -> None:  # noqa: ARG002 -- Keras's signature
        """Assign, and let the arrays go."""
        if self._restored is not None:
            assign(all_variables(self.model), self._restored)
            self._restored = None


class Rates(keras.callbacks.Callback):  # type: ignore[misc]
    """Sets the learning rate of the coming step (with several steps per execution: of those)."""

    def __init__(self, course: Course) -> None:
        super().__init__()
        self._course = course
        self._rate: float | None = None

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:  # noqa: ARG002 -- Keras's signature
        """Assign only what changes: a rate that stays costs nothing."""
        rate = self._course.rate()
        if rate != self._rate:
            self.model.optimizer.learning_rate = rate
            self._rate = self._course.rate_now = rate


class Metrics(keras.callbacks.Callback):  # type: ignore[misc]
    """Reports each step: Keras's metrics (running means within the epoch), rate, gradients, pace, and how far the run is."""

    def __init__(self, course: Course, *, reporter: Reporter) -> None:
        super().__init__()
        self._course = course
        self._reporter = reporter
        self._epoch = 0
        self._step_before = 0
        self._told_at = time.monotonic()

    def on_train_begin(self, logs: Logs = None) -> None:  # noqa: ARG002 -- Keras's signature
        """The pace counts from the first step on."""
        self._course.begin()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:  # noqa: ARG002 -- Keras's signature
        """Note which epoch the coming steps belong to."""
        self._epoch, self._step_before = epoch + 1, self._course.step
        self._told_at = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Count the steps and report the last of them."""
        # Of several steps per execution the last ones may be more than there are: Keras counts whole executions.
        end = (len(self._course.history) + 1) * self._course.steps_per_epoch
        before, self._course.step = self._course.step, min(self._step_before + batch + 1, end)
        values = {name: finite(value) for name, value in (logs or {}).items()}
        values |= self._pace(self._course.step - before)
        self._reporter.point(step=self._course.step, epoch=self._epoch, values=values)
        self._reporter.progress(self._course.progress())

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:  # noqa: ARG002 -- Keras's signature
        """A batch of the validation is no progress to tell, but a sign of life."""
        self._reporter.beat()

    def _pace(self, steps: int) -> dict[str, float | None]:
        """What an epoch's record leaves out, since it differs from attempt to attempt or from step to step."""
        now, before = time.monotonic(), self._told_at
        self._told_at = now
        return {
            "learning_rate": self._course.rate_now,
            "gradient_norm": finite(gradient_norm(self.model.optimizer)),
            "images_per_second": steps * self._course.configuration.batch_size / max(now - before, 1e-9),
        }


class Guard(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends the training at the next batch: asked to, taken over, out of time, or the loss is no number any more."""

    def __init__(self, course: Course, *, asked_to_stop: Callable[[], bool], reporter: Reporter) -> None:
        super().__init__()
        self._course = course
        self._asked_to_stop = asked_to_stop
        self._reporter = reporter

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:  # noqa: ARG002 -- Keras's signature
        """Raise, so that nothing after this batch is done as if it were well."""
        if not math.isfinite(float((logs or {}).get("loss", 0.0))):
            raise DivergedError(self._course.step)
        if self._asked_to_stop() or self._reporter.taken_over.is_set():
            raise StoppedError
        if self._course.is_out_of_time:
            raise OutOfTimeError


class Epochs(keras.callbacks.Callback):  # type: ignore[misc]
    """At the end of each epoch: its event, the best weights, and whether it was the last one."""

    def __init__(self, course: Course, *, reporter: Reporter, digest_of: Callable[[keras.Model], str]) -> None:
        super().__init__()
        self._course = course
        self._reporter = reporter
        self._digest_of = digest_of
        self._began_at = 0

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:  # noqa: ARG002 -- Keras's signature
        """Note where the epoch begins, or goes on."""
        self._began_at = self._course.step

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Tell, keep the best, and stop where early stopping has had enough."""
        course = self._course
        values = {name: finite(value) for name, value in (logs or {}).items()}
        values["learning_rate"] = float(values_of([self.model.optimizer.learning_rate])[0])
        seen = course.step - self._began_at
        record = EpochRecord(
            epoch=epoch + 1,
            step=course.step,
            values=values,
            weights_digest=self._digest_of(self.model),
            measured_batches=seen if seen < course.steps_per_epoch else None,
        )
        course.history.append(record)
        monitored = course.monitored(values)
        if course.is_better(monitored):
            course.best = [np.array(array) for array in self.model.get_weights()]
            course.best_epoch, course.best_value = record.epoch, monitored
        self._reporter.event(EventKind.EPOCH, record.json_object() | {"time": round(self._reporter.seconds, 3)})
        self._reporter.progress(course.progress(), course.summary())
        self.model.stop_training = course.is_over


class CheckpointWriter(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes a checkpoint at the end of each epoch, and within long ones every so many seconds."""

    def __init__(
        self, course: Course, *, checkpoints: Checkpoints, reporter: Reporter, architecture: str, seconds: float
    ) -> None:
        super().__init__()
        self._course = course
        self._checkpoints = checkpoints
        self._reporter = reporter
        self._architecture = architecture
        self._seconds = seconds
        self._written_at = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:  # noqa: ARG002 -- Keras's signature
        """Not at the last batch: the epoch's own comes at once."""
        done = self._course.step - len(self._course.history) * self._course.steps_per_epoch
        if done < self._course.steps_per_epoch and time.monotonic() - self._written_at >= self._seconds:
            self._write(batch=done)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:  # noqa: ARG002 -- Keras's signature
        """A whole epoch is done."""
        self._write(batch=0)

    def _write(self, *, batch: int) -> None:
        # What a checkpoint holds must not be ahead of what the database knows: the step would never be told again.
        self._reporter.flush()
        course = self._course
        state = CheckpointState(
            attempt=self._reporter.attempt,
            epoch=len(course.history),
            batch=batch,
            step=course.step,
            seconds=course.seconds,
            architecture=self._architecture,
            history=tuple(course.history),
            best_epoch=course.best_epoch,
            best_value=course.best_value,
        )
        self._checkpoints.save(state, variables=values_of(all_variables(self.model)), best=course.best)
        self._written_at = time.monotonic()
