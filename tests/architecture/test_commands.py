"""What `make` would do, on machines of several kinds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def would_do(target: str, path: str, **variables: str) -> str:
    """The commands of a target, not run, in an environment that was never installed into."""
    environment = {"PATH": path, "HOME": os.environ.get("HOME", "/"), **variables}
    answer = subprocess.run(
        ["make", "--dry-run", target, "VENV=/nowhere/venv"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.mark.parametrize(("status", "extra"), [(0, "'.[gpu]'"), (9, "'.[cpu]'")])
def test_a_driver_that_answers_decides_which_tensorflow_is_installed(tmp_path: Path, status: int, extra: str) -> None:
    driver = tmp_path / "nvidia-smi"
    driver.write_text(f"#!/bin/sh\nexit {status}\n")
    driver.chmod(0o755)
    commands = would_do("run", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert f"-c constraints.txt -e {extra}" in commands
    assert "diceboard up" in commands


def test_the_tests_install_what_they_need_with_the_same_constraints() -> None:
    assert "-c constraints.txt -e '.[cpu,dev]'" in would_do("test", os.environ["PATH"])


def test_an_installed_browser_is_found_before_another_is_asked_for(tmp_path: Path) -> None:
    browser = tmp_path / "google-chrome"
    browser.write_text("#!/bin/sh\n")
    browser.chmod(0o755)
    found = subprocess.run(
        ["/bin/bash", ROOT / "scripts" / "find-chromium", "/nowhere"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == str(browser)


@pytest.mark.skipif(sys.platform != "linux", reason="looks in a fixed place on macOS too")
def test_without_a_browser_the_way_out_is_said(tmp_path: Path) -> None:
    missing = subprocess.run(
        ["/bin/bash", ROOT / "scripts" / "find-chromium", "/nowhere"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert missing.returncode == 1
    assert "DICEBOARD_TEST_CHROMIUM" in missing.stderr
