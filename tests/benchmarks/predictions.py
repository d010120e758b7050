"""How long a warm prediction takes through HTTP: the compact network on 96 × 96, from a file's bytes to the answer."""

import io
import statistics
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from tests.factories import over_rest
from tests.fixtures.running import RunningApp

REPEATS = 50
SIDE = 96


def measured(app: RunningApp, dataset_id: str) -> Iterator[tuple[str, float]]:
    """(what, seconds) for loading, and for the median of warm predictions with and without more than the classes."""
    made = over_rest.preset(app, "compact-functional", height=SIDE, width=SIDE)
    run_id = over_rest.run(app, made["id"], dataset_id, epochs=1)
    over_rest.finished(app, run_id)
    content = _photograph()
    with app.client() as client:
        began = time.perf_counter()
        assert client.post(f"/runs/{run_id}/predictions/warm-up").is_success
        yield "predictor started, network loaded", time.perf_counter() - began
        for what, asked in (
            ("a prediction", {}),
            ("with its heat map", {"heat_map": True}),
            ("with heat map and every layer", {"heat_map": True, "layers": True, "seen": True}),
        ):
            times = list(_times(client, f"/runs/{run_id}/predictions", asked, content))
            yield f"{what} (compact, {SIDE} × {SIDE}, warm), median of {REPEATS}", statistics.median(times)


def _times(client: Any, path: str, asked: dict[str, Any], content: bytes) -> Iterator[float]:
    # The first of each kind has Keras make what the later ones use.
    assert client.post(path, params=asked, content=content).is_success
    for _ in range(REPEATS):
        began = time.perf_counter()
        answer = client.post(path, params=asked, content=content)
        yield time.perf_counter() - began
        assert answer.is_success, answer.text


def _photograph() -> bytes:
    """A JPEG of 640 × 480 as it comes from a phone's browser."""
    target = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).resize((640, 480)).save(target, "JPEG", quality=90)
    return target.getvalue()
