"""How long layer tables take through HTTP: of networks that were never seen, of variants, of tables that are known."""

import random
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import httpx

REPEATS = 30
_NAMES = ("notebook-functional", "notebook-sequential", "compact-functional")


def measured(client: httpx.Client) -> Iterator[tuple[str, float]]:
    """What was measured, and how many seconds it took."""
    for name in _NAMES:
        began = time.perf_counter()
        made = _preset(client, name)
        yield f"{name}: first build, as POST /architectures", time.perf_counter() - began
        # Nothing of a network of another width and size was seen before; of one with another dropout, nearly everything.
        other = _times(lambda number, name=name: _preset(client, name, **_another(number)))  # type: ignore[misc]
        yield f"{name}: another size and width each time, median of {REPEATS}", statistics.median(other)
        variants = _times(lambda number, name=name: _preset(client, name, dropout=0.1 + number / 1000))  # type: ignore[misc]
        yield f"{name}: a variant of it, median of {REPEATS}", statistics.median(variants)
        table = _times(lambda _, made=made: _answered(client.get(f"/architectures/{made['id']}/layers")))  # type: ignore[misc]
        yield f"{name}: the same table again, GET .../layers, median of {REPEATS}", statistics.median(table)
    deep = _times(lambda number: _kept(client, deep_chain(400, seed=number)), repeats=5)
    yield "400 layers, all of them different, as POST /architectures, median of 5", statistics.median(deep)


def deep_chain(count: int, *, seed: int) -> dict[str, Any]:
    """Convolutions, normalisations, activations and dropouts with arguments drawn at random."""
    rng = random.Random(seed)
    layers = [_layer(number, rng) for number in range(count)]
    names = ["image", *[layer["name"] for layer in layers]]
    return {
        "name": f"deep {seed}",
        "style": "sequential",
        "inputs": [{"name": "image", "shape": [None, 64, 64, 3]}],
        "layers": layers,
        "calls": [{"id": name, "layer": name, "inputs": [before]} for before, name in pairwise(names)],
        "outputs": [names[-1]],
    }


def _layer(number: int, rng: random.Random) -> dict[str, Any]:
    drawn: list[tuple[str, dict[str, Any]]] = [
        ("Conv2D", {"filters": rng.randint(8, 256), "kernel_size": rng.choice([1, 3, 5]), "padding": "same"}),
        ("BatchNormalization", {"momentum": rng.random()}),
        ("Activation", {"activation": "relu"}),
        ("Dropout", {"rate": 0.9 * rng.random()}),
    ]
    kind, config = drawn[number % len(drawn)]
    return {"name": f"layer_{number}", "kind": kind, "config": config}


def _another(number: int) -> dict[str, float]:
    return {"height": 225 + number, "width": 225 + number, "width_factor": 1.01 + number / 100}


def _preset(client: httpx.Client, name: str, **options: float) -> dict[str, Any]:
    return _answered(client.post("/architectures", json={"preset": {"name": name, "options": options}}))["items"][0]  # type: ignore[no-any-return]


def _kept(client: httpx.Client, definition: dict[str, Any]) -> dict[str, Any]:
    return _answered(client.post("/architectures", json={"architecture": definition}))


def _answered(response: httpx.Response) -> dict[str, Any]:
    assert response.is_success, response.text
    answer: dict[str, Any] = response.json()
    return answer


def _times(ask: Callable[[int], object], *, repeats: int = REPEATS) -> list[float]:
    times = []
    for number in range(repeats):
        began = time.perf_counter()
        ask(number)
        times.append(time.perf_counter() - began)
    return times
