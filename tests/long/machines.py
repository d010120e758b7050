"""Machines of ten simulated workers each, that are killed and replaced together."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

WORKERS_OF_A_MACHINE = 10
STARTS_WITHIN_SECONDS = 120
USUAL_SECONDS = 10.0
"""That a training takes: more than two cores can begin and end with 200 workers, so that the queue is what is measured."""


class Asked(NamedTuple):
    """What is to be simulated; a training takes half to one and a half times `seconds`."""

    workers: int
    runs: int
    seconds: float
    kill_share: float
    seed: int

    @property
    def title(self) -> str:
        """Of its section."""
        dying = f", {self.kill_share:.0%} of which are killed every minute" if self.kill_share else ""
        at_ease = f", trainings of {self.seconds:g} s" if self.seconds != USUAL_SECONDS else ""
        return f"A fleet of simulated workers{dying}{at_ease}"


class Machines:
    """Processes of ten workers each, which are killed and replaced together."""

    def __init__(self, folder: Path, asked: Asked) -> None:
        self._folder = folder
        self._asked = asked
        self._chance = random.Random(asked.seed)
        self._there: list[subprocess.Popen[bytes]] = []
        self._started = 0
        self.killed = 0
        share = asked.kill_share * asked.workers / WORKERS_OF_A_MACHINE
        self._every = 60 / share if share else float("inf")
        self._kill_at = float("inf")

    def arrive(self, alive: Callable[[], int]) -> None:
        """One after the other: what starting at once would measure is how two cores import Python twenty times."""
        for number in range(self._asked.workers // WORKERS_OF_A_MACHINE):
            self._start()
            until(lambda there=WORKERS_OF_A_MACHINE * (number + 1): alive() >= there, seconds=STARTS_WITHIN_SECONDS)

    def expose(self) -> None:
        """From now on they die."""
        self._kill_at = time.monotonic() + self._every

    def spare(self) -> None:
        """No more of them die."""
        self._kill_at = float("inf")

    def suffer(self) -> None:
        """Kill one where its time has come, and put a new one in its place."""
        if time.monotonic() < self._kill_at:
            return
        self._kill_at += self._every
        victim = self._there.pop(self._chance.randrange(len(self._there)))
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.killed += WORKERS_OF_A_MACHINE
        self._start()

    def end(self) -> None:
        """All of them, without a word."""
        for process in self._there:
            process.kill()
            process.wait()

    def samples(self) -> list[dict[str, Any]]:
        """What their workers wrote down; a last line may be half there."""
        lines = [line for path in self._folder.glob("*.jsonl") for line in path.read_text().splitlines()]
        return [json.loads(line) for line in lines if line.endswith("}")]

    def _start(self) -> None:
        self._started += 1
        name = f"machine{self._started:03}"
        told = (name, str(WORKERS_OF_A_MACHINE), str(self._asked.seconds), str(self._folder))
        environment = {**os.environ, "DICEBOARD_DATA": str(self._folder / name)}
        self._there.append(subprocess.Popen([sys.executable, "-m", "tests.long.simulated", *told], env=environment))


def until(holds: Callable[[], bool], *, seconds: float) -> None:
    """TimeoutError where it does not come about."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"It did not come about within {seconds:g} s.")
        time.sleep(0.5)
