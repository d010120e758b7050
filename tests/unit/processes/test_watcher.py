"""Children are started, started again, stopped in order, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from app.processes.child import Program
from app.processes.watcher import Watcher

ROOT = Path(__file__).parents[3]


def _python(name: str, code: str, *, outlives: bool = False) -> Program:
    return Program(name, (sys.executable, "-c", code), {"PYTHONPATH": str(ROOT)}, outlives=outlives)


class Driver:
    """Runs a watcher until a condition holds on what was said."""

    def __init__(self, *programs: Program, **options: float) -> None:
        self.said: list[str] = []
        self.watcher = Watcher(programs, say=self.said.append, **options)  # type: ignore[arg-type]

    def run_until(self, condition: Callable[[], bool], *, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds

        def look() -> None:
            if condition() or time.monotonic() > deadline:
                self.watcher.request_stop()

        self.watcher.run(meanwhile=look)

    def count(self, text: str) -> int:
        return sum(text in line for line in self.said)


def test_output_is_passed_on_line_by_line_under_the_childs_name() -> None:
    driver = Driver(
        _python("talker", "import time; print('one'); print('two'); print('end', end='', flush=True); time.sleep(60)")
    )
    driver.run_until(lambda: driver.count("two") > 0)
    assert driver.said[:2] == ["talker     | one", "talker     | two"]


def test_what_dies_starts_again_after_ever_longer_pauses() -> None:
    driver = Driver(_python("mortal", "print('born')"))
    driver.run_until(lambda: driver.count("| born") >= 3)
    assert driver.count("| born") == 3
    pauses = [line for line in driver.said if "starts again" in line]
    assert "0.5 s" in pauses[0]
    assert "1.0 s" in pauses[1]


def test_a_killed_child_is_started_again_and_the_signal_named() -> None:
    driver = Driver(_python("victim", "import time; print('born'); time.sleep(60)"))
    killed: list[int] = []

    def kill_first() -> bool:
        if driver.count("| born") == 1 and not killed:
            killed.append(driver.watcher.pids()["victim"])
            os.kill(killed[0], signal.SIGKILL)
        return driver.count("| born") >= 2

    driver.run_until(kill_first)
    assert driver.count("killed by SIGKILL") == 1
    assert driver.count("| born") == 2


def test_children_stop_when_asked_the_outliving_one_last() -> None:
    code = "import signal, sys, time\ndef end(*_):\n print('bye'); sys.exit(0)\nsignal.signal(15, end)\nprint('up')\ntime.sleep(60)"
    driver = Driver(_python("broker", code, outlives=True), _python("web", code), _python("train", code))
    driver.run_until(lambda: driver.count("| up") == 3)
    byes = [line.split()[0] for line in driver.said if line.endswith("bye")]
    assert sorted(byes[:2]) == ["train", "web"]
    assert byes[2] == "broker"
    assert driver.watcher.pids() == {}


def test_a_child_that_ignores_the_signal_is_ended_in_time() -> None:
    driver = Driver(
        _python("stubborn", "import signal, time; signal.signal(15, signal.SIG_IGN); print('up'); time.sleep(60)"),
        stop_seconds=1.0,
    )
    driver.run_until(lambda: driver.count("| up") == 1)
    assert driver.count("has not stopped in time") == 1
    assert driver.watcher.pids() == {}


def test_children_die_with_a_watcher_that_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import sys\n"
        "from app.processes.child import Program\n"
        "from app.processes.watcher import Watcher\n"
        f"child = {f'import os, pathlib, time; pathlib.Path({str(note)!r}).write_text(str(os.getpid())); time.sleep(600)'!r}\n"
        "Watcher([Program('orphan', (sys.executable, '-c', child))]).run()\n"
    )
    watcher = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    try:
        child = _pid_in(note)
    finally:
        watcher.kill()
        watcher.wait()
    deadline = time.monotonic() + 5
    while _is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_alive(child)


def _pid_in(note: Path) -> int:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if note.exists() and note.read_text():
            return int(note.read_text())
        time.sleep(0.05)
    raise AssertionError("the child was never started")


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
