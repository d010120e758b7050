"""One child process: started on a leash in a group of its own, its output passed through line by line."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.adapters import leash

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
STEADY_SECONDS = 30.0
"""A child that lived this long starts again at once the next time; one that dies sooner waits ever longer."""


@dataclass(frozen=True)
class Program:
    """What a child runs. One that `outlives` the others is stopped after they have gone (the broker)."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    outlives: bool = False


class Child:
    """A program that is running, or waits to be started again."""

    def __init__(self, program: Program, *, say: Callable[[str], None], now: Callable[[], float]) -> None:
        self.program = program
        self._say = say
        self._now = now
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._pause = FIRST_PAUSE_SECONDS
        self._start_at: float | None = now()
        self._partial = b""

    @property
    def is_running(self) -> bool:
        """Whether there is a process that has not been found dead."""
        return self._process is not None

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return self._process.pid if self._process else None

    @property
    def output(self) -> int | None:
        """The descriptor its output arrives at while it runs."""
        return self._process.stdout.fileno() if self._process and self._process.stdout else None

    def start_if_due(self) -> None:
        """Start it, or start it again once its pause is over."""
        if self._process is not None or self._start_at is None or self._now() < self._start_at:
            return
        self._started = self._now()
        self._process = subprocess.Popen(  # noqa: S603 - our own programs, no shell
            leash.command(self.program.argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={
                **os.environ,
                "PYTHONUNBUFFERED": "1",
                leash.PARENT_VARIABLE: str(os.getpid()),
                **self.program.environment,
            },
            # A group of its own: Ctrl-C in the terminal reaches only the watcher, which stops everything in order.
            process_group=0,
        )
        if self._process.stdout is not None:
            os.set_blocking(self._process.stdout.fileno(), False)

    def pass_output_on(self) -> None:
        """Say what it has written, line by line, with its name before each."""
        output = self.output
        if output is None:
            return
        try:
            while chunk := os.read(output, 65536):
                *lines, self._partial = (self._partial + chunk).split(b"\n")
                for line in lines:
                    self._say_line(line)
        except BlockingIOError:
            return

    def notice_death(self, *, restart: bool) -> bool:
        """Whether it has just been found dead; then it will be started again after a pause, if that is wanted."""
        if self._process is None or self._process.poll() is None:
            return False
        self.pass_output_on()
        if self._partial:
            self._say_line(self._partial)
        lived = self._now() - self._started
        status = self._process.returncode
        self._kill_group()
        self._close()
        if not restart:
            self._start_at = None
            return True
        self._pause = FIRST_PAUSE_SECONDS if lived >= STEADY_SECONDS else self._pause
        self._say(f"{self.program.name} has ended ({_reason(status)}); it starts again in {self._pause:.1f} s")
        self._start_at = self._now() + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
        return True

    def terminate(self) -> None:
        """Ask it to stop."""
        self._start_at = None
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def kill(self) -> None:
        """End it and whatever it has started in its group."""
        self._start_at = None
        if self._process is not None:
            self._kill_group()
            self._process.kill()
            self._process.wait()
            self._close()

    def _kill_group(self) -> None:
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return

    def _close(self) -> None:
        if self._process is None:
            return
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process, self._partial = None, b""

    def _say_line(self, line: bytes) -> None:
        self._say(f"{self.program.name:<10} | {line.decode('utf-8', 'replace').rstrip()}")


def _reason(status: int) -> str:
    if status >= 0:
        return f"status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"


def say_on_stderr(line: str) -> None:
    """Write one line for whoever watches the terminal or keeps the log."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
