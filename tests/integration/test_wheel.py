"""The built wheel, installed into an empty environment, has everything it needs to start."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of an environment that has the wheel and what it depends on, nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    _run(build)
    (wheel,) = folder.glob("diceboard-*.whl")
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / "bin"
    pip = [str(programs / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    _run([*pip, "-c", str(ROOT / "constraints.txt"), str(wheel)])
    return programs


@pytest.fixture
def address(installed: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="dice", ignore_cleanup_errors=True) as folder:
        # An empty folder to start in, and no way to the sources.
        environment = {"DICEBOARD_DATA": f"{folder}/data", "DICEBOARD_PORT": "0", "PATH": os.defpath, "HOME": folder}
        log = Path(folder) / "log"
        with log.open("wb") as output:
            web = subprocess.Popen(
                [installed / "diceboard", "web"], cwd=folder, env=environment, stdout=output, stderr=output
            )
            try:
                yield _link(log)
            finally:
                web.send_signal(signal.SIGTERM)
                status = web.wait(20)
    assert status == 0


@pytest.mark.timeout(600)
def test_it_starts_with_its_templates_static_files_and_migrations(address: str) -> None:
    with httpx.Client(follow_redirects=True) as browser:
        page = browser.get(address)
        assert page.status_code == 200
        assert "<html" in page.text
        base = address.partition("/?")[0]
        assets = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
        assert assets
        assert {asset: browser.get(base + asset).status_code for asset in assets} == dict.fromkeys(assets, 200)
        # An empty list, and not an error, means that the tables are there.
        assert browser.get(f"{base}/api/v1/runs").json()["items"] == []


def _run(command: list[str]) -> None:
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def _link(log: Path) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        match = re.search(r"(http://127\.0\.0\.1:\d+/\?token=\S+)", log.read_text(errors="replace"))
        if match:
            return match.group(1)
        time.sleep(0.2)
    raise AssertionError(log.read_text(errors="replace"))
