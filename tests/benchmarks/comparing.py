"""What is waited for where two definitions are compared, and how hostile ones are answered."""

import statistics
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from app.adapters.inspector import InspectorClient
from app.core.architectures.explain import explain
from tests.factories import over_rest
from tests.factories.hostile import hostile_definitions
from tests.factories.known_edits import is_told_exactly, known_pair
from tests.factories.notebook import the_notebook
from tests.fixtures.running import RunningApp

PAIRS = 2_000
REPEATS = 20


def measured(app: RunningApp) -> Iterator[tuple[str, float]]:
    """Times through HTTP, in seconds."""
    with app.client() as client:
        began = time.perf_counter()
        client.post("/architectures", json={"notebook": the_notebook()[0]}).raise_for_status()
        yield (
            "the notebook's text: read, both networks kept, findings, POST /architectures",
            time.perf_counter() - began,
        )
        times = []
        for number in range(REPEATS):
            # Another dropout rate is another pair: nothing of the comparison can be known beforehand.
            pair = {
                side: over_rest.preset(app, f"notebook-{style}", dropout=0.11 + number / 1000 + place / 100)["id"]
                for place, (side, style) in enumerate((("left", "sequential"), ("right", "functional")))
            }
            began = time.perf_counter()
            client.get("/architectures/differences", params=pair).raise_for_status()
            times.append(time.perf_counter() - began)
        yield "the notebook's pair: differences and causes, the first of all", times[0]
        yield f"the notebook's pair: differences and causes, median of {REPEATS}", statistics.median(times)
        yield f"the notebook's pair: differences and causes, the slowest of {REPEATS}", max(times)
        slowest, name = 0.0, ""
        for name_, make in hostile_definitions(Path("/tmp/diceboard-canary/it-was-run")).items():
            body = make()
            began = time.perf_counter()
            client.post("/architectures", json=body)
            slowest, name = max((slowest, name), (time.perf_counter() - began, name_))
        yield f"hostile definitions, POST /architectures: the slowest ({name})", slowest


def known_edits(inspector: InspectorClient) -> str:
    """How many of random pairs made by known edits are explained by exactly those edits."""
    found: Counter[str] = Counter()
    edits: Counter[str] = Counter()
    seed = 0
    while found["pairs"] < PAIRS:
        pair = known_pair(seed, inspector.layer_table)
        seed += 1
        if not pair.expected:
            found["left out: no edit applied"] += 1
            continue
        found["pairs"] += 1
        told = is_told_exactly(pair, explain(pair.left, pair.right, inspector.layer_tables))
        found["explained by exactly their edits, all verified"] += told
        edits.update(f"{edit.kind} {edit.field}" for edit in pair.expected)
    counts = ", ".join(f"{name}: {count}" for name, count in found.items())
    return f"random pairs: {counts}. Edits: {', '.join(f'{name} {count}' for name, count in edits.most_common())}"
