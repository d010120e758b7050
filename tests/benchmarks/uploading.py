"""How long uploads take through a real Chromium, and what they cost the page and the server.

    python -m tests.benchmarks.uploading

The images are 64 rendered dice of 640 x 480 as JPEG, over and over, each file with bytes of its own behind the image, so
that no two are the same. The many files are 100 bytes each and no images: they are sent, and not checked.
"""

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Self

import psutil
from playwright.sync_api import Page, sync_playwright

from app.adapters.image_encoding import jpeg
from app.core.datasets.sample_dice.plan import planned
from app.core.datasets.sample_dice.request import SampleRequest
from tests.fixtures.browsing import FLAGS, chromium_path
from tests.fixtures.running import RunningApp, start, stop
from tests.fixtures.uploading import choose, drop

IMAGES = 11_808
FILES, FILE_BYTES = 100_000, 100
RENDERED = 64
SECONDS = 1_200
_WATCH = """
[window.longest, window.took, window.began] = [0, 0, Infinity];
for (const kind of ["change", "drop"]) addEventListener(kind, ({ timeStamp }) => { window.began = timeStamp; }, true);
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) {
    const whose = startTime + duration > window.began + 1 && startTime >= window.began - 50 ? "longest" : "took";
    window[whose] = Math.max(window[whose], duration);
  }
}).observe({ type: "longtask" });
"""
"""Long tasks before the event are the browser's: it makes the list of what was chosen."""


@dataclass
class _Memory:
    """The resident memory of a process in bytes: at first, and the most."""

    process: psutil.Process
    first: int = 0
    most: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self.first = self.most = self.process.memory_info().rss
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self.most = max(self.most, self.process.memory_info().rss)


def measured(app: RunningApp) -> Iterator[str]:
    """Lines of what was measured."""
    root = Path(tempfile.mkdtemp(prefix="diceboard-upload-"))
    try:
        images = _images(root / "images")
        yield _through_chromium(app, images, f"{IMAGES:,} JPEGs of 640 x 480, chosen", choose)
        shutil.rmtree(images)
        yield _through_chromium(app, _small(root / "many"), f"{FILES:,} files of {FILE_BYTES} bytes, dropped", drop)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _images(folder: Path) -> Path:
    request = SampleRequest(images_per_class=RENDERED // 6 + 1, height=480, width=640, seed=1)
    rendered = [jpeg(image.render(request)) for image in islice(planned(request), RENDERED)]
    for number in range(IMAGES):
        path = folder / str(number % 6) / f"{number:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rendered[number % RENDERED] + number.to_bytes(4))
    return folder


def _small(folder: Path) -> Path:
    for number in range(FILES):
        path = folder / str(number % 10) / f"{number:06}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(number.to_bytes(FILE_BYTES))
    return folder


def _through_chromium(app: RunningApp, folder: Path, what: str, give: Callable[[Page, Path], None]) -> str:
    web = psutil.Process(app.pids("app.main")[0])
    total = sum(path.stat().st_size for path in folder.rglob("*.*"))
    with sync_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-test")
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        page = browser.new_page()
        page.set_default_timeout(SECONDS * 1000)
        page.add_init_script(_WATCH)
        page.goto(f"{app.address}{app.login_path()}")
        page.goto(f"{app.address}/datasets")
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url) if "/api/" in request.url else None)
        with _Memory(web) as memory:
            began = time.perf_counter()
            give(page, folder)
            given = time.perf_counter() - began
            longest, took = _until_sent(page)
            seconds = time.perf_counter() - began
        sent = len(requests)
        browser.close()
    return (
        f"{what} ({total / 2**20:,.0f} MiB) through Chromium: {seconds:.1f} s (until the page is told "
        f"of them {given:.1f} s), {total / 2**20 / (seconds - given):.1f} MiB/s, {sent} requests, longest task of the page "
        f"{longest:.0f} ms (of the browser before that {took:.0f} ms), web process {memory.first / 2**20:.0f} MiB and "
        f"{(memory.most - memory.first) / 2**20:+.0f} MiB"
    )


def _until_sent(page: Page) -> tuple[float, float]:
    """Until everything has arrived; the longest tasks of the page and, before it was told, of the browser in ms."""
    deadline = time.monotonic() + SECONDS
    tasks = (0.0, 0.0)
    while time.monotonic() < deadline:
        if "/datasets/" in page.url:
            return tasks
        title = page.get_by_test_id("upload-title").text_content()
        longest, took = page.evaluate("[window.longest, window.took]")
        tasks = (float(longest), float(took))
        if title == "Everything has arrived":
            return tasks
        page.wait_for_timeout(100)
    raise TimeoutError(f"{SECONDS} s were not enough: {page.get_by_test_id('upload').inner_text()}")


def main() -> None:
    """Measure, and print."""
    data = Path(tempfile.mkdtemp(prefix="diceboard-"))
    app = start(data, DICEBOARD_RESERVE_BYTES="0")
    try:
        for line in measured(app):
            print(line, flush=True)  # noqa: T201 - its output is what it is for
    finally:
        stop(app)
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main()
