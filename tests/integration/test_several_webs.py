"""Several web servers behind the proxy: PostgreSQL, Valkey and S3 in common, a data folder each, and nothing else."""

import itertools
import json
import os
import signal
import ssl
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.factories import over_rest
from tests.factories.dice import casino_dice, casino_images
from tests.fixtures.proxy import proxy
from tests.fixtures.running import RunningApp, start, stop
from tests.fixtures.scripted import until
from tests.fixtures.services import free_port, process

TOKEN = "one-token-of-several-webs"
QUICK = {"DICEBOARD_HEARTBEAT_SECONDS": "1", "DICEBOARD_RECONCILE_SECONDS": "1", "DICEBOARD_WARM_TRAINERS": "false"}


@dataclass(frozen=True)
class Fleet:
    """Two web servers, each under an address of its own, and the address of the proxy before both."""

    one: RunningApp
    other: RunningApp
    address: str

    @property
    def proxied(self) -> RunningApp:
        """As people reach it."""
        return replace(self.one, address=self.address)


@pytest.fixture(scope="module")
def fleet(shared_settings: dict[str, str]) -> Iterator[Fleet]:
    """Both webs, a worker whose trainings follow a script, and the proxy."""
    address = f"http://localhost:{free_port()}"
    settings = {**shared_settings, **QUICK, "DICEBOARD_TOKEN": TOKEN}
    with tempfile.TemporaryDirectory(prefix="dice", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        ports = [free_port(), free_port()]
        webs = [
            start(
                folder / f"web-{port}", command="web", **settings, DICEBOARD_ADDRESS=address, DICEBOARD_PORT=str(port)
            )
            for port in ports
        ]
        one, other = (replace(web, address=f"http://127.0.0.1:{port}") for web, port in zip(webs, ports, strict=True))
        worker = [sys.executable, "-m", "tests.fakes.scripted_up", "worker"]
        with (
            process(*worker, **settings, DICEBOARD_DATA=f"{folder}/worker"),
            proxy(address, [f"127.0.0.1:{port}" for port in ports], folder),
        ):
            yield Fleet(one, other, address)
        for web in webs:
            assert stop(web) == 0, web.tail()


@pytest.fixture(scope="module")
def dataset(fleet: Fleet) -> dict[str, Any]:
    """Half of it goes to one web, half to the other, and the one that was asked last commits it."""
    folder = casino_dice()
    halves = casino_images()
    with fleet.one.client() as one, fleet.other.client() as other:
        dataset_id = one.post("/datasets", json={"name": "halves"}).json()["id"]
        for client, files in ((one, halves[::2]), (other, halves[1::2])):
            content = over_rest.tar_of_files(folder, files)
            sent = client.put(
                f"/datasets/{dataset_id}/files", content=content, headers={"Content-Type": "application/x-tar"}
            )
            assert sent.json()["accepted"] == len(files), sent.text
        arrived = [client.get(f"/datasets/{dataset_id}/files?limit=1000").json() for client in (one, other)]
        assert arrived[0] == arrived[1]
        assert len(arrived[0]["items"]) == len(halves)
        assert other.post(f"/datasets/{dataset_id}/commit").status_code == 202
    done: dict[str, Any] = fleet.one.wait_for(
        f"/datasets/{dataset_id}", lambda found: found["state"] in {"ready", "rejected"}
    )
    assert done["state"] == "ready", done
    return done


def test_a_link_of_one_signs_in_at_the_other_once_and_its_cookie_is_good_at_both(fleet: Fleet) -> None:
    query = fleet.one.link.partition("/?")[2]
    assert fleet.one.link.startswith(f"{fleet.address}/?token=")
    with httpx.Client() as browser:
        answer = browser.get(f"{fleet.other.address}/?{query}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        (cookie,) = browser.cookies.jar
    for web in (fleet.one, fleet.other, fleet.proxied):
        cookies = {"Cookie": f"{cookie.name}={cookie.value}"}
        assert httpx.get(f"{web.address}/runs", headers=cookies).status_code == 200
        again = httpx.get(f"{web.address}/?{query}")
        assert again.headers["location"].startswith("/login?failed=link")


def test_what_was_uploaded_in_halves_is_whole(fleet: Fleet, dataset: dict[str, Any]) -> None:
    with fleet.other.client() as client:
        assert client.get(f"/datasets/{dataset['id']}").json()["splits"] == dataset["splits"]
    assert sum(sum(classes.values()) for classes in dataset["splits"].values()) == 279


def test_a_stream_goes_on_at_another_web_and_behind_the_proxy(fleet: Fleet, dataset: dict[str, Any]) -> None:
    run_id = scripted_run(fleet.one, dataset["id"], "steps 100", epochs=6)
    seen = list(itertools.islice(events(fleet.other, run_id), 10))
    seen += itertools.islice(events(fleet.one, run_id, after=seen[-1][0]), 10)
    # What comes while the run goes on was not kept back until its end.
    seen += itertools.islice(events(fleet.proxied, run_id, after=seen[-1][0]), 5)
    with fleet.other.client() as client:
        assert client.get(f"/runs/{run_id}").json()["state"] in {"starting", "preparing", "running"}
    done = over_rest.finished(fleet.other, run_id)
    assert done["state"] == "finished", done
    with fleet.one.client() as client:
        everything = client.get(f"/runs/{run_id}/events?limit=1000").json()["items"]
    left = len(everything) - len(seen)
    seen += itertools.islice(events(fleet.proxied, run_id, after=seen[-1][0]), left)
    assert [event["seq"] for _, event in seen] == list(range(1, len(everything) + 1))


def test_a_client_cannot_say_through_the_proxy_where_it_came_from(fleet: Fleet) -> None:
    lie = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example", "Sec-Fetch-Site": "same-origin"}
    answer = httpx.post(f"{fleet.address}/login", data={"token": TOKEN}, headers=lie)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "Secure" not in answer.headers["set-cookie"]


def test_behind_tls_cookies_are_for_tls_only(fleet: Fleet, tmp_path: Path) -> None:
    address = f"https://localhost:{free_port()}"
    webs = [web.address.removeprefix("http://") for web in (fleet.one, fleet.other)]
    with (
        proxy(address, webs, tmp_path) as authority,
        httpx.Client(verify=ssl.create_default_context(cafile=authority)) as client,
    ):
        headers = {"Origin": address, "Sec-Fetch-Site": "same-origin"}
        answer = client.post(f"{address}/login", data={"token": TOKEN}, headers=headers)
        assert "Secure" in answer.headers["set-cookie"]
        assert client.get(f"{address}/runs").status_code == 200


def test_an_upload_goes_through_the_proxy_while_it_comes_in(fleet: Fleet) -> None:
    files = casino_images()
    # Rows are written 500 at a time: of so many, the first are there before the last are sent.
    content = over_rest.tar_of_files(casino_dice(), files, copies=3)
    with fleet.proxied.client() as client, fleet.other.client() as watching:
        dataset_id = client.post("/datasets", json={"name": "slow"}).json()["id"]

        def body() -> Iterator[bytes]:
            yield content[:-10240]
            until(lambda: watching.get(f"/datasets/{dataset_id}/files").json()["items"], seconds=30)
            yield content[-10240:]
            yield from (b"\0" * 2**20 for _ in range(40))  # more than a request that is no upload may have

        headers = {"Content-Type": "application/x-tar"}
        answer = client.put(f"/datasets/{dataset_id}/files", content=body(), headers=headers)
        assert answer.json()["accepted"] == 3 * len(files), answer.text
        client.delete(f"/datasets/{dataset_id}")


def test_while_one_web_is_stopped_the_proxy_asks_the_other(fleet: Fleet) -> None:
    with fleet.proxied.client() as client:
        (web,) = fleet.one.pids("app.main")
        os.kill(web, signal.SIGTERM)
        assert {client.get("/runs").status_code for _ in range(60)} == {200}


def scripted_run(app: RunningApp, dataset_id: str, script: str, **configuration: Any) -> str:
    """The id of a run whose trainer does what its name says."""
    architecture = over_rest.preset(app, "compact-functional")["id"]
    body = {"architecture": architecture, "dataset": dataset_id, "name": script, "configuration": configuration}
    with app.client() as client:
        response = client.post("/runs", json=body)
    assert response.status_code == 202, response.text
    return str(response.json()["id"])


def events(app: RunningApp, run_id: str, *, after: str | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """The id and the event of each message of the stream, from where `after` left off."""
    headers = {"Authorization": f"Bearer {TOKEN}"} | ({} if after is None else {"Last-Event-ID": after})
    with httpx.stream("GET", f"{app.address}/api/v1/events?runs={run_id}", headers=headers, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        message_id = ""
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if name == "id":
                message_id = value
            elif name == "data" and '"seq"' in value:
                yield message_id, json.loads(value)
