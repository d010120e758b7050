"""Standing by an exporter: what is left of one that ends in each of its ways."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from app.adapters.database.migrate import upgrade
from app.composition import compose
from app.core.runs.exports import Export, ExportFormat, ExportRequest, ExportState
from app.core.runs.lifecycle import RunState
from app.services.bundle import ServiceBundle
from app.settings import Settings
from tests.factories.rows import queued_run
from worker.exporting import export_run

LEAVES = "import os, sys, tempfile; open(os.path.join(tempfile.mkdtemp(dir=sys.argv[1]), 'half'), 'w').write('x'); "


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServiceBundle:
    settings = Settings(data=tmp_path, reserve_bytes=0)
    upgrade(settings.sqlalchemy_url)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    (tmp_path / "scratch").mkdir()
    return compose(settings)


@pytest.fixture
def asked(services: ServiceBundle, tmp_path: Path) -> Export:
    run = queued_run(services.database, state=RunState.RUNNING, attempt=1)  # type: ignore[arg-type]
    path = tmp_path / "weights"
    path.write_bytes(b"weights")
    services.artifacts.publish(run.id, attempt=1, name="best.weights.h5", path=path)
    services.runs.move(run.id, RunState.STOPPED, attempt=1)
    found = services.exports.ask(run.id, ExportRequest(format=ExportFormat.ONNX))
    assert isinstance(found, Export)
    return found


def command(services: ServiceBundle, ending: str) -> Sequence[str]:
    return ("-c", f"{LEAVES}{ending}", str(services.settings.data / "scratch"))


@pytest.mark.parametrize(
    ("ending", "seconds"), [("os.kill(os.getpid(), 9)", 60.0), ("import time; time.sleep(10**6)", 1.0)]
)
def test_one_that_is_killed_or_hangs_leaves_nothing_on_disk(
    services: ServiceBundle, asked: Export, ending: str, seconds: float
) -> None:
    export_run(services, asked.id, command=command(services, ending), ends_within_seconds=seconds)
    assert list((services.settings.data / "scratch").iterdir()) == []
    [failed] = services.exports.of(asked.run_id)
    assert failed.state is ExportState.FAILED


def test_one_that_nobody_wants_is_not_made_again(services: ServiceBundle, asked: Export) -> None:
    export_run(services, asked.id, command=command(services, "sys.exit(3)"))
    assert services.exports.of(asked.run_id) == []
    assert services.exports.claim(asked.id) is None
    again = services.exports.ask(asked.run_id, asked.request)
    assert isinstance(again, Export)
    assert again.id != asked.id


def test_one_that_has_said_why_it_failed_is_kept_though_nobody_wants_it(services: ServiceBundle, asked: Export) -> None:
    services.exports.claim(asked.id)
    services.exports.fail(asked.id, "why")
    services.exports.forget(asked.id)
    [failed] = services.exports.of(asked.run_id)
    assert failed.error == "why"


def test_a_file_of_the_run_that_is_gone_is_said(
    services: ServiceBundle, asked: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no run.json: what would tell the classes of the file."""
    monkeypatch.setenv("DICEBOARD_DATA", str(services.settings.data))
    stubs = "import sys, types; made = types.ModuleType('worker.exporter.making'); "
    asks = "made.make = lambda services, export: services.artifacts.get(export.run_id, 'run.json'); "
    runs = "sys.modules['worker.exporter.making'] = made; from worker.exporter.__main__ import main; sys.exit(main(sys.argv[1:]))"
    export_run(services, asked.id, command=("-c", stubs + asks + runs))
    [failed] = services.exports.of(asked.run_id)
    assert failed.state is ExportState.FAILED
    assert "has no artifact 'run.json'" in str(failed.error)
