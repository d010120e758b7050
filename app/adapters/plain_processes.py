"""A program for each core, asked over its standard input, answering on its standard output, a line of JSON each.

The processes are plain ones, since those of Celery may not have any of multiprocessing.
"""

import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any


class PlainProcesses:
    """Started as they are needed; one that is lost over a request is replaced for the next."""

    def __init__(self, program: Sequence[str], *, processes: int) -> None:
        """`program` are arguments of Python; it ends when its standard input does."""
        self._program = program
        self._ahead = 4 * processes
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="process")
        self._of_thread = threading.local()
        self._started: list[_Process] = []

    def answers(self, requests: Iterable[Any]) -> Iterator[Any | None]:
        """The answers in order, with few requests taken ahead; None where a process was lost over a request."""
        source = iter(requests)
        waiting: deque[Future[Any | None]] = deque()
        while True:
            waiting += [
                self._threads.submit(self._ask, request) for request in islice(source, self._ahead - len(waiting))
            ]
            if not waiting:
                return
            yield waiting.popleft().result()

    def close(self) -> None:
        """End the processes."""
        self._threads.shutdown(cancel_futures=True)
        for process in self._started:
            process.end()

    def _ask(self, request: Any) -> Any | None:
        process: _Process | None = getattr(self._of_thread, "process", None)
        if process is None:
            self._of_thread.process = process = _Process(self._program)
            self._started.append(process)
        answer = process.ask(request)
        if answer is None:
            del self._of_thread.process
        return answer


class _Process:
    def __init__(self, program: Sequence[str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - one of our own programs
            [sys.executable, *program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # One process for each core: threads of their own would only wait for each other.
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )

    def ask(self, request: Any) -> Any | None:
        """The answer, or None where the process ended over it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:
            line = ""
        if not line.endswith("\n"):
            self.end()
            return None
        return json.loads(line)

    def end(self) -> None:
        """Have it gone."""
        self._process.kill()
        self._process.communicate()
