"""Of many workers that look for what was lost, one does at a time, and not when nobody could have been heard."""

import time
from pathlib import Path
from typing import Any

import pytest

from app.adapters.database.migrate import upgrade
from app.core.errors import UnavailableError
from app.services.workers import WorkerService
from app.settings import Settings
from worker.heartbeat import Heartbeat


def test_of_several_workers_whose_time_has_come_one_reconciles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[None] = []
    monkeypatch.setattr(WorkerService, "reconcile", lambda _, **__: done.append(None))
    settings = Settings(data=tmp_path, pools=("train",))
    upgrade(settings.sqlalchemy_url)
    heartbeats = [Heartbeat(settings.model_copy(update={"worker_name": f"machine{number}"})) for number in range(3)]
    for heartbeat in heartbeats:
        heartbeat._once(reconcile=True)
    assert len(done) == 1
    heartbeats[0]._once(reconcile=False)
    assert len(done) == 1
    for heartbeat in heartbeats:
        heartbeat._services.database.close()  # type: ignore[union-attr, attr-defined]


def test_after_the_database_was_away_nobody_is_taken_for_dead_before_a_lease_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    took_back: list[bool] = []
    answers = iter([False, True, True])

    def beat(*_: Any) -> None:
        if not next(answers):
            raise UnavailableError("The database did not answer.")

    monkeypatch.setattr(WorkerService, "beat", beat)
    monkeypatch.setattr(WorkerService, "is_turn_to_reconcile", lambda *_, **__: True)
    monkeypatch.setattr(WorkerService, "reconcile", lambda _, take_back: took_back.append(take_back))
    settings = Settings(data=tmp_path, pools=("train",), lease_seconds=3, heartbeat_seconds=0.5)
    upgrade(settings.sqlalchemy_url)
    heartbeat = Heartbeat(settings)
    heartbeat._beat(reconcile=True)
    heartbeat._beat(reconcile=True)
    assert took_back == [False]
    now = time.monotonic()
    monkeypatch.setattr("worker.heartbeat.time.monotonic", lambda: now + 3)
    heartbeat._beat(reconcile=True)
    assert took_back == [False, True]
    heartbeat._services.database.close()  # type: ignore[union-attr, attr-defined]
