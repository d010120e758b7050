"""Files made of a run's weights, opened again elsewhere by what they say of themselves alone."""

import hashlib
import io
import json
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from app.adapters.images import PillowImages
from app.core.errors import ConflictError, InvalidError
from app.core.runs.exports import EXACT, Export, ExportFormat, ExportRequest
from app.core.runs.loading import loading_code
from app.core.runs.run import Artifact, Run
from app.services.bundle import ServiceBundle
from tests.factories.bad_images import drawn
from tests.factories.fitting import network_of
from tests.factories.trained import dataset_of, services_of, trained_run
from worker.exporter.making import Maker, facts_of
from worker.exporter.trained import trained
from worker.exporting import export_run

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")

ELSEWHERE = Path(__file__).parents[1] / "factories" / "elsewhere.py"
ALONE = [made for made in ExportFormat if made is not ExportFormat.ZIP]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> ServiceBundle:
    return services_of(tmp_path_factory.mktemp("exports"))


@pytest.fixture(scope="module")
def run(services: ServiceBundle) -> Run:
    return trained_run(
        services, architecture=network_of("subclassed"), epochs=3, optimizer={"name": "adam", "learning_rate": 0.02}
    )


@pytest.fixture
def environment(services: ServiceBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DICEBOARD_DATA", str(services.settings.data))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))


def made(services: ServiceBundle, run: Run, made_as: ExportFormat, epoch: Any = "best") -> Artifact:
    """As the light worker makes it, in a process of its own."""
    asked = services.exports.ask(run.id, ExportRequest(format=made_as, epoch=epoch))
    if isinstance(asked, Export):
        export_run(services, asked.id)
    found = services.exports.get(run.id, asked.name)
    assert isinstance(found, Artifact), found.error
    return found


def content(services: ServiceBundle, artifact: Artifact) -> bytes:
    found = b"".join(services.artifacts.stream(artifact))
    assert (len(found), hashlib.sha256(found).hexdigest()) == (artifact.bytes, artifact.sha256)
    return found


def predicted_here(services: ServiceBundle, run: Run, image: bytes, folder: Path) -> np.ndarray:
    """By the run's own best.keras, prepared by the trainer's own code."""
    path = folder / "here.keras"
    path.write_bytes(content(services, services.artifacts.get(run.id, "best.keras")))
    pixels = PillowImages(10**8).decode(image, services.scripts.facts(run.id, origin="").preparation)
    network = keras.saving.load_model(path, compile=False)
    return np.asarray(network.predict_on_batch(pixels[None].astype(np.float32) / np.float32(255)))[0]


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("made_as", ALONE)
def test_a_prediction_elsewhere_from_the_file_alone_equals_ours(
    services: ServiceBundle, run: Run, tmp_path: Path, made_as: ExportFormat
) -> None:
    artifact = made(services, run, made_as)
    (tmp_path / artifact.name).write_bytes(content(services, artifact))
    image = drawn(77)
    (tmp_path / "image.png").write_bytes(image)
    (tmp_path / "architecture.json").write_bytes(  # which weights alone need, and nothing else
        content(services, services.artifacts.get(run.id, "architecture.json"))
    )
    code = loading_code(made_as, artifact.name.removesuffix(".zip"))
    command = [sys.executable, "-I", str(ELSEWHERE), artifact.name, "image.png", code]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert answer.returncode == 0, answer.stderr[-2000:]
    found = json.loads(answer.stdout.splitlines()[-1])
    expected = dict(zip(("1", "2", "3"), predicted_here(services, run, image, tmp_path), strict=True))
    assert list(found) == list(expected)
    assert list(found.values()) == pytest.approx([float(value) for value in expected.values()], abs=EXACT)
    if made_as not in {ExportFormat.KERAS, ExportFormat.WEIGHTS}:  # those are the trainer's own
        assert artifact.check is not None
        assert artifact.check.images == 12
        assert artifact.check.largest_difference <= EXACT


@pytest.mark.usefixtures("environment")
def test_everything_is_in_one_zip_with_a_card_and_sums_that_hold(
    services: ServiceBundle, run: Run, tmp_path: Path
) -> None:
    artifact = made(services, run, ExportFormat.ZIP)
    with zipfile.ZipFile(io.BytesIO(content(services, artifact))) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
        names = set(archive.namelist())
    assert names == {
        *("best.keras", "best.weights.h5", "best.onnx", "best.tflite", "best.saved_model.zip", "last.weights.h5"),
        *("architecture.json", "history.csv", "predictions.npz", "run.json", "evaluation.json"),
        *("script.py", "script.ipynb", "README.md", "SHA256SUMS"),
    }
    sums = dict(reversed(line.split("  ")) for line in (tmp_path / "SHA256SUMS").read_text().splitlines())
    assert sums == {name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in names - {"SHA256SUMS"}}
    card = (tmp_path / "README.md").read_text()
    assert f"accuracy {100 * run.evaluation['test']['accuracy']:.1f} %" in card  # type: ignore[operator]
    assert 'onnxruntime.InferenceSession("best.onnx")' in card
    evaluation = json.loads((tmp_path / "evaluation.json").read_text())
    assert {name: entry["accuracy"] for name, entry in evaluation.items()} == {
        name: entry["accuracy"]
        for name, entry in run.evaluation.items()  # type: ignore[index, call-overload]
    }
    assert np.sum(evaluation["test"]["confusion_matrix"]) == evaluation["test"]["images"] == 12
    for word in evaluation["test"]["caveats"]["words"]:
        assert word["text"] in card


@pytest.mark.usefixtures("environment")
def test_a_kept_epoch_has_its_own_weights_and_one_that_is_not_kept_is_refused(
    services: ServiceBundle, run: Run, tmp_path: Path
) -> None:
    with pytest.raises(ConflictError, match="There are those of: 2, 3"):
        services.exports.ask(run.id, ExportRequest(format=ExportFormat.KERAS, epoch=1))
    last = made(services, run, ExportFormat.KERAS, epoch=3)
    before = made(services, run, ExportFormat.KERAS, epoch=2)
    assert (last.name, last.epoch) == ("epoch-0003.keras", 3)
    weights = {}
    for artifact in (last, before):
        (tmp_path / artifact.name).write_bytes(content(services, artifact))
        weights[artifact.name] = keras.saving.load_model(tmp_path / artifact.name, compile=False).get_weights()
    twin = keras.saving.load_model(tmp_path / last.name, compile=False)
    (tmp_path / "last.weights.h5").write_bytes(content(services, services.artifacts.get(run.id, "last.weights.h5")))
    twin.load_weights(tmp_path / "last.weights.h5")
    assert all(np.array_equal(*pair) for pair in zip(twin.get_weights(), weights[last.name], strict=True))
    assert not all(np.array_equal(*pair) for pair in zip(*weights.values(), strict=True))


@pytest.mark.usefixtures("environment")
def test_half_precision_is_exported_as_float32(services: ServiceBundle) -> None:
    trained = trained_run(services, dataset=dataset_of(services), precision="mixed_bfloat16")
    check = made(services, trained, ExportFormat.ONNX).check
    assert check is not None
    assert check.largest_difference <= check.tolerance == 2e-2


@pytest.mark.usefixtures("environment")
def test_a_process_that_is_killed_is_followed_by_another_and_in_the_end_it_is_said(
    services: ServiceBundle, run: Run, tmp_path: Path
) -> None:
    asked = services.exports.ask(run.id, ExportRequest(format=ExportFormat.ONNX, epoch="last"))
    assert isinstance(asked, Export)
    marks = tmp_path / "marks"
    suicide = f"import os; open({str(marks)!r}, 'a').write('x'); os.kill(os.getpid(), {int(signal.SIGKILL)})"
    export_run(services, asked.id, command=("-c", suicide))
    assert marks.read_text() == "xxx"
    [failed] = [export for export in services.exports.of(run.id) if export.name == "last.onnx"]
    assert failed.state == "failed"
    assert "ended from outside 3 times" in str(failed.error)
    assert made(services, run, ExportFormat.ONNX, epoch="last").check is not None  # asked again, it is tried again


@pytest.mark.usefixtures("environment")
def test_one_that_hangs_is_ended(services: ServiceBundle, run: Run) -> None:
    asked = services.exports.ask(run.id, ExportRequest(format=ExportFormat.LITERT, epoch="last"))
    assert isinstance(asked, Export)
    hangs = "import time; time.sleep(10**6)"
    export_run(services, asked.id, command=("-c", hangs), ends_within_seconds=0.5)
    found = services.exports.get(run.id, "last.tflite")
    assert isinstance(found, Export)
    assert "took longer" in str(found.error)


@pytest.mark.usefixtures("environment")
def test_what_differs_is_not_offered(services: ServiceBundle, run: Run, tmp_path: Path) -> None:
    """The weights of another epoch in the file: what the comparison is there for."""
    facts = services.scripts.facts(run.id, origin="")
    network = trained(services, facts, "best", scratch=tmp_path)
    maker = Maker(network, facts_of(services, facts, epoch=1), tolerance=EXACT)
    network.network.set_weights([array + 0.05 for array in network.network.get_weights()])
    with pytest.raises(InvalidError, match="differ from the trained network's by up to"):
        maker.make(ExportFormat.KERAS, tmp_path / "other.keras")
