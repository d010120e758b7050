"""The pages' pure modules, run by the Node that Playwright brings."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import playwright
import pytest

from app.core.architectures.architecture import Architecture
from app.core.architectures.presets import build_preset

HERE = Path(__file__).parent
LIB = Path(__file__).parents[3] / "static" / "js" / "lib"
NODE = Path(playwright.__file__).parent / "driver" / "node"


def run(tmp_path: Path, script: str, *options: str, given: str = "") -> str:
    """What a script says. Node takes a `.js` file for an ES module where a package.json says so."""
    shutil.copytree(LIB, tmp_path / "lib")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copy(HERE / script, tmp_path / script)
    command = [NODE, *options, tmp_path / script]
    environment = {**os.environ, "LIB": str(tmp_path / "lib")}
    done = subprocess.run(
        command, input=given, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("tests", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_the_modules_do_what_their_tests_say(tests: str, tmp_path: Path) -> None:
    assert "# pass 0" not in run(tmp_path, tests, "--test")


def test_whatever_is_edited_stays_an_architecture(tmp_path: Path) -> None:
    presets = [build_preset(name, {}) for name in ("compact-sequential", "notebook-functional", "compact-subclassed")]
    given = "".join(preset.model_dump_json() + "\n" for preset in presets for _ in range(40))
    states = [json.loads(line) for line in run(tmp_path, "random_edits.mjs", given=given).splitlines()]
    assert len(states) > 1_500
    assert {state["made"] for state in states} == set(range(14))
    for state in states:
        Architecture.model_validate(state["network"])
