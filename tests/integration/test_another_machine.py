"""Two machines that have a database and a storage in common and nothing else: what one has trained, the other has."""

from pathlib import Path

import pytest

from app.core.errors import UnavailableError
from app.core.runs.exports import Export, ExportFormat, ExportRequest
from app.core.runs.lifecycle import RunState
from app.core.runs.run import EventKind, Run
from app.services.bundle import ServiceBundle
from tests.factories.fitting import after
from tests.factories.trained import claimed_run, dataset_of, services_of, trained_run
from worker.exporting import export_run
from worker.trainer.callbacks import StoppedError
from worker.trainer.training import Training

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")


@pytest.fixture
def machines(tmp_path: Path) -> tuple[ServiceBundle, ServiceBundle]:
    common = {
        "database_url": f"sqlite:///{tmp_path / 'common.sqlite3'}",
        "storage_url": (tmp_path / "storage").as_uri(),
        "broker_url": "unix:///nowhere",
    }
    return services_of(tmp_path / "first", **common), services_of(tmp_path / "second", **common)


def again(services: ServiceBundle, run: Run) -> Run:
    """Its next attempt."""
    with services.database.transaction() as transaction:
        claimed = transaction.runs.claim_next(worker="train@elsewhere", lease_seconds=600)
    assert claimed is not None
    assert claimed.id == run.id
    return claimed


def digests(services: ServiceBundle, run: Run) -> list[object]:
    """Of the weights after each epoch; where several attempts came to it, of the last."""
    events = [event for event in services.metrics.events(run.id) if event.kind is EventKind.EPOCH]
    return list({event.payload["epoch"]: event.payload["weights_digest"] for event in events}.values())


def test_a_run_goes_on_and_is_continued_on_another_machine(machines: tuple[ServiceBundle, ServiceBundle]) -> None:
    first, second = machines
    dataset = dataset_of(first)
    whole = trained_run(first, dataset=dataset, epochs=4)
    run = claimed_run(first, dataset=dataset, epochs=3)
    with pytest.raises(StoppedError):
        Training(first, run, asked_to_stop=after(10)).work()
    first.workers.hand_back(run.id, attempt=run.attempt, reason="its worker leaves")
    Training(second, again(second, run), asked_to_stop=lambda: False).work()
    done = second.runs.get(run.id)
    assert (done.state, done.attempt) == (RunState.FINISHED, 2)
    steps = [
        event.payload["step"]
        for event in second.metrics.events(run.id)
        if event.attempt == 2 and event.kind is EventKind.METRICS
    ]
    assert steps[0][0] == 9, "two epochs of four steps were done"  # type: ignore[index]
    second.run_queue.go_on(run.id, more_epochs=1)
    Training(first, again(first, run), asked_to_stop=lambda: False).work()
    assert digests(first, run) == digests(first, whole)
    assert first.runs.get(run.id).evaluation == first.runs.get(whole.id).evaluation


def test_a_file_of_a_kept_epoch_is_made_by_another_machine(
    machines: tuple[ServiceBundle, ServiceBundle], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = machines
    run = trained_run(first, epochs=2)
    assert second.exports.kept_epochs(run.id) == [1, 2]
    asked = second.exports.ask(run.id, ExportRequest(format=ExportFormat.KERAS, epoch=1))
    assert isinstance(asked, Export)
    for name in ("data", "database_url", "storage_url"):
        monkeypatch.setenv(f"DICEBOARD_{name.upper()}", str(getattr(second.settings, name)))
    export_run(second, asked.id)
    made = second.exports.get(run.id, asked.name)
    assert not isinstance(made, Export), made.error
    assert made.epoch == 1
    assert not (second.settings.data / "checkpoints").exists()


def test_a_machine_that_cannot_ask_the_storage_does_not_begin_anew(
    machines: tuple[ServiceBundle, ServiceBundle], tmp_path: Path
) -> None:
    first, second = machines
    run = claimed_run(first, epochs=3)
    with pytest.raises(StoppedError):
        Training(first, run, asked_to_stop=after(10)).work()
    first.workers.hand_back(run.id, attempt=run.attempt, reason="its worker leaves")
    attempt = again(second, run)
    (tmp_path / "storage" / "checkpoints").rename(tmp_path / "elsewhere")
    (tmp_path / "storage" / "checkpoints").write_text("no folder")
    with pytest.raises(UnavailableError):
        Training(second, attempt, asked_to_stop=lambda: False).work()
