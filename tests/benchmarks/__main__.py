"""`make bench`: starts the application in a fresh folder and measures what people wait for. Prints a table."""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import httpx

from app.adapters.inspector import InspectorClient
from app.settings import Settings
from tests.benchmarks import (
    architectures,
    check_cost,
    comparing,
    curves,
    first_step,
    images,
    near_copies,
    predictions,
    sample_dice,
    uploading,
)
from tests.factories import over_rest
from tests.fixtures.running import RunningApp, start, stop

REPEATS = 30


def main() -> None:
    """Measure, one thing after another."""
    for line in chain(sample_dice.measured(), check_cost.measured()):
        print(line, flush=True)  # noqa: T201 - its output is what it is for
    for what, figure in near_copies.measure(near_copies.real_photographs()):
        print(f"{what}: {figure}", flush=True)  # noqa: T201 - its output is what it is for
    for line in images.prepared():
        print(line, flush=True)  # noqa: T201 - its output is what it is for
    data = Path(tempfile.mkdtemp(prefix="diceboard-"))
    began = time.perf_counter()
    app = start(data, DICEBOARD_RESERVE_BYTES="0")
    try:
        _say("start until the link is printed", time.perf_counter() - began)
        for what, seconds in _measured(app):
            _say(what, seconds)
        inspector = InspectorClient(Settings(data=data).socket("inspector"))
        print(comparing.known_edits(inspector), flush=True)  # noqa: T201 - its output is what it is for
        made, dataset = over_rest.preset(app, "compact-functional"), over_rest.dataset(app)
        for line in first_step.measured(app, made["id"], dataset["id"]):
            print(line, flush=True)  # noqa: T201 - its output is what it is for
        for what, seconds in predictions.measured(app, dataset["id"]):
            _say(what, seconds)
        for line in chain(uploading.measured(app), curves.measured(app)):
            print(line, flush=True)  # noqa: T201 - its output is what it is for
    finally:
        stop(app)
        shutil.rmtree(data, ignore_errors=True)
    # Keras holds what it computes with until its process ends.
    subprocess.run([sys.executable, "-m", "tests.benchmarks.callback_cost"], check=True)


def _measured(app: RunningApp) -> Iterator[tuple[str, float]]:
    with app.client() as client:
        yield from architectures.measured(client)
        yield from comparing.measured(app)
        yield from images.first_page(app)
        began = time.perf_counter()
        dataset = over_rest.dataset(app)
        yield "casino_dice (279 images): upload, check, ready", time.perf_counter() - began
        made = over_rest.preset(app, "compact-functional")
        began = time.perf_counter()
        run_id = over_rest.run(app, made["id"], dataset["id"], epochs=20)
        app.wait_for(f"/runs/{run_id}", lambda found: found["progress"]["epoch"] >= 1)
        yield "compact-functional: POST /runs until its first epoch is there", time.perf_counter() - began
        over_rest.finished(app, run_id)
        yield "compact-functional: POST /runs until 20 epochs are evaluated", time.perf_counter() - began
        with httpx.Client(base_url=app.address, headers={**client.headers, "Accept": "text/html"}) as browser:
            for path in ("/", "/architectures", "/runs", f"/runs/{run_id}", f"/architectures/{made['id']}"):
                shown = path.rpartition("/")[0] + "/ID" if path.count("/") > 1 else path
                pages = _times(lambda _, path=path: browser.get(path))  # type: ignore[misc]
                yield f"page {shown}, median of {REPEATS}", statistics.median(pages)


def _times(ask: Callable[[int], httpx.Response]) -> list[float]:
    times = []
    for number in range(REPEATS):
        began = time.perf_counter()
        answer = ask(number)
        times.append(time.perf_counter() - began)
        assert answer.is_success, answer.text
    return times


def _say(what: str, seconds: float) -> None:
    shown = f"{1000 * seconds:8.1f} ms" if seconds < 1 else f"{seconds:8.2f} s "
    print(f"{shown}  {what}", flush=True)  # noqa: T201 - its output is what it is for


if __name__ == "__main__":
    main()
