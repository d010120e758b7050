"""How soon curves are seen: 50 runs of 100,000 steps, from the address until they are drawn in Chromium, and over REST."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.core.runs.run import Run
from app.settings import Settings
from tests.factories.histories import run_with, told
from tests.fixtures.browsing import FLAGS, chromium_path
from tests.fixtures.running import RunningApp

RUNS, EPOCHS, STEPS_PER_EPOCH = 50, 20, 5_000
REPEATS = 9
POINTS = 400
_DRAWN = ".curve-figure.figure-drawn"


def measured(app: RunningApp) -> Iterator[str]:
    """Lines: what the API takes for the whole, for a range and for every step of a short one; what people wait for."""
    runs = _written(app)
    ids = ",".join(run.id for run in runs)
    each = f"{RUNS} runs of {EPOCHS * STEPS_PER_EPOCH:,} steps"
    with app.client() as client:
        client.get("/comparisons/figure", params={"runs": ids, "metric": "batch_loss", "x": "step"}).raise_for_status()
        for what, places in (
            ("the whole", {}),
            ("a tenth of it", {"x_from": 40_000, "x_to": 50_000}),
            ("every step of a hundred", {"x_from": 40_000, "x_to": 40_100}),
        ):
            asked = {"runs": ids, "metric": "batch_loss", "x": "step", "max_points": POINTS, **places}
            yield f"{_milliseconds(_times(client, asked))}  {each}: GET /comparisons/figure, {what}"
    for what, seconds in _painted(app, ids):
        yield f"{_milliseconds(seconds)}  {each}: {what}"


def _written(app: RunningApp) -> list[Run]:
    database = SqlDatabase(Settings(data=app.data).sqlalchemy_url, clock=utc_now, new_id=new_id)
    runs: list[Run] = []
    for number in range(RUNS):
        history = list(told(epochs=EPOCHS, steps_per_epoch=STEPS_PER_EPOCH, seed=number))
        beside = runs[0] if runs else None
        runs.append(run_with(database, history, name=f"run {number}", beside=beside, epochs=EPOCHS, seed=number))
    database.close()
    return runs


def _times(client: httpx.Client, asked: dict[str, object]) -> list[float]:
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        client.get("/comparisons/figure", params=asked).raise_for_status()  # type: ignore[arg-type]
        times.append(time.perf_counter() - began)
    return times


def _painted(app: RunningApp, ids: str) -> Iterator[tuple[str, list[float]]]:
    """From the address until the chart is there, in a browser that has been here before, as people's have."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            Path(profile), executable_path=chromium_path(), args=FLAGS, viewport={"width": 1280, "height": 900}
        )
        page = context.new_page()
        page.goto(f"{app.address}{app.login_path()}")
        address = f"{app.address}/comparison?runs={ids}&x=step"
        for _ in range(3):
            _seen(page, address)
        yield "from the address until the first chart is drawn", [_seen(page, address) for _ in range(REPEATS)]
        yield (
            "from the choice of another axis to every chart in sight drawn again",
            [_redrawn(page, axis) for axis in ("epoch", "step") * 3],
        )
        context.close()


def _seen(page: Page, address: str) -> float:
    page.goto("about:blank")
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(_DRAWN)
    return time.perf_counter() - began


def _redrawn(page: Page, axis: str) -> float:
    # The title of the axis is drawn with the curves.
    told = f"() => [...document.querySelectorAll('.curve-figure.figure-drawn .xtitle')].every((title) => title.textContent === '{axis}')"
    began = time.perf_counter()
    page.get_by_label("Across").select_option(axis)
    page.wait_for_function(told)
    return time.perf_counter() - began


def _milliseconds(seconds: list[float]) -> str:
    return f"{1000 * statistics.median(seconds):8.1f} ms"
