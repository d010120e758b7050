"""How long a run waits: for its first step, for another attempt when its trainer was killed, and for its end when stopped.

    python -m tests.benchmarks.first_step

The compact network on the casino dice, their arrays prepared. Warm is a run that a waiting trainer takes, once of the
network that was trained last, whose step it has rehearsed, and once of another; cold is one whose waiting trainer was
killed a moment before. The moments are those that the events carry, on the clock of this machine.
"""

import os
import shutil
import signal
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count, cycle
from pathlib import Path
from typing import Any

import psutil

from tests.factories import over_rest
from tests.fixtures.running import RunningApp, start, stop
from tests.fixtures.scripted import until

REPEATS = 5
SECONDS = 300


def main() -> None:
    """Measure in an application of its own."""
    data = Path(tempfile.mkdtemp(prefix="diceboard-"))
    app = start(data, DICEBOARD_RESERVE_BYTES="0")
    try:
        until(lambda: _is_answered(app), seconds=SECONDS)  # the inspector may still load
        made, dataset = over_rest.preset(app, "compact-functional"), over_rest.dataset(app)
        over_rest.finished(app, over_rest.run(app, made["id"], dataset["id"], epochs=1), seconds=SECONDS)
        for line in measured(app, made["id"], dataset["id"]):
            print(line, flush=True)  # noqa: T201 - its output is what it is for
    finally:
        stop(app)
        shutil.rmtree(data, ignore_errors=True)


def measured(app: RunningApp, architecture: str, dataset: str) -> Iterator[str]:
    """Lines of what was measured, each the median and the range of a few."""

    seeds = count()
    others = cycle([over_rest.preset(app, "compact-sequential")["id"], architecture])

    def queued(epochs: int) -> str:
        return over_rest.run(app, architecture, dataset, epochs=epochs, seed=next(seeds))

    def another(epochs: int) -> str:
        return over_rest.run(app, next(others), dataset, epochs=epochs)

    for what, measure in {
        "202 until the first batch's event, trainer waiting": lambda: _first_step(app, queued, warm=True),
        "202 until the first batch's event, trainer waiting, another network": lambda: _first_step(
            app, another, warm=True
        ),
        "202 until the first batch's event, fresh trainer": lambda: _first_step(app, queued, warm=False),
        "trainer killed until another attempt begins": lambda: _another_attempt(app, queued),
        "stop asked for until the trainer is gone": lambda: _gone(app, queued),
    }.items():
        found = [measure() for _ in range(REPEATS)]
        yield (
            f"{statistics.median(found):8.2f} s   {what} ({min(found):.2f} to {max(found):.2f}, {REPEATS} times, "
            f"load {os.getloadavg()[0]:.1f})"
        )


def _first_step(app: RunningApp, queued: Callable[[int], str], *, warm: bool) -> float:
    _one_waits(app)
    for pid in [] if warm else app.pids("worker.trainer", "--wait"):
        os.kill(pid, signal.SIGKILL)
    run_id = queued(1)
    accepted = datetime.now(UTC)
    over_rest.finished(app, run_id, seconds=SECONDS)
    return _seconds(accepted, next(event for event in _events(app, run_id) if event["kind"] == "metrics"))


def _another_attempt(app: RunningApp, queued: Callable[[int], str]) -> float:
    run_id = queued(400)
    app.wait_for(f"/runs/{run_id}", lambda found: found["progress"]["epoch"] >= 1, seconds=SECONDS)
    killed = datetime.now(UTC)
    for pid in app.trainers_at_work():
        os.kill(pid, signal.SIGKILL)
    app.wait_for(f"/runs/{run_id}", lambda found: found["attempts"] == 2, seconds=SECONDS)
    begun = next(event for event in _events(app, run_id) if event["attempt"] == 2)
    _stopped(app, run_id)
    return _seconds(killed, begun)


def _gone(app: RunningApp, queued: Callable[[int], str]) -> float:
    run_id = queued(400)
    app.wait_for(f"/runs/{run_id}", lambda found: found["progress"]["epoch"] >= 1, seconds=SECONDS)
    (trainer,) = app.trainers_at_work()
    began = time.perf_counter()
    _stopped(app, run_id)
    until(lambda: not psutil.pid_exists(trainer), seconds=SECONDS)
    return time.perf_counter() - began


def _stopped(app: RunningApp, run_id: str) -> None:
    with app.client() as client:
        client.post(f"/runs/{run_id}/cancellation")
    over_rest.finished(app, run_id, seconds=SECONDS)


def _is_answered(app: RunningApp) -> bool:
    with app.client() as client:
        return client.post("/architectures", json={"preset": {"name": "compact-functional"}}).is_success


def _one_waits(app: RunningApp) -> None:
    until(lambda: list((app.data / "pulses").glob("waiting-*")), seconds=SECONDS)


def _events(app: RunningApp, run_id: str) -> list[dict[str, Any]]:
    with app.client() as client:
        return list(client.get(f"/runs/{run_id}/events").json()["items"])


def _seconds(since: datetime, event: dict[str, Any]) -> float:
    return (datetime.fromisoformat(event["created_at"]) - since).total_seconds()


if __name__ == "__main__":
    main()
