"""`diceboard up` as people use it: one command, one link, everything started again that dies, nothing left behind."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

ROOT = Path(__file__).parents[2]
CHILDREN = ("broker", "inspector", "web", "train", "light")


class Up:
    """A running `diceboard up` and what it has said so far."""

    def __init__(self, data: Path) -> None:
        self.environment = {**os.environ, "DICEBOARD_DATA": str(data), "DICEBOARD_PORT": "0"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "up"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            self.said.extend(output)

    def wait_for(self, pattern: str, *, seconds: float = 90) -> re.Match[str]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            match = re.search(pattern, "".join(self.said))
            if match:
                return match
            time.sleep(0.1)
        raise AssertionError(f"{pattern!r} was not said:\n{''.join(self.said)}")

    def end(self, *, seconds: float = 60) -> int:
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        finally:
            self.process.kill()
            self._reader.join(20)


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    # A short path: a Unix socket's may be no longer than 107 bytes.
    with tempfile.TemporaryDirectory(prefix="dice", ignore_cleanup_errors=True) as folder:
        started = Up(Path(folder) / "data")
        yield started
        if started.process.poll() is None:
            started.end()


@pytest.fixture(scope="module")
def link(up: Up) -> str:
    return up.wait_for(r"(http://127\.0\.0\.1:\d+/\?token=\S+)").group(1)


def test_the_printed_link_signs_in_once(link: str) -> None:
    address = link.partition("/?")[0]
    with httpx.Client(follow_redirects=True) as browser:
        answer = browser.get(link)
        assert answer.status_code == 200
        assert str(answer.url) == f"{address}/"
        assert browser.get(f"{address}/api/v1/runs").status_code == 200
    with httpx.Client(follow_redirects=True) as another:
        assert another.get(link).url.path == "/login"


def test_a_second_start_says_who_holds_the_folder_and_changes_nothing(up: Up, link: str) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "app.cli", "up"],
        cwd=ROOT,
        env=up.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert f"process {up.process.pid}" in second.stderr
    assert httpx.get(link.partition("/?")[0] + "/readyz").status_code == 200


@pytest.mark.parametrize("name", ["web", "broker", "inspector"])
def test_what_is_killed_comes_back_at_the_same_place(up: Up, link: str, name: str) -> None:
    address = link.partition("/?")[0]
    victim = _child(up, name)
    victim.kill()
    up.wait_for(rf"{name} has ended \(killed by SIGKILL\)")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError, StopIteration):
            if _child(up, name).pid != victim.pid and httpx.get(f"{address}/readyz").status_code == 200:
                return
        time.sleep(0.2)
    raise AssertionError(f"{name} did not come back")


def test_it_opens_no_port_but_its_own_on_loopback(up: Up, link: str) -> None:
    processes = [psutil.Process(up.process.pid), *psutil.Process(up.process.pid).children(recursive=True)]
    listening = {
        (connection.laddr.ip, connection.laddr.port)
        for process in processes
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {("127.0.0.1", int(link.split(":")[2].partition("/")[0]))}


def test_a_signal_stops_everything_in_time(up: Up, link: str) -> None:
    children = psutil.Process(up.process.pid).children(recursive=True)
    assert {_name(child) for child in children} >= set(CHILDREN)
    assert up.end() == 0
    _, alive = psutil.wait_procs(children, timeout=30)
    assert alive == []


def _child(up: Up, name: str) -> psutil.Process:
    return next(child for child in psutil.Process(up.process.pid).children() if _name(child) == name)


def _name(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        line = " ".join(process.cmdline())
        for name, part in (
            ("broker", "valkey-server"),
            ("inspector", "app.networks"),
            ("web", "app.main"),
            ("train", "-n train@"),
            ("light", "-n light@"),
        ):
            if part in line:
                return name
    return ""
