"""A run is trained on the version that it was asked for, whatever became of its dataset since."""

import io
import json
from dataclasses import dataclass
from typing import Any

import pytest

from app.adapters import devices
from app.adapters.database.migrate import upgrade
from app.composition import compose
from app.core.datasets.dataset import Split, Version
from app.core.datasets.repair import Repair
from app.core.runs.evaluation import brief
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Run
from app.services.bundle import ServiceBundle
from app.settings import Settings
from tests.factories.bad_images import drawn
from tests.factories.images import tar_bytes
from tests.factories.rows import queued_run
from tests.fakes import nvml
from worker.trainer.training import Training

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")


@dataclass(frozen=True)
class Trained:
    """A finished run, the version that it was asked for, and the facts that it left."""

    services: ServiceBundle
    run: Run
    version: Version
    facts: dict[str, Any]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Trained in this process, whose environment says that it has a GPU, after its dataset was repaired."""
    settings = Settings(data=tmp_path_factory.mktemp("data"), reserve_bytes=0)
    upgrade(settings.sqlalchemy_url)
    services = compose(settings)
    made = services.datasets.create("dice")
    files = {
        f"{split}/{name}/{n}.png": drawn(1_000 * len(split) + 100 * int(name) + n)
        for split in ("train", "val", "test")
        for name in "12"
        for n in range(4)
    }
    files["train/1/again.png"] = files["train/1/0.png"]
    services.datasets.receive(made.id, io.BytesIO(tar_bytes(files)))
    services.datasets.commit(made.id)
    assert services.datasets.check(made.id)
    first = services.datasets.get(made.id).version
    assert first is not None
    run = queued_run(services.database, dataset_id=made.id, version_id=first.id)  # type: ignore[arg-type]
    repaired = services.datasets.repair(made.id, Repair(merge_duplicates=True, rename_classes={"1": "one"}))
    assert services.datasets.get(made.id).version == repaired
    with services.database.transaction() as transaction:
        claimed = transaction.runs.claim_next(worker="train@here", lease_seconds=600)
    assert claimed is not None
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(devices.VISIBLE, nvml.gpu(1)["uuid"])
        Training(services, claimed, asked_to_stop=lambda: False).work()
    [record] = [artifact for artifact in services.artifacts.of(run.id) if artifact.name == "run.json"]
    return Trained(services, services.runs.get(run.id), first, json.loads(services.blobs.get_bytes(record.blob)))


def test_a_repaired_dataset_leaves_a_waiting_run_its_version(trained: Trained) -> None:
    run, version = trained.run, trained.version
    assert run.state is RunState.FINISHED
    assert run.version_id == version.id
    answered = trained.services.evaluations.predicted(run)[Split.TEST]
    assert answered.classes == ("1", "2")
    assert sorted(answered.paths) == [f"test/{name}/{n}.png" for name in "12" for n in range(4)]
    assert run.evaluation["test"] == brief(answered)
    assert trained.facts["dataset"] == {"id": run.dataset_id, "version": version.id, "digest": version.digest}
    assert trained.facts["classes"] == ["1", "2"]


def test_a_run_says_what_computed_it(trained: Trained) -> None:
    told = trained.run.representation()["computed_by"]
    assert told == trained.facts["versions"]
    assert (told["backend"], told["device"]) == ("tensorflow", "cpu")


def test_a_gpu_that_the_backend_does_not_see_is_no_secret(trained: Trained) -> None:
    assert "tensorflow sees none and computes on the CPU" in trained.services.metrics.log(trained.run.id)
