"""The web process is killed while packs come in and while a dataset is committed: whole or absent, and gone on with."""

import contextlib
import hashlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.factories.folders import small_files
from tests.factories.images import tar_bytes
from tests.fixtures.running import RunningApp

OWN_APPLICATION = True

KILLS = 3
FILES = small_files(240, padding=30_000)
PACK = 20


def persistently(app: RunningApp, act: Callable[[httpx.Client], httpx.Response]) -> httpx.Response:
    """As a client does: again, until the server is back."""
    deadline = time.monotonic() + 120
    with app.client() as client:
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                answer = act(client)
                if answer.status_code < 500:
                    return answer
            time.sleep(0.1)
    pytest.fail("the web process did not come back\n" + app.tail())


def kill_web(app: RunningApp) -> None:
    for pid in app.pids("app.main"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def killer(running_app: RunningApp) -> Iterator[threading.Thread]:
    """Kills the web process at random moments."""
    chance = random.Random(7)

    def kill() -> None:
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.2, 1.5))
            kill_web(running_app)
            persistently(running_app, lambda client: client.get("/datasets"))

    thread = threading.Thread(target=kill, daemon=True)
    yield thread
    thread.join(120)


def test_packs_survive_kills_and_nothing_half_is_kept(running_app: RunningApp, killer: threading.Thread) -> None:
    dataset_id = persistently(running_app, lambda client: client.post("/datasets", json={"name": "killed"})).json()[
        "id"
    ]
    paths = sorted(FILES)
    killer.start()
    rounds = 0
    while killer.is_alive() or rounds == 0:
        for start in range(0, len(paths), PACK):
            pack = tar_bytes({path: FILES[path] for path in paths[start : start + PACK]})
            answer = persistently(
                running_app, lambda client, pack=pack: client.put(f"/datasets/{dataset_id}/files", content=pack)
            )
            assert answer.status_code == 200, answer.text
            facts = persistently(running_app, lambda client: client.get(f"/datasets/{dataset_id}")).json()
            assert (facts["state"], facts["version"]) == ("uploading", None)
        rounds += 1
    listed = persistently(running_app, lambda client: client.get(f"/datasets/{dataset_id}/files")).json()["items"]
    assert {file["path"]: file["digest"] for file in listed} == {
        path: hashlib.sha256(content).hexdigest() for path, content in FILES.items()
    }
    for file in listed[::10]:
        kept = persistently(
            running_app, lambda client, file=file: client.get(f"/datasets/{dataset_id}/images/{file['digest']}")
        )
        assert kept.content == FILES[file["path"]]


@pytest.mark.parametrize("delay", [0.0, 0.02])
def test_a_commit_that_is_killed_is_whole_or_absent(running_app: RunningApp, delay: float) -> None:
    files = {f"{delay}/{path}": content for path, content in list(FILES.items())[:40]}
    made = persistently(running_app, lambda client: client.post("/datasets", json={"name": f"commit {delay}"})).json()
    address = f"/datasets/{made['id']}"
    persistently(running_app, lambda client: client.put(f"{address}/files", content=tar_bytes(files)))
    threading.Timer(delay, kill_web, [running_app]).start()
    with contextlib.suppress(httpx.TransportError), running_app.client() as client:
        client.post(f"{address}/commit")
    found = persistently(running_app, lambda client: client.get(address)).json()
    assert found["state"] in {"uploading", "checking", "ready"}
    assert found["files"] == 40
    if found["state"] != "ready":
        assert found["version"] is None
    assert persistently(running_app, lambda client: client.post(f"{address}/commit")).status_code == 202
    done = running_app.wait_for(address, lambda dataset: dataset["state"] in {"ready", "rejected"})
    assert (done["state"], done["version"], sum(sum(split.values()) for split in done["splits"].values())) == (
        "ready",
        1,
        40,
    )
