"""Of many workers that look for what was lost, one does at a time."""

from pathlib import Path

import pytest

from app.adapters.database.migrate import upgrade
from app.services.workers import WorkerService
from app.settings import Settings
from worker.heartbeat import Heartbeat


def test_of_several_workers_whose_time_has_come_one_reconciles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[None] = []
    monkeypatch.setattr(WorkerService, "reconcile", lambda _: done.append(None))
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
