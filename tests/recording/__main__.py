"""`python -m tests.recording FOLDER`: writes down what this version keeps and says, for later ones to work beside it.

To be run with the code of the version that is recorded, before anything is added to it. Later versions read the folder in
`tests/integration/test_side_by_side.py` and never write it anew.
"""

import base64
import contextlib
import json
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from app.adapters.database.migrate import upgrade
from app.adapters.predictor import ValkeyPredictor, told
from app.composition import compose
from app.core.architectures.architecture import Architecture
from app.core.datasets.dataset import Version
from app.core.datasets.preparation import Preparation
from app.core.datasets.sample_dice.request import SampleRequest
from app.core.datasets.statistics import VersionStatistics
from app.core.errors import UnavailableError
from app.core.runs.configuration import Configuration
from app.core.runs.exports import ExportRequest
from app.core.runs.lifecycle import RunState
from app.core.runs.predictions import (
    Answer,
    AskAboutImage,
    AskAboutImages,
    AskToBeReady,
    Look,
    Question,
    TrainedNetwork,
)
from app.core.runs.run import Check, Event, Progress
from app.core.runs.start_from import StartFrom
from app.main import create_app
from app.processes import broker
from app.services.bundle import ServiceBundle
from app.settings import Settings
from app.web.security import Access
from tests.fixtures.databases import fresh_database, postgres_server
from tests.recording import addresses, scenario, statements

KEPT: dict[str, Any] = {
    "run.configuration": Configuration,
    "run.progress": Progress,
    "run.start_from": StartFrom,
    "run.state": RunState,
    "architecture.definition": Architecture,
    "dataset.samples": SampleRequest,
    "dataset_version.facts": Version,
    "version_statistics.facts": VersionStatistics,
    "artifact.check": Check,
    "run_export.request": ExportRequest,
    "event": Event,
    "question": Question,
    "answer": Answer,
}
"""Values that one process writes and another, perhaps of the other version, reads."""


def main(folder: Path) -> None:
    """Write the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with _composed(None) as (services, client):
        transactions, ids = _played(services)
        statements.write(folder / "statements-sqlite.json", transactions)
        _write(folder / "messages.json", _messages(services, client, ids))
        _write(folder / "blobs.json", _blobs(services.settings.data / "blobs"))
        _write(folder / "answers.json", {"ids": ids, "answers": _answers(services, ids)})
        services.database.close()  # type: ignore[attr-defined]
        database = sqlite3.connect(services.settings.data / "diceboard.sqlite3")
        (folder / "database.sql").write_text("\n".join(database.iterdump()) + "\n", encoding="utf-8")
    with postgres_server("fsync=off") as (server, _), _composed(fresh_database(server)) as (services, _):
        transactions, _ = _played(services)
        services.database.close()  # type: ignore[attr-defined]
    statements.write(folder / "statements-postgresql.json", transactions)
    _write(folder / "schemas.json", {what: TypeAdapter(kind).json_schema() for what, kind in KEPT.items()})


def _played(services: ServiceBundle) -> tuple[list[Any], dict[str, str]]:
    with statements.recorded(services.database.engine) as transactions:  # type: ignore[attr-defined]
        ids = scenario.play(services, services.settings.data)
    return transactions, ids


@contextmanager
def _composed(database_url: str | None) -> Iterator[tuple[ServiceBundle, "redis.Redis[bytes]"]]:
    with tempfile.TemporaryDirectory(prefix="dice", ignore_cleanup_errors=True) as name:
        settings = Settings(data=Path(name), database_url=database_url, reserve_bytes=0)
        upgrade(settings.sqlalchemy_url)
        process = subprocess.Popen(broker.program(settings).argv)
        try:
            while not settings.socket("valkey").exists():
                time.sleep(0.1)
            yield compose(settings), redis.Redis.from_url(settings.broker)
        finally:
            process.kill()
            process.wait()


def _messages(services: ServiceBundle, client: "redis.Redis[bytes]", ids: dict[str, str]) -> dict[str, Any]:
    """What lies in the broker: tasks in the order in which they were sent, events, and questions to the predictor."""
    tasks = {pool: _listed(client, f"diceboard:v1:diceboard.{pool}")[::-1] for pool in ("train", "light")}
    events: Any = client.xrange(f"diceboard:events:{ids['finished']}")
    network = TrainedNetwork(run_id=ids["finished"], sha256="0" * 64, bytes=1, weights="a/key", plan="another/key")
    preparation = Preparation(height=2, width=2)
    asked = [
        (AskAboutImage(network=network, preparation=preparation, look=Look(heat_map=True, layers=True)), bytes(12)),
        (AskAboutImages(network=network, preparation=preparation, digests=("1" * 64,)), b""),
        (AskToBeReady(network=network, preparation=preparation), b""),
    ]
    predictor = ValkeyPredictor(services.settings.broker, patience_seconds=30)
    for question, pixels in asked:
        threading.Thread(target=_ask, args=(predictor, question, pixels), daemon=True).start()
        time.sleep(0.5)
    numbers = _listed(client, "diceboard:v1:predictions")
    questions: list[Any] = [client.get(f"diceboard:v1:predictions:question:{number}") for number in numbers]
    return {
        "tasks": {pool: [_of_nowhere(json.loads(one)) for one in messages] for pool, messages in tasks.items()},
        "events": [
            {"id": key.decode(), **{k.decode(): v.decode() for k, v in fields.items()}} for key, fields in events
        ],
        "questions": [base64.b64encode(question).decode() for question in questions],
        "answer": base64.b64encode(told(Answer(probabilities=((0.25, 0.75),)))).decode(),
    }


def _of_nowhere(message: dict[str, Any]) -> dict[str, Any]:
    """Without the name of the machine that it was written on."""
    message["headers"]["origin"] = "gen1@recorded"
    return message


def _ask(predictor: ValkeyPredictor, question: Any, pixels: bytes) -> None:
    with contextlib.suppress(UnavailableError):  # nobody answers
        predictor.ask(question, pixels)


def _listed(client: "redis.Redis[bytes]", key: str) -> list[str]:
    found: Any = client.lrange(key, 0, -1)
    return [item.decode() for item in found]


def _blobs(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): base64.b64encode(path.read_bytes()).decode() for path in paths}


def _answers(services: ServiceBundle, ids: dict[str, str]) -> dict[str, Any]:
    """What the REST API says about all of it."""
    token = "the-token-of-a-recording"
    app = create_app(services, access=Access(token, services.logins))
    client = TestClient(app, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {token}"})
    found = {}
    for path in addresses.of(ids):
        answer = client.get(f"/api/v1{path}")
        assert answer.status_code == 200, (path, answer.text)
        found[path] = answer.json()
    return found


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
