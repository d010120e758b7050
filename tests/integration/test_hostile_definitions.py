"""Definitions made to do harm get a clear answer; nothing in them is ever run. Their times are measured by `make bench`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.factories.hostile import hostile_definitions
from tests.fixtures.running import RunningApp

MOST_ADDED_BYTES = 200 * 2**20
CANARY = Path("/tmp/diceboard-canary") / "it-was-run"


def peak_bytes(app: RunningApp, *words: str) -> int:
    """The most memory that a process of the application has had resident."""
    (pid,) = app.pids(*words)
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


@pytest.fixture(scope="module")
def canary() -> Path:
    CANARY.parent.mkdir(exist_ok=True)
    CANARY.unlink(missing_ok=True)
    return CANARY


@pytest.mark.parametrize(("name", "make"), hostile_definitions(CANARY).items(), ids=list(hostile_definitions(CANARY)))
def test_it_is_answered_clearly_and_never_run(
    running_app: RunningApp, canary: Path, name: str, make: Callable[[], dict[str, Any]]
) -> None:
    body = make()
    with running_app.client() as client:
        client.post("/architectures", json={"code": "import keras\nm = keras.Sequential([keras.Input((8,))])"})
        before = {words: peak_bytes(running_app, words) for words in ("app.main", "app.networks")}
        answer = client.post("/architectures", json=body)
        after = {words: peak_bytes(running_app, words) for words in before}
    assert answer.status_code in {201, 413, 422}, f"{name}: {answer.text[:500]}"
    if answer.status_code == 201:
        assert answer.json()["items"]
    else:
        assert len(answer.json()["detail"]) > 20
    assert not canary.exists(), f"{name} was run"
    added = {words: after[words] - before[words] for words in before}
    assert all(bytes_ < MOST_ADDED_BYTES for bytes_ in added.values()), f"{name}: {added}"
