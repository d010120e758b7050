"""Messages are hints: doubled, lost or nonsensical ones change nothing. A real broker and worker, a scripted trainer."""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis

from app.adapters.data_folder import prepare
from app.adapters.database.migrate import upgrade
from app.adapters.task_queue import TRANSPORT_OPTIONS
from app.composition import compose
from app.core.names import Pool, TaskName
from app.core.runs.run import EventKind
from app.processes import broker, programs
from app.services.bundle import ServiceBundle
from app.settings import Settings
from tests.fakes.scripted_trainer import digest_of
from tests.fixtures.checker import violations
from tests.fixtures.scripted import of_epochs, result, scripted, told, until

QUICK = {"DICEBOARD_LEASE_SECONDS": "6", "DICEBOARD_HEARTBEAT_SECONDS": "1", "DICEBOARD_RECONCILE_SECONDS": "1"}


@pytest.fixture(scope="module")
def machine() -> Iterator[ServiceBundle]:
    """A broker and a training worker over a fresh data folder."""
    with tempfile.TemporaryDirectory(prefix="dice", ignore_cleanup_errors=True) as folder:
        settings = Settings(data=Path(folder))
        prepare(settings.data)
        upgrade(settings.sqlalchemy_url)
        train = programs.workers(settings)[0]
        scripted_train = replace(train, argv=(*train.argv, "-I", "tests.fakes.scripted_worker"))
        started = [
            subprocess.Popen(program.argv, env={**os.environ, **program.environment, **QUICK})
            for program in (broker.program(settings), scripted_train)
        ]
        services = compose(settings)
        yield services
        services.database.close()  # type: ignore[attr-defined]
        for process in reversed(started):
            process.terminate()
            process.wait(30)


def in_the_broker(services: ServiceBundle) -> "redis.Redis[bytes]":
    return redis.Redis(unix_socket_path=str(services.settings.socket("valkey")), socket_timeout=5)


def queue_key(services: ServiceBundle) -> str:
    return f"{TRANSPORT_OPTIONS['global_keyprefix']}{services.settings.queue(Pool.TRAIN)}"


def test_a_message_that_comes_many_times_starts_one_attempt(machine: ServiceBundle) -> None:
    run = scripted(machine, "steps 20", configuration=of_epochs(2))
    until(lambda: machine.queue.send(TaskName.TRAIN_NEXT_RUN, run.id))
    for _ in range(9):
        machine.queue.send(TaskName.TRAIN_NEXT_RUN, run.id)
    until(lambda: machine.runs.get(run.id).is_terminal, seconds=90)
    assert (machine.runs.get(run.id).state, machine.runs.get(run.id).attempt) == ("finished", 1)
    assert result(machine, run) == digest_of(epochs=2)
    assert violations(machine, run.id) == []


def test_a_message_that_is_lost_is_sent_again(machine: ServiceBundle) -> None:
    first = scripted(machine, "steps 100", configuration=of_epochs(2))
    until(lambda: machine.runs.get(first.id).state == "running", seconds=90)
    second = scripted(machine, "steps 1", configuration=of_epochs(1))
    with in_the_broker(machine) as client:
        until(lambda: client.delete(queue_key(machine)))
    until(lambda: machine.runs.get(second.id).is_terminal, seconds=90)
    assert machine.runs.get(second.id).state == "finished"


@pytest.mark.parametrize(
    "junk",
    [
        (
            b'{"body": "gASVAAAA", "content-type": "application/x-python-serialize", "content-encoding": "base64", '
            b'"headers": {"task": "diceboard.train_next_run", "id": "1"}, "properties": {"delivery_tag": "1", '
            b'"delivery_info": {"exchange": "", "routing_key": "diceboard.train"}, "body_encoding": "base64"}}'
        ),
        (
            b'{"body": "W1sxLCAyLCAzXSwge30sIHt9XQ==", "content-type": "application/json", "content-encoding": "utf-8", '
            b'"headers": {"task": "diceboard.train_next_run", "id": "2", "lang": "py"}, "properties": {"delivery_tag": "2", '
            b'"delivery_info": {"exchange": "", "routing_key": "diceboard.train"}, "body_encoding": "base64"}}'
        ),
        (
            b'{"body": "W1tdLCB7fSwge31d", "content-type": "application/json", "content-encoding": "utf-8", '
            b'"headers": {"task": "os.system", "id": "3", "lang": "py"}, "properties": {"delivery_tag": "3", '
            b'"delivery_info": {"exchange": "", "routing_key": "diceboard.train"}, "body_encoding": "base64"}}'
        ),
    ],
    ids=["pickle", "wrong arguments", "unknown task"],
)
def test_junk_in_the_queue_ends_no_worker(machine: ServiceBundle, junk: bytes) -> None:
    (before,) = until(machine.workers.page)
    with in_the_broker(machine) as client:
        until(client.ping)
        client.lpush(queue_key(machine), junk)
    run = scripted(machine, "steps 1", configuration=of_epochs(1))
    until(lambda: machine.runs.get(run.id).is_terminal, seconds=90)
    assert machine.runs.get(run.id).state == "finished"
    assert [worker.pid for worker in machine.workers.page()] == [before.pid]
    assert len([event for event in told(machine, run, EventKind.STATE) if event["state"] == "starting"]) == 2


MESSAGE = {
    "body": "W1tdLCB7fSwge31d",
    "content-type": "application/json",
    "content-encoding": "utf-8",
    "headers": {"task": "diceboard.train_next_run", "id": "4", "lang": "py"},
    "properties": {
        "delivery_tag": "4",
        "delivery_info": {"exchange": "", "routing_key": "diceboard.train"},
        "body_encoding": "base64",
    },
}
MALFORMED = [
    b"not JSON at all",
    b"",
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b"null",
    b'["a list"]',
    b'{"properties": "a text"}',
    json.dumps(MESSAGE | {"properties": {}}).encode(),
    json.dumps(MESSAGE | {"body": "\u00e4 is not base64"}).encode(),
    json.dumps(MESSAGE | {"headers": {"task": ["no", "name"], "id": "4"}}).encode(),
    json.dumps(MESSAGE | {"headers": {"task": "diceboard.train_next_run"}}).encode(),
    json.dumps(MESSAGE | {"headers": "a text"}).encode(),
]


def test_what_is_no_message_at_all_ends_no_worker_and_does_not_come_again(machine: ServiceBundle) -> None:
    (before,) = until(machine.workers.page)
    with in_the_broker(machine) as client:
        until(client.ping)
        client.lpush(queue_key(machine), *MALFORMED)
        run = scripted(machine, "steps 1", configuration=of_epochs(1))
        until(lambda: machine.runs.get(run.id).is_terminal, seconds=90)
        until(lambda: client.llen(queue_key(machine)) == 0, seconds=90)
        until(lambda: client.hlen(f"{TRANSPORT_OPTIONS['global_keyprefix']}unacked") == 0)
    assert machine.runs.get(run.id).state == "finished"
    assert [worker.pid for worker in machine.workers.page()] == [before.pid]


def as_read_only_replica(client: "redis.Redis[bytes]") -> None:
    client.execute_command("REPLICAOF", "127.0.0.1", "1")


def with_another_password(client: "redis.Redis[bytes]") -> None:
    client.config_set("requirepass", "another")
    client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def full(client: "redis.Redis[bytes]") -> None:
    client.config_set("maxmemory", 1)


TROUBLES: list[Callable[["redis.Redis[bytes]"], object]] = [
    lambda client: client.flushall(),
    lambda client: client.execute_command("CLIENT", "KILL", "TYPE", "normal"),
    as_read_only_replica,
    with_another_password,
    full,
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=["flushed", "cut off", "read-only", "another password", "full"])
def test_a_run_goes_on_whatever_its_broker_does_and_the_next_one_starts(
    machine: ServiceBundle, trouble: Callable[["redis.Redis[bytes]"], object]
) -> None:
    run = scripted(machine, "steps 50", configuration=of_epochs(2))
    until(lambda: machine.runs.get(run.id).state == "running", seconds=90)
    with in_the_broker(machine) as client:
        trouble(client)
        until(lambda: machine.runs.get(run.id).is_terminal, seconds=90)
        following = scripted(machine, "steps 1", configuration=of_epochs(1))
        machine.queue.send(TaskName.TRAIN_NEXT_RUN, following.id)  # whether or not it gets there
        client.config_set("requirepass", "")
        client.config_set("maxmemory", 0)
        client.execute_command("REPLICAOF", "NO", "ONE")
    until(lambda: machine.runs.get(following.id).is_terminal, seconds=120)
    for each, epochs in ((run, 2), (following, 1)):
        assert (machine.runs.get(each.id).state, machine.runs.get(each.id).attempt) == ("finished", 1)
        assert result(machine, each) == digest_of(epochs=epochs)
        assert violations(machine, each.id) == []
