"""Two web servers and three workers, each with a data folder (and where that may be made, a network) of its own.

They meet in PostgreSQL, a Valkey with a password and an S3 service, to each of which a way leads that can be cut.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.factories import over_rest
from tests.fixtures.machines import Way, lose_power, way_to, wires
from tests.fixtures.running import RunningApp, start, stop
from tests.fixtures.services import process, settings_of

EPOCHS = 24
CUT_SECONDS = 20
# A lease that outlives what is cut, with less to wait for a machine that is gone than by default.
TIMES = {"LEASE_SECONDS": "40", "HEARTBEAT_SECONDS": "2", "RECONCILE_SECONDS": "2", "WARM_TRAINERS": "false"}


@dataclass
class Fleet:
    """What is started, and what every run of it is made of."""

    webs: list[RunningApp]
    workers: dict[str, "subprocess.Popen[bytes]"]
    ways: dict[str, Way]
    made_of: tuple[str, str]
    """Architecture and dataset."""
    logs: Path

    def run(self, web: int = 0) -> str:
        """One more run, the same each time."""
        return over_rest.run(self.webs[web], *self.made_of, epochs=EPOCHS, batch_size=32, seed=3)

    def reaches(self, run_id: str, epoch: int) -> dict[str, Any]:
        """The run once so many epochs are behind it."""
        try:
            return dict(self.webs[0].wait_for(f"/runs/{run_id}", lambda found: found["progress"]["epoch"] >= epoch))
        except pytest.fail.Exception as failed:
            told = [f"{path.name}:\n{path.read_text(errors='replace')[-4000:]}" for path in self.logs.glob("*.log")]
            pytest.fail("\n".join([str(failed), *told]))


@pytest.fixture(scope="module")
def fleet(own_database: str, s3_address: str, tcp_broker: str) -> Iterator[Fleet]:
    """Everything, with the casino dice and an architecture."""
    urls = {"database": own_database, "broker": tcp_broker, "s3": s3_address}
    with contextlib.ExitStack() as stack:
        network = stack.enter_context(wires())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dice", ignore_cleanup_errors=True)))
        made = {name: way_to(url, network.address) for name, url in urls.items()}
        ways = {name: way for name, (way, _) in made.items()}
        for way in ways.values():
            stack.callback(way.close)
        told = settings_of(**{name: url for name, (_, url) in made.items()})
        told |= {f"DICEBOARD_{name}": value for name, value in TIMES.items()}
        webs = []
        for number in (1, 2):
            place = network.place()
            at = {"DICEBOARD_HOST": place.address, "DICEBOARD_ALLOWED_HOSTS": place.address}
            webs.append(start(folder / f"web{number}", command="web", prefix=place.prefix, **told, **at))
            stack.callback(stop, webs[-1])
        workers = {}
        for name in ("one", "two", "three"):
            there = {"DICEBOARD_DATA": str(folder / name), "DICEBOARD_WORKER_NAME": name}
            command = (*network.place().prefix, sys.executable, "-m", "app.cli", "worker")
            workers[name] = stack.enter_context(process(*command, log=folder / f"{name}.log", **told, **there))
        made_of = (over_rest.preset(webs[0], "compact-functional")["id"], over_rest.dataset(webs[1])["id"])
        yield Fleet(webs, workers, ways, made_of, folder)


class Watching:
    """Reads the events of a run from a web server, and comes back wherever the stream breaks off."""

    def __init__(self, web: RunningApp, run_id: str) -> None:
        self._web, self._run_id = web, run_id
        self.events: list[dict[str, Any]] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def until_the_end(self) -> list[dict[str, Any]]:
        """All of them."""
        self._thread.join(60)
        assert not self._thread.is_alive(), self.events[-3:]
        return self.events

    def _read(self) -> None:
        last = None
        while not self.events or self.events[-1].get("payload", {}).get("state") != "finished":
            headers = {"Authorization": f"Bearer {self._web.token}"} | ({"Last-Event-ID": last} if last else {})
            address = f"{self._web.address}/api/v1/events?runs={self._run_id}"
            with (
                contextlib.suppress(httpx.TransportError),
                httpx.stream("GET", address, headers=headers, timeout=30) as answer,
            ):
                for line in answer.iter_lines():
                    name, _, value = line.partition(": ")
                    if name == "id":
                        last = value
                    elif name == "data" and '"seq"' in value:
                        self.events.append(json.loads(value))
                        if self.events[-1]["payload"].get("state") == "finished":
                            return
            time.sleep(0.2)


def digests(web: RunningApp, run_id: str) -> dict[str, str]:
    """Of the weights after each epoch, as the files of the run say."""
    with web.client() as client:
        answer = client.get(f"/runs/{run_id}/artifacts/run.json")
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["weights_digest"])


def is_whole(events: list[dict[str, Any]]) -> bool:
    """Whether they are numbered without a gap, and every step is told, once an attempt."""
    numbers = [event["seq"] for event in events]
    assert numbers == list(range(1, len(events) + 1))
    told = [
        (event["attempt"], step) for event in events if event["kind"] == "metrics" for step in event["payload"]["step"]
    ]
    assert len(told) == len(set(told)), "an attempt tells each step once"
    steps = {step for _, step in told}
    assert steps == set(range(1, max(steps) + 1))
    epochs = {event["payload"]["epoch"] for event in events if event["kind"] == "epoch"}
    assert epochs == set(range(1, EPOCHS + 1))
    return True


def test_a_run_survives_the_machine_that_trains_it(fleet: Fleet) -> None:
    whole, killed = fleet.run(web=0), fleet.run(web=0)
    watching = Watching(fleet.webs[1], killed)
    machine = fleet.reaches(killed, 5)["worker"].partition("@")[2].rpartition("-")[0]
    lose_power(fleet.workers.pop(machine))
    done = over_rest.finished(fleet.webs[0], killed)
    assert (done["state"], done["attempts"]) == ("finished", 2)
    assert machine not in done["worker"]
    events = watching.until_the_end()
    assert is_whole(events)
    second = [event for event in events if event["attempt"] == 2 and event["kind"] == "metrics"]
    assert second[0]["payload"]["step"][0] > 1, "it did not begin anew"
    assert over_rest.finished(fleet.webs[1], whole)["attempts"] == 1
    assert digests(fleet.webs[1], killed) == digests(fleet.webs[0], whole)
    with fleet.webs[1].client() as client:
        told = [client.get(f"/runs/{run_id}/evaluation").json() for run_id in (whole, killed)]
    assert told[0] == told[1]


def test_nothing_is_lost_where_a_service_is_away_for_a_while(fleet: Fleet) -> None:
    first = fleet.run()
    watching = {first: Watching(fleet.webs[1], first)}
    fleet.reaches(first, 2)
    cutting = threading.Thread(target=fleet.ways["broker"].cut, args=(CUT_SECONDS,))
    cutting.start()
    time.sleep(CUT_SECONDS / 4)
    second = fleet.run()  # nobody hears of it before the broker is back
    watching[second] = Watching(fleet.webs[1], second)
    cutting.join()
    fleet.reaches(second, 2)
    fleet.ways["database"].cut(CUT_SECONDS)
    third = fleet.run()
    watching[third] = Watching(fleet.webs[1], third)
    fleet.reaches(third, 2)
    fleet.ways["s3"].cut(CUT_SECONDS)
    for run_id, watched in watching.items():
        done = over_rest.finished(fleet.webs[0], run_id)
        assert (done["state"], done["attempts"]) == ("finished", 1), done
        assert is_whole(watched.until_the_end())
        with fleet.webs[1].client() as client:
            files = client.get(f"/runs/{run_id}/artifacts").json()["items"]
            assert all(
                len(client.get(f"/runs/{run_id}/artifacts/{file['name']}").content) == file["bytes"] for file in files
            )
    assert len({json.dumps(digests(fleet.webs[0], run_id)) for run_id in watching}) == 1
    assert all(worker.poll() is None for worker in fleet.workers.values())


def test_a_machine_that_is_told_to_leave_hands_its_run_back(fleet: Fleet) -> None:
    run_id = fleet.run()
    machine = fleet.reaches(run_id, 3)["worker"].partition("@")[2].rpartition("-")[0]
    leaving = fleet.workers.pop(machine)
    leaving.terminate()
    assert leaving.wait(60) == 0
    done = over_rest.finished(fleet.webs[0], run_id)
    assert (done["state"], done["attempts"], done["crashes"]) == ("finished", 2, 0)
    assert machine not in done["worker"]
