"""The parts apart, as `docker-compose.yml` starts them: PostgreSQL, S3, a broker by URL, `web` here and `worker` there."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import redis

from app.processes.broker import server_binary
from tests.factories import over_rest
from tests.fixtures.databases import fresh_database
from tests.fixtures.running import RunningApp, start, stop

PASSWORD = "a-password-for-tests"


@contextmanager
def process(*command: str, **environment: str) -> Iterator[None]:
    """A program that runs meanwhile; what it writes is not read."""
    started = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def until_it_answers(ask: object, *, seconds: float = 60) -> None:
    assert callable(ask)
    deadline = time.monotonic() + seconds
    while True:
        try:
            ask()
            return
        except (httpx.TransportError, redis.ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@pytest.fixture(scope="module")
def storage() -> Iterator[str]:
    """The address of an S3 service with the bucket `diceboard`."""
    address = f"http://127.0.0.1:{free_port()}"
    server = [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", address.rpartition(":")[2]]
    with process(*server):
        until_it_answers(lambda: httpx.put(f"{address}/diceboard").raise_for_status())
        yield address


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """The URL of a Valkey that listens on TCP and wants a password."""
    port = free_port()
    options = ("--bind", "127.0.0.1", "--port", str(port), "--requirepass", PASSWORD, "--save", "", "--dir", "/tmp")
    with process(str(server_binary()), *options):
        url = f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
        with redis.Redis.from_url(url) as client:
            until_it_answers(client.ping)
        yield url


@pytest.fixture(scope="module")
def settings(postgres: str, storage: str, broker: str) -> dict[str, str]:
    """What both machines are told."""
    return {
        "DICEBOARD_DATABASE_URL": fresh_database(postgres),
        "DICEBOARD_BROKER_URL": broker,
        "DICEBOARD_STORAGE_URL": "s3://diceboard/kept",
        "DICEBOARD_RESERVE_BYTES": "0",
        "AWS_ENDPOINT_URL": storage,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": PASSWORD,
    }


@pytest.fixture(scope="module")
def machines(settings: dict[str, str]) -> Iterator[RunningApp]:
    """A web server and, with a data folder of its own, a worker."""
    with tempfile.TemporaryDirectory(prefix="dice", ignore_cleanup_errors=True) as folder:
        web = start(Path(folder) / "web", command="web", **settings)
        there = {"DICEBOARD_DATA": f"{folder}/worker", "DICEBOARD_WORKER_NAME": "elsewhere"}
        with process(sys.executable, "-m", "app.cli", "worker", **settings, **there):
            yield web
        assert stop(web) == 0, web.tail()


def test_a_run_goes_its_whole_way_between_them(machines: RunningApp, storage: str) -> None:
    dataset = over_rest.dataset(machines)
    made = over_rest.preset(machines, "compact-functional")
    run_id = over_rest.run(machines, made["id"], dataset["id"], epochs=2, retention={"weights": "best"})
    done = over_rest.finished(machines, run_id)
    assert done["state"] == "finished", done
    assert re.fullmatch(r"train@elsewhere-[0-9a-f]{6}", done["worker"])
    with machines.client() as client:
        weights = client.get(f"/runs/{run_id}/artifacts/best.weights.h5").content
        part = client.get(f"/runs/{run_id}/artifacts/best.weights.h5", headers={"Range": "bytes=1-3"})
        workers = client.get("/workers").json()["items"]
        kept = {artifact["name"] for artifact in client.get(f"/runs/{run_id}/artifacts").json()["items"]}
    assert weights.startswith(b"\x89HDF")
    always = {"best.weights.h5", "best.keras", "architecture.json", "history.csv", "predictions.npz", "run.json"}
    assert kept == always
    assert (part.status_code, part.content) == (206, b"HDF")
    assert {worker["name"] for worker in workers if worker["alive"]} == {
        done["worker"],
        done["worker"].replace("train", "light"),
    }
    assert httpx.get(f"{storage}/diceboard?list-type=2&prefix=kept/").text.count("<Key>") > 279
    assert not (machines.data / "blobs").exists()
