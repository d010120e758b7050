"""Watches children: starts them, passes their output on, starts again what dies, stops them in order."""

import contextlib
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

from app.processes.child import Child, Program, say_on_stderr

STOP_SECONDS = 15.0
_LAST_SECONDS = 3.0
_TICK_SECONDS = 0.1


class Watcher:
    """Runs programs until it is told to stop, from the main thread: parent-death signals are tied to the thread."""

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        say: Callable[[str], None] = say_on_stderr,
        now: Callable[[], float] = time.monotonic,
        stop_seconds: float = STOP_SECONDS,
    ) -> None:
        """They are given `stop_seconds` to end when they are asked to."""
        self._stop_seconds = stop_seconds
        self._now = now
        self._say = say
        self._children = [Child(program, say=say, now=now) for program in programs]
        self._stop_signals = 0

    def run(self, *, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Watch until SIGTERM or SIGINT, calling `meanwhile` several times a second; a second signal stops at once."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("A watcher runs in the main thread: its children die with the thread that started them.")
        with self._signals():
            try:
                while not self._stop_signals:
                    for child in self._children:
                        child.start_if_due()
                    self._turn(restart=True)
                    meanwhile()
            finally:
                self.stop()

    def request_stop(self) -> None:
        """Make `run` stop the children and return."""
        self._stop_signals += 1

    def pids(self) -> dict[str, int]:
        """The processes that run, by their programs' names."""
        return {child.program.name: child.pid for child in self._children if child.pid is not None}

    def stop(self) -> None:
        """Ask the children to stop, last started first, and end what does not in time."""
        deadline = self._now() + self._stop_seconds
        others = [child for child in reversed(self._children) if not child.program.outlives]
        last = [child for child in reversed(self._children) if child.program.outlives]
        self._stop(others, deadline=deadline - (_LAST_SECONDS if last else 0))
        self._stop(last, deadline=deadline)

    def _stop(self, children: Sequence[Child], *, deadline: float) -> None:
        for child in children:
            child.terminate()
        while any(child.is_running for child in children) and self._now() < deadline and self._stop_signals < 2:
            self._turn(restart=False)
        for child in children:
            if child.is_running:
                self._say(f"{child.program.name} has not stopped in time and is ended")
            child.kill()

    def _turn(self, *, restart: bool) -> None:
        outputs = {child.output: child for child in self._children if child.output is not None}
        if outputs:
            readable, _, _ = select.select(list(outputs), [], [], _TICK_SECONDS)
            for output in readable:
                outputs[output].pass_output_on()
        else:
            time.sleep(_TICK_SECONDS)
        dead = [child for child in self._children if child.notice_death(restart=restart)]
        # A child that has closed its output but lives would make select return at once, for ever.
        if outputs and not dead and len(readable) == len(outputs):
            time.sleep(_TICK_SECONDS / 10)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def note(_number: int, _frame: FrameType | None) -> None:
            self.request_stop()

        before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
