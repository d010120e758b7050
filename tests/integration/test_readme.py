"""The README's lines of curl do what they say, against the running application."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.factories.dice import casino_dice
from tests.fixtures.running import RunningApp

README = Path(__file__).parents[2] / "README.md"


def test_the_lines_of_curl_end_with_weights(running_app: RunningApp, tmp_path: Path) -> None:
    (script,) = re.findall(r"```sh\n(url=.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    shutil.copytree(casino_dice() / "train", tmp_path / "dice")
    answer = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace("http://127.0.0.1:8000", running_app.address)],
        cwd=tmp_path,
        env={**os.environ, "DICEBOARD_DATA": str(running_app.data)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "Total params: " in answer.stdout
    (weights,) = tmp_path.glob("* best.weights.h5")  # called after its run
    assert weights.read_bytes().startswith(b"\x89HDF")
