"""Who may know whom, and who may load Keras: by reading the imports and by importing in a fresh process."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOADED = "import sys, {module}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"


def test_every_arrow_of_the_house_is_kept() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    answer = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("module", ["app.main", "app.cli", "worker.celery_app", "worker.tasks", "worker.supervisor"])
def test_no_process_but_those_that_compute_loads_keras(module: str, tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", LOADED.format(module=module)],
        cwd=ROOT,
        env={"DICEBOARD_DATA": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    loaded = set(answer.stdout.split())
    assert "app" in loaded
    assert not loaded & {"keras", "tensorflow", "jax", "torch"}
