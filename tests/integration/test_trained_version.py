"""A run is trained on the version that it was asked for, whatever became of its dataset since."""

import io
import json
from pathlib import Path

import pytest

from app.adapters.database.migrate import upgrade
from app.composition import compose
from app.core.datasets.dataset import Split
from app.core.datasets.repair import Repair
from app.core.runs.evaluation import brief
from app.core.runs.lifecycle import RunState
from app.settings import Settings
from tests.factories.bad_images import drawn
from tests.factories.images import tar_bytes
from tests.factories.rows import queued_run
from worker.trainer.training import Training

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")


def test_a_repaired_dataset_leaves_a_waiting_run_its_version(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, reserve_bytes=0)
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
    Training(services, claimed, asked_to_stop=lambda: False).work()
    trained = services.runs.get(run.id)
    assert trained.state is RunState.FINISHED
    assert trained.version_id == first.id
    answered = services.evaluations.predicted(trained)[Split.TEST]
    assert answered.classes == ("1", "2")
    assert sorted(answered.paths) == sorted(path for path in files if path.startswith("test/"))
    assert trained.evaluation["test"] == brief(answered)
    [record] = [artifact for artifact in services.artifacts.of(run.id) if artifact.name == "run.json"]
    facts = json.loads(services.blobs.get_bytes(record.blob))
    assert facts["dataset"] == {"id": made.id, "version": first.id, "digest": first.digest}
    assert facts["classes"] == ["1", "2"]
