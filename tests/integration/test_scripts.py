"""A run's script, in a fresh process that knows nothing of Diceboard, ends with the run's weights."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from app.core.runs.run import Run
from app.core.runs.script import as_notebook, as_python, sections_of
from app.core.runs.start_from import StartFrom
from app.services.bundle import ServiceBundle
from tests.factories.fitting import network_of
from tests.factories.trained import dataset_of, services_of, trained_run

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")

SAME = "The same as the run, to the last bit."
RUNS: dict[str, dict[str, Any]] = {
    "plain": {"style": "sequential"},
    "changed images, a cosine, weighted classes": {
        "style": "subclassed",
        "epochs": 4,
        "augmentation": {"flip": "both", "rotation": 20, "shift": 0.1, "zoom": 0.1, "contrast": 0.3, "noise": 0.05},
        "schedule": {"kind": "cosine", "warm_up_epochs": 1},
        "class_weights": {"1": 2.0, "3": 0.5},
        "optimizer": {"name": "sgd", "momentum": 0.9, "use_ema": True},
        "clipping": {"kind": "norm", "threshold": 0.5},
    },
    "divided again, a plateau, ended early": {
        "style": "functional",
        "epochs": 12,
        "validation_split": 0.4,
        "schedule": {"kind": "plateau", "patience": 1, "factor": 0.3, "min_delta": 0.01},
        "early_stopping": {"patience": 2, "min_delta": 0.05},
        "monitor": "val_loss",
        "label_smoothing": 0.1,
        "regularization": {"l1": 1e-4, "l2": 1e-3},
        "optimizer": {"name": "rmsprop", "learning_rate": 0.01},
        "augmentation": {"brightness": 0.2},
        "resize_mode": "pad_to_aspect_ratio",
        "class_weights": "balanced",
        "precision": "mixed_bfloat16",
        "steps_per_execution": 2,
    },
}


@pytest.fixture
def services(tmp_path: Path) -> ServiceBundle:
    return services_of(tmp_path / "data")


def unpacked(services: ServiceBundle, run: Run, folder: Path) -> Path:
    _, content = services.scripts.images_of_run(run.id)
    with zipfile.ZipFile(io.BytesIO(b"".join(content))) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    return folder


def repeated(code: str, folder: Path, *arguments: str) -> str:
    (folder / "script.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-I", "script.py", *arguments]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert answer.returncode == 0, answer.stderr[-3000:]
    return answer.stdout


def script_of(services: ServiceBundle, run: Run) -> str:
    return as_python(sections_of(services.scripts.facts(run.id, origin="http://127.0.0.1:1")))


@pytest.mark.parametrize("kind", RUNS)
def test_a_script_ends_with_the_weights_of_the_run(services: ServiceBundle, tmp_path: Path, kind: str) -> None:
    asked = dict(RUNS[kind])
    run = trained_run(services, architecture=network_of(asked.pop("style")), **asked)
    unpacked(services, run, tmp_path / "images")
    assert SAME in repeated(script_of(services, run), tmp_path)


def test_a_script_of_other_images_says_so(services: ServiceBundle, tmp_path: Path) -> None:
    run = trained_run(services)
    folder = unpacked(services, run, tmp_path / "elsewhere")
    (folder / "images.csv").unlink()
    first, second = sorted((folder / "train" / "1").iterdir())[:2]
    first.write_bytes(second.read_bytes())
    said = repeated(script_of(services, run), tmp_path, "elsewhere")
    assert "The train images are not those of the run" in said
    assert "The test images are not" not in said
    assert "Some figures differ" in said


def test_a_notebook_is_the_same_code_and_starts_from_the_weights_of_another_run(
    services: ServiceBundle, tmp_path: Path
) -> None:
    dataset = dataset_of(services)
    lender = trained_run(services, dataset=dataset)
    start = StartFrom(run=lender.id, freeze=("conv",))
    run = trained_run(services, dataset=dataset, start_from=start, seed=6, name='it\'s "mine"')
    unpacked(services, run, tmp_path / "images")
    (tmp_path / "start").mkdir()
    for name in ("architecture.json", "best.weights.h5"):
        content = b"".join(services.artifacts.stream(services.artifacts.get(lender.id, name)))
        (tmp_path / "start" / name).write_bytes(content)
    notebook = json.loads(json.dumps(as_notebook(sections_of(services.scripts.facts(run.id, origin="http://h")))))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert SAME in repeated("\n\n".join(cells), tmp_path)
