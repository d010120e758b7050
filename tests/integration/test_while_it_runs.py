"""What is promised while a run trains: who loads Keras, what a reader of events gets, and that it can be stopped."""

import contextlib
import itertools
import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.factories import over_rest
from tests.fixtures.running import RunningApp

OWN_APPLICATION = True

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
WEIGHTS_OF_THE_NOTEBOOK = 4 * 140_095_430
TENSORFLOW = re.compile(r"/(_pywrap_tensorflow|libtensorflow)[^/]*$", re.MULTILINE)


@pytest.fixture(scope="module")
def casino(running_app: RunningApp) -> dict[str, Any]:
    return over_rest.dataset(running_app)


@pytest.fixture
def training(running_app: RunningApp, casino: dict[str, Any]) -> Iterator[str]:
    """The id of a run that has its first epochs behind it and many before it."""
    made = over_rest.preset(running_app, "compact-functional")
    run_id = over_rest.run(running_app, made["id"], casino["id"], epochs=400)
    running_app.wait_for(f"/runs/{run_id}", lambda found: found["progress"]["epoch"] >= 2)
    yield run_id
    with running_app.client() as client:
        client.post(f"/runs/{run_id}/cancellation")
    over_rest.finished(running_app, run_id)


@on_linux
def test_the_notebooks_networks_are_read_without_room_for_their_weights(running_app: RunningApp) -> None:
    over_rest.preset(running_app, "compact-sequential")
    (inspector,) = running_app.pids("app.networks")
    before = most_memory(inspector)
    whole = over_rest.preset(running_app, "notebook-functional")
    half = over_rest.preset(running_app, "notebook-sequential")
    with running_app.client() as client:
        tables = [client.get(f"/architectures/{made['id']}/layers").json() for made in (whole, half)]
    assert [table["totals"]["parameters"] for table in tables] == [140_095_430, 17_664_576]
    assert most_memory(inspector) - before < WEIGHTS_OF_THE_NOTEBOOK / 4


@on_linux
def test_keras_is_loaded_by_the_inspector_and_the_trainer_alone(running_app: RunningApp, training: str) -> None:
    computing = {*running_app.pids("app.networks"), *running_app.pids("worker.trainer")}
    with_tensorflow = {pid for pid in running_app.pids("") if TENSORFLOW.search(Path(f"/proc/{pid}/maps").read_text())}
    # The one that computes, the inspector, and perhaps the next trainer, which may load it between the two looks.
    assert len(with_tensorflow) >= 2
    assert with_tensorflow <= {*computing, *running_app.pids("worker.trainer")}


def test_a_reader_that_comes_back_gets_every_event_once(running_app: RunningApp, training: str) -> None:
    seen: list[tuple[str, dict[str, Any]]] = []
    for _ in range(3):
        seen += itertools.islice(events(running_app, training, after=seen[-1][0] if seen else None), 12)
    (valkey,) = running_app.pids("valkey-server")
    os.kill(valkey, signal.SIGKILL)
    seen += itertools.islice(events(running_app, training, after=seen[-1][0]), 12)
    assert [event["seq"] for _, event in seen] == list(range(1, 49))
    assert {event["run_id"] for _, event in seen} == {training}


def test_more_streams_than_connections_leave_the_database_to_others(running_app: RunningApp, training: str) -> None:
    headers, address = {"Authorization": f"Bearer {running_app.token}"}, f"{running_app.address}/api/v1/events"
    with contextlib.ExitStack() as streams, httpx.Client(limits=httpx.Limits(max_connections=100)) as client:
        for _ in range(60):  # the pool has 40 connections
            stream = client.stream("GET", f"{address}?runs={training}", headers=headers, timeout=60)
            answer = streams.enter_context(stream)
            assert (answer.status_code, answer.headers["x-accel-buffering"]) == (200, "no")
            assert next(answer.iter_lines()) != ""
        with running_app.client() as other:
            assert other.get(f"/runs/{training}").status_code == 200
            assert other.get("/workers").status_code == 200


def test_a_run_that_is_stopped_ends_soon_and_keeps_what_it_has(running_app: RunningApp, training: str) -> None:
    began = time.monotonic()
    (trainer,) = running_app.trainers_at_work()
    with running_app.client() as client:
        assert client.post(f"/runs/{training}/cancellation").status_code == 202
    done = over_rest.finished(running_app, training)
    assert (done["state"], done["attempts"]) == ("stopped", 1)
    while psutil.pid_exists(trainer):
        assert time.monotonic() - began < 60
        time.sleep(0.1)
    with running_app.client() as client:
        kept = {item["name"] for item in client.get(f"/runs/{training}/artifacts").json()["items"]}
        again = client.post(f"/runs/{training}/cancellation")
    assert {"best.weights.h5", "last.weights.h5", "history.csv", "run.json"} <= kept
    assert (again.status_code, again.headers["content-type"]) == (409, "application/problem+json")


def test_a_run_that_waits_is_stopped_at_once(running_app: RunningApp, casino: dict[str, Any], training: str) -> None:
    waiting = over_rest.run(running_app, over_rest.preset(running_app, "compact-sequential")["id"], casino["id"])
    with running_app.client() as client:
        assert client.post(f"/runs/{waiting}/cancellation").json()["state"] == "stopped"
        assert client.get(f"/runs/{training}").json()["state"] == "running"


def most_memory(pid: int) -> int:
    """The most memory in bytes that a process has held so far."""
    (kib,) = re.findall(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), flags=re.MULTILINE)
    return 1024 * int(kib)


def events(app: RunningApp, run_id: str, *, after: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """The id and the event of each message of the stream, from where `after` left off."""
    headers = {"Authorization": f"Bearer {app.token}"} | ({} if after is None else {"Last-Event-ID": after})
    address = f"{app.address}/api/v1/events?runs={run_id}"
    with httpx.stream("GET", address, headers=headers, timeout=30) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        message_id = ""
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if name == "id":
                message_id = value
            elif name == "data" and '"seq"' in value:
                yield message_id, json.loads(value)
