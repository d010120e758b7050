"""Of many workers that look for what was lost, one does at a time, and not when nobody could have been heard."""

from pathlib import Path
from types import SimpleNamespace
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
    answers, now = [True], [100.0]

    def beat(*_: Any) -> None:
        if not answers[0]:
            raise UnavailableError("The database did not answer.")

    monkeypatch.setattr(WorkerService, "beat", beat)
    monkeypatch.setattr(WorkerService, "is_turn_to_reconcile", lambda *_, **__: True)
    monkeypatch.setattr(WorkerService, "reconcile", lambda _, take_back: took_back.append(take_back))
    monkeypatch.setattr("worker.heartbeat.time", SimpleNamespace(monotonic=lambda: now[0]))
    settings = Settings(data=tmp_path, pools=("train",), lease_seconds=60)
    upgrade(settings.sqlalchemy_url)
    heartbeat = Heartbeat(settings)
    for seconds, answers[0] in [
        (0, True),
        (5, False),
        (10, True),
        (15, False),
        (75, False),
        (80, True),
        (110, True),
        (139, True),
    ]:
        now[0] = 100.0 + seconds
        heartbeat._beat(reconcile=True)
    assert took_back == [True, True, False, False, False], "a short absence ends no lease"
    now[0] = 100.0 + 141
    heartbeat._beat(reconcile=True)
    assert took_back[5:] == [True]
    heartbeat._services.database.close()  # type: ignore[union-attr, attr-defined]
