"""How far a run is, as it is told while it trains."""

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from app.core.errors import UnavailableError
from app.core.runs.configuration import Configuration
from app.core.runs.run import Progress
from worker.trainer import reporting
from worker.trainer.checkpoints import EpochRecord
from worker.trainer.course import Course
from worker.trainer.reporting import Reporter


class Database:
    """Keeps what is told; `before` is called at each try, and may raise."""

    def __init__(self) -> None:
        self.told: list[tuple[Progress, Any]] = []
        self.before: Callable[[], None] = lambda: None

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        self.before()
        yield SimpleNamespace(runs=self)

    def set_progress(self, run_id: str, *, attempt: int, progress: Progress, summary: Any) -> None:
        self.told.append((progress, summary))


def at_step(step: int) -> Progress:
    return Progress(epoch=0, epochs=2, step=step, steps=20)


def test_the_time_left_is_known_within_an_epoch_and_at_its_end() -> None:
    course = Course(Configuration(epochs=2))
    course.steps_per_epoch = 10
    course.begin()
    assert course.progress().eta_seconds is None
    course.step = 5
    assert course.progress().eta_seconds is not None
    course.step = 10
    course.history.append(EpochRecord(epoch=1, step=10, values={}, weights_digest="0"))
    at_the_end = course.progress()
    assert (at_the_end.epoch, at_the_end.step, at_the_end.steps) == (1, 10, 20)
    assert at_the_end.eta_seconds is not None


def test_the_pace_is_that_of_this_attempt() -> None:
    course = Course(Configuration(epochs=2))
    course.steps_per_epoch, course.step = 10, 10
    course.begin()
    assert course.progress().eta_seconds is None


def test_a_summary_outlives_a_database_that_is_away_while_newer_steps_come() -> None:
    database = Database()
    reporter = Reporter("run", 1, metrics=SimpleNamespace(emit=lambda *_, **__: []), database=database)  # type: ignore[arg-type]

    def away() -> None:
        database.before = lambda: None
        reporter.progress(at_step(11))
        raise UnavailableError("The database is away.")

    database.before = away
    reporter.progress(at_step(10), {"loss": {"last": 1.0, "best": 1.0}})
    with pytest.raises(UnavailableError):
        reporter._send()
    reporter.close()
    assert database.told == [(at_step(11), {"loss": {"last": 1.0, "best": 1.0}})]


def test_the_first_step_is_told_at_once_and_the_others_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "CHUNK_SECONDS", 3_600)
    told: queue.Queue[Any] = queue.Queue()
    metrics = SimpleNamespace(emit=lambda _run, *, attempt, events: told.put(events) or [])
    reporter = Reporter("run", 1, metrics=metrics, database=Database())  # type: ignore[arg-type]
    for step in (1, 2, 3):
        reporter.point(step=step, epoch=1, values={"loss": 1.0})
        if step == 1:
            first = told.get(timeout=90)
    reporter.close()
    assert [payload["step"] for events in (first, told.get(timeout=90)) for _, payload in events] == [[1], [2, 3]]
