"""Messages of the version before are taken by workers of this one, and messages of this one look like those of before."""

import base64
import json
import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis

from app.adapters.database.migrate import upgrade
from app.adapters.task_queue import CeleryTaskQueue
from app.composition import compose
from app.core.names import POOL_OF_TASK, TaskName
from app.processes import broker, programs
from app.services.bundle import ServiceBundle
from app.settings import Settings
from tests.fixtures.scripted import until

RECORDED = Path(__file__).parents[1] / "fixtures" / "recorded" / "0011"
QUICK = {"DICEBOARD_LEASE_SECONDS": "6", "DICEBOARD_HEARTBEAT_SECONDS": "1", "DICEBOARD_RECONCILE_SECONDS": "3600"}
"""Nobody else sends messages meanwhile: what happens, happens because of those that were recorded."""


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))


def key_of(settings: Settings, task: TaskName) -> str:
    return f"diceboard:v1:{settings.queue(POOL_OF_TASK[task])}"


@pytest.fixture
def machine() -> Iterator[tuple[ServiceBundle, "redis.Redis[bytes]"]]:
    """What the version before left behind: its database, its blobs, and its messages in a broker."""
    with tempfile.TemporaryDirectory(prefix="dice", ignore_cleanup_errors=True) as folder:
        settings = Settings(data=Path(folder), reserve_bytes=0)
        with sqlite3.connect(settings.data / "diceboard.sqlite3") as connection:
            connection.executescript((RECORDED / "database.sql").read_text(encoding="utf-8"))
            connection.execute("UPDATE run SET name = 'steps 1'")  # what the scripted trainer does
        connection.close()
        for name, content in recorded("blobs").items():
            (settings.data / "blobs" / name).parent.mkdir(parents=True, exist_ok=True)
            (settings.data / "blobs" / name).write_bytes(base64.b64decode(content))
        upgrade(settings.sqlalchemy_url)
        process = subprocess.Popen(broker.program(settings).argv)
        client = redis.Redis.from_url(settings.broker)
        services = compose(settings)
        with services.database.transaction() as transaction:
            assert transaction.workers.take_turn("reconcile", every_seconds=1800)  # half of that, as workers do
        until(lambda: settings.socket("valkey").exists())
        yield services, client
        services.database.close()  # type: ignore[attr-defined]
        client.close()
        process.kill()
        process.wait()


@pytest.fixture
def workers(machine: tuple[ServiceBundle, "redis.Redis[bytes]"]) -> Iterator[None]:
    """One of each pool, of this version."""
    train, light = programs.workers(machine[0].settings)
    scripted = replace(train, argv=(*train.argv, "-I", "tests.fakes.scripted_worker"))
    started = [
        subprocess.Popen(program.argv, env={**os.environ, **program.environment, **QUICK})
        for program in (scripted, light)
    ]
    yield
    for process in started:
        process.terminate()
        process.wait(30)


def test_every_message_of_before_is_taken_and_done(
    machine: tuple[ServiceBundle, "redis.Redis[bytes]"], workers: None
) -> None:
    services, client = machine
    messages, ids = recorded("messages")["tasks"], recorded("answers")["ids"]
    told = {message["headers"]["task"] for of_pool in messages.values() for message in of_pool}
    assert told == {task.value for task in TaskName}
    for pool, of_pool in messages.items():
        client.lpush(f"diceboard:v1:diceboard.{pool}", *(json.dumps(message) for message in of_pool))
    for name in ("queued", "first in the queue"):
        until(lambda name=name: services.runs.get(ids[name]).is_terminal, seconds=180)  # type: ignore[misc]
        assert services.runs.get(ids[name]).state == "finished"
    until(lambda: services.datasets.get(ids["checking"]).state == "ready", seconds=180)
    until(lambda: services.datasets.get(ids["rendering"]).state == "ready", seconds=180)
    until(lambda: services.statistics.known(ids["dataset"]), seconds=180)
    until(lambda: [export.error for export in services.exports.of(ids["finished"])] != [None], seconds=180)
    for pool in messages:
        until(lambda pool=pool: client.llen(f"diceboard:v1:diceboard.{pool}") == 0, seconds=60)  # type: ignore[misc]


def test_messages_look_as_they_did_before(machine: tuple[ServiceBundle, "redis.Redis[bytes]"]) -> None:
    """Fails where a task gets another name or more than one id: add a task, and send to it once no old worker is left."""
    services, client = machine
    queue = CeleryTaskQueue(services.settings)
    for of_pool in recorded("messages")["tasks"].values():
        for then in of_pool:
            task = TaskName(then["headers"]["task"])
            (run_id,) = json.loads(base64.b64decode(then["body"]))[0]
            assert queue.send(task, run_id)
            sent: Any = client.rpop(key_of(services.settings, task))
            now = json.loads(sent)
            assert json.loads(base64.b64decode(now["body"])) == json.loads(base64.b64decode(then["body"]))
            assert form(now) == form(then)
    queue.close()


def form(message: Any) -> Any:
    """A message without what is different in each: its ids, and where it comes from."""
    if isinstance(message, dict):
        hidden = {"body", "id", "root_id", "correlation_id", "delivery_tag", "reply_to", "origin", "argsrepr"}
        return {key: form(value) for key, value in message.items() if key not in hidden}
    return message
