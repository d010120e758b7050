"""The app asks for work by names; the worker answers to exactly those, each in its pool."""

import subprocess
import sys
from pathlib import Path

from app.core.names import POOL_OF_TASK, TaskName

ROOT = Path(__file__).parents[2]
REGISTERED = """
from worker.celery_app import app
app.loader.import_default_modules()
print(*sorted(name for name in app.tasks if not name.startswith("celery.")))
"""


def test_the_worker_registers_exactly_the_names_of_the_core(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", REGISTERED],
        cwd=ROOT,
        env={"DICEBOARD_DATA": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split() == sorted(name.value for name in TaskName)


def test_every_task_has_a_pool() -> None:
    assert set(POOL_OF_TASK) == set(TaskName)
