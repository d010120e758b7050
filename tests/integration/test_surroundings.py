"""Odd surroundings of an attempt: a namesake, strange clocks and languages, floods of metrics, a checkpoint that is gone."""

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.runs.run import EventKind
from app.services.bundle import ServiceBundle
from tests.fakes.scripted_trainer import digest_of
from tests.fixtures.checker import violations
from tests.fixtures.scripted import is_running, of_epochs, result, scripted, slot, told, trainers, until
from worker.slot import Slot
from worker.trainer.reporting import CHUNK_POINTS, Reporter


def test_a_worker_of_the_same_name_takes_the_run_and_the_first_one_writes_no_more(
    scripted_services: ServiceBundle,
) -> None:
    run = scripted(scripted_services, "steps 30", configuration=of_epochs(4))
    with slot():
        (trainer,) = until(lambda: trainers(run) if scripted_services.runs.get(run.id).state == "running" else [])
        # What a worker does as it starts, which believes that what it held before has nobody now.
        scripted_services.workers.take_back(Slot(scripted_services.settings).name)
        with slot():
            until(lambda: not is_running(trainer))
            until(lambda: scripted_services.runs.get(run.id).is_terminal, seconds=60)
    assert (scripted_services.runs.get(run.id).state, scripted_services.runs.get(run.id).attempt) == ("finished", 2)
    assert result(scripted_services, run) == digest_of(epochs=4)
    assert violations(scripted_services, run.id) == []


@pytest.mark.parametrize("zone", ["America/St_Johns", "Pacific/Chatham"])
def test_a_zone_with_summer_time_and_no_language_change_nothing(
    scripted_services: ServiceBundle, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.delenv("LANG", raising=False)
    run = scripted(scripted_services, "steps 1", configuration=of_epochs(1))
    with slot():
        until(lambda: scripted_services.runs.get(run.id).is_terminal, seconds=60)
    found = scripted_services.runs.get(run.id)
    assert (found.state, found.attempt) == ("finished", 1)
    assert found.started_at is not None
    assert found.finished_at is not None
    assert timedelta(0) <= found.started_at - found.created_at <= found.finished_at - found.created_at
    assert found.finished_at - found.created_at < timedelta(minutes=5)


def test_a_run_whose_checkpoints_were_deleted_begins_anew_and_comes_to_the_same(
    scripted_services: ServiceBundle,
) -> None:
    run = scripted(scripted_services, "steps 30", configuration=of_epochs(3))
    with slot():
        until(lambda: told(scripted_services, run, EventKind.EPOCH), seconds=60)
        shutil.rmtree(scripted_services.settings.data / "checkpoints" / run.id, ignore_errors=True)
        for pid in trainers(run):
            os.kill(pid, signal.SIGKILL)
        until(lambda: scripted_services.runs.get(run.id).is_terminal, seconds=60)
    assert scripted_services.runs.get(run.id).attempt == 2
    assert result(scripted_services, run) == digest_of(epochs=3)
    assert violations(scripted_services, run.id) == []


def test_a_flood_of_metrics_is_kept_whole_and_in_chunks(scripted_services: ServiceBundle) -> None:
    scripted(scripted_services, "steps")
    run = scripted_services.workers.claim_next("train@here")
    assert run is not None
    reporter = Reporter(run.id, run.attempt, metrics=scripted_services.metrics, database=scripted_services.database)
    for step in range(1, 30_001):
        reporter.point(step=step, epoch=1, values={"loss": 1 / step, "accuracy": 0.5})
    reporter.close()
    chunks = told(scripted_services, run, EventKind.METRICS)
    assert max(len(chunk["step"]) for chunk in chunks) == CHUNK_POINTS
    assert [step for chunk in chunks for step in chunk["step"]] == list(range(1, 30_001))


def test_what_is_no_number_becomes_nothing_in_strict_json(scripted_services: ServiceBundle) -> None:
    scripted(scripted_services, "steps")
    run = scripted_services.workers.claim_next("train@here")
    assert run is not None
    values = [float("nan"), float("inf"), float("-inf"), float("1e400"), None, 1.0]
    scripted_services.metrics.emit(
        run.id, attempt=run.attempt, events=[(EventKind.METRICS, {"step": [1], "values": {"loss": list(values)}})]
    )
    (chunk,) = told(scripted_services, run, EventKind.METRICS)
    assert json.loads(json.dumps(chunk, allow_nan=False))["values"]["loss"] == [None] * 5 + [1.0]


@pytest.mark.parametrize("command", ["up", "web", "worker"])
def test_too_few_open_files_are_told_before_anything_starts(command: str, tmp_path: Path) -> None:
    answer = _limited("ulimit -n 64", [sys.executable, "-m", "app.cli", command], tmp_path / "data")
    assert answer.returncode == 1
    assert answer.stderr.startswith(
        "Too few files may be open: This process may open 64 files, and Diceboard needs 1,024."
    )
    assert "ulimit -n 1024" in answer.stderr
    assert not (tmp_path / "data").exists()


def test_a_low_limit_of_open_files_is_raised_where_that_is_allowed(tmp_path: Path) -> None:
    program = (
        "from app.processes import open_files; open_files.provide(); import resource; print(resource.getrlimit(7)[0])"
    )
    answer = _limited("ulimit -S -n 64", [sys.executable, "-c", program], tmp_path)
    assert int(answer.stdout) >= 1_024


def _limited(limit: str, command: list[str], data: Path) -> subprocess.CompletedProcess[str]:
    shell = ["bash", "-c", f'{limit}; exec "$@"', "bash", *command]
    environment = {**os.environ, "DICEBOARD_DATA": str(data), "DICEBOARD_PORT": "0"}
    return subprocess.run(shell, capture_output=True, text=True, check=False, env=environment)
