"""How fast images are prepared, how fast their rows are read, and how soon a wall of 100,000 shows its first page."""

import hashlib
import io
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from app.adapters.blob_store import ObstoreBlobs
from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.images import PillowImages
from app.adapters.prepared import PreparedArrays
from app.core.datasets.preparation import Preparation
from app.core.datasets.sample_dice.plan import planned
from app.core.datasets.sample_dice.request import SampleRequest
from app.settings import Settings
from tests.factories.many_images import many_images
from tests.fixtures.running import RunningApp

PICTURES, HEIGHT, WIDTH = 24, 480, 640
IMAGES, BATCH, REPEATS = 1_200, 32, 20
WALL = 100_000
TARGET = Preparation(height=96, width=96)


def prepared() -> Iterator[str]:
    """Lines with images a second: decoded and made smaller, then read in shuffled batches."""
    request = SampleRequest(images_per_class=PICTURES // 6, height=HEIGHT, width=WIDTH)
    pixels = [image.render(request) for image in planned(request)]
    for kind, options in (("PNG", {"compress_level": 6}), ("JPEG", {"quality": 92})):
        files = [_file(image, kind, options) for image in pixels]
        contents = {hashlib.sha256(f"{n}".encode()).hexdigest(): files[n % PICTURES] for n in range(IMAGES)}
        with tempfile.TemporaryDirectory() as folder:
            arrays = PreparedArrays(
                Path(folder), contents.__getitem__, PillowImages(50_000_000).decode, most_bytes=2**34
            )
            began, worked = time.perf_counter(), time.process_time()
            opened = arrays.open(TARGET, list(contents))
            wall, cpu = time.perf_counter() - began, time.process_time() - worked
            rates = f"{IMAGES / wall:8.0f} /s  {kind} of {HEIGHT} by {WIDTH} prepared to 96 by 96"
            yield f"{rates} ({IMAGES / cpu:.0f} per second of one core's work)"
            opened.close()
            if kind == "JPEG":
                yield _reading(opened.pixels, opened.rows)


def first_page(app: RunningApp) -> Iterator[tuple[str, float]]:
    """(what, seconds) for the wall's page, its first rows over REST, and rows from far back."""
    settings = Settings(data=app.data)
    database = SqlDatabase(settings.sqlalchemy_url, clock=utc_now, new_id=new_id)
    made = many_images(database, ObstoreBlobs(settings.blobs), WALL)
    database.close()
    with app.client() as client:
        path = f"{app.address}/datasets/{made.id}/images"
        html = {**client.headers, "Accept": "text/html"}
        yield f"first page of a wall of {WALL:,} images", _median(lambda: client.get(path, headers=html))
        for cursor in (0, WALL - 300):
            rows = {"limit": 200, "cursor": str(cursor)}
            path = f"/datasets/{made.id}/images"
            yield f"200 of {WALL:,} images from {cursor:,} on", _median(lambda: client.get(path, params=rows))  # noqa: B023 - called at once


def _file(pixels: np.ndarray, kind: str, options: dict[str, int]) -> bytes:
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, kind, **options)
    return target.getvalue()


def _reading(pixels: np.ndarray, rows: np.ndarray) -> str:
    order = np.random.default_rng(0).permutation(rows)
    read, began = 0, time.perf_counter()
    while time.perf_counter() - began < 2:
        for start in range(0, len(order), BATCH):
            batch = pixels[order[start : start + BATCH]].astype(np.float32) / np.float32(255)
            read += len(batch)
    return f"{read / (time.perf_counter() - began):8.0f} /s  prepared 96 by 96 images read in batches of {BATCH}, as float32"


def _median(ask) -> float:  # type: ignore[no-untyped-def]
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        assert ask().is_success
        times.append(time.perf_counter() - began)
    return statistics.median(times)
