"""`python -m tests.fakes.scripted_trainer RUN ATTEMPT`: the trainer's own entry, with scripted work in place of Keras.

The first word of the run's name is the script, what follows it are the script's arguments.
"""

import errno
import faulthandler
import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from app.core.errors import UnavailableError
from app.core.runs.lifecycle import RunState
from app.core.runs.run import EventKind, Run
from app.services.bundle import ServiceBundle
from worker.pulse import Pulse, pulse_path
from worker.trainer.reporting import Reporter

STEPS_PER_EPOCH = 10
MIB = 2**20


class StoppedError(Exception):
    """As that of the trainer's callbacks."""


class ResourceExhaustedError(Exception):
    """As TensorFlow calls it."""


class ScriptedTraining:
    """Takes the place of `worker.trainer.training.Training`."""

    def __init__(
        self, services: ServiceBundle, run: Run, *, asked_to_stop: Callable[[], bool], rehearsed: Any = None
    ) -> None:
        self._services = services
        self._run = run
        self._asked_to_stop = asked_to_stop
        beat = Pulse(pulse_path(services.settings.data, run.id)).beat
        self._reporter = Reporter(run.id, run.attempt, metrics=services.metrics, database=services.database, beat=beat)
        self._checkpoint = services.settings.data / "checkpoints" / run.id / "scripted.json"

    def work(self) -> None:
        """Do what the run's name says."""
        script, *arguments = self._run.name.split()
        getattr(self, f"_{script}")(*arguments)

    def _steps(self, milliseconds: str = "5", *_: str) -> None:
        """Train: each step's digest follows from the one before, so that the last tells whether all were done once."""
        self._enter(RunState.PREPARING, RunState.STARTING, RunState.RUNNING)
        epochs = self._run.configuration.epochs
        epoch, digest = self._restored()
        while epoch < epochs:
            for step in range(epoch * STEPS_PER_EPOCH + 1, (epoch + 1) * STEPS_PER_EPOCH + 1):
                if self._asked_to_stop() or self._reporter.taken_over.is_set():
                    raise StoppedError
                time.sleep(int(milliseconds) / 1000)
                digest = next_digest(digest, step)
                self._reporter.point(step=step, epoch=epoch + 1, values={"loss": 1 / step})
                self._reporter.progress(self._run.progress.model_copy(update={"epoch": epoch, "step": step}))
            epoch += 1
            self._reporter.event(EventKind.EPOCH, {"epoch": epoch, "weights_digest": digest})
            self._reporter.flush()
            self._save({"epoch": epoch, "digest": digest})
        self._enter(RunState.EVALUATING)
        self._reporter.close()
        self._publish(digest)
        self._enter(RunState.FINISHED)

    def _hang(self, phase: str) -> None:
        phases = [RunState.PREPARING, RunState.STARTING, RunState.RUNNING, RunState.EVALUATING]
        self._enter(*phases[: phases.index(RunState(phase)) + 1])
        self._sleep_for_ever()

    def _stubborn(self) -> None:
        """Never look whether somebody asked to stop, but get things done."""
        self._enter(RunState.RUNNING)
        while True:
            self._reporter.beat()
            time.sleep(0.05)

    def _fault(self) -> None:
        self._enter(RunState.RUNNING)
        faulthandler._sigsegv()  # type: ignore[attr-defined]

    def _signal(self, name: str) -> None:
        self._enter(RunState.RUNNING)
        os.kill(os.getpid(), getattr(signal, name))
        time.sleep(10)

    def _exit(self, status: str) -> None:
        os._exit(int(status))

    def _device(self) -> None:
        self._enter(RunState.RUNNING)
        raise ResourceExhaustedError(
            "OOM when allocating tensor with shape[64,512,512,64]; the device has no memory left"
        )

    def _disk(self) -> None:
        self._enter(RunState.RUNNING)
        raise OSError(errno.ENOSPC, "No space left on device")

    def _bug(self) -> None:
        self._enter(RunState.RUNNING)
        raise RuntimeError("something that nobody thought of")

    def _away(self) -> None:
        self._enter(RunState.RUNNING)
        raise UnavailableError("The storage did not answer for 'checkpoints/x'.")

    def _flood(self, mebibytes: str) -> None:
        """Binary junk, then colours and a progress bar, then an end that nobody expects."""
        self._enter(RunState.RUNNING)
        junk = os.urandom(MIB)
        for _ in range(int(mebibytes)):
            sys.stdout.buffer.write(junk)
        sys.stdout.buffer.write(b"\n\x1b[31mred\x1b[0m \x1b]0;title\x07text\n 1/9\r 9/9\nthe end\n")
        sys.stdout.buffer.flush()
        os._exit(7)

    def _sleep_for_ever(self) -> None:
        while True:
            time.sleep(60)

    def _enter(self, *states: RunState) -> None:
        for state in states:
            self._services.runs.move(self._run.id, state, attempt=self._run.attempt)

    def _restored(self) -> tuple[int, str]:
        if not self._checkpoint.exists():
            return 0, ""
        found = json.loads(self._checkpoint.read_text())
        return found["epoch"], found["digest"]

    def _save(self, state: dict[str, Any]) -> None:
        self._checkpoint.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._checkpoint.with_name(f"{os.getpid()}.tmp")
        temporary.write_text(json.dumps(state))
        temporary.replace(self._checkpoint)

    def _publish(self, digest: str) -> None:
        path = Path(self._services.settings.data) / f"{os.getpid()}.result"
        path.write_text(digest)
        self._services.artifacts.publish(self._run.id, attempt=self._run.attempt, name="result.txt", path=path)
        path.unlink()


def next_digest(digest: str, step: int) -> str:
    """What a step makes of what was there before it."""
    return hashlib.sha256(f"{digest} {step}".encode()).hexdigest()


def digest_of(*, epochs: int) -> str:
    """What an uninterrupted run comes to."""
    digest = ""
    for step in range(1, epochs * STEPS_PER_EPOCH + 1):
        digest = next_digest(digest, step)
    return digest


def main() -> int:
    """Run the trainer's own `main` with these parts in place of those that load Keras."""
    for name, parts in {
        "callbacks": {"StoppedError": StoppedError},
        "training": {"Training": ScriptedTraining},
    }.items():
        module = ModuleType(f"worker.trainer.{name}")
        vars(module).update(parts)
        sys.modules[module.__name__] = module
    print(f"process {os.getpid()}", flush=True)  # noqa: T201 - what a log begins with
    if os.environ.get("SCRIPTED_TRAINER_HANGS_WHILE_LOADING") and "--wait" in sys.argv:
        time.sleep(600)
    from worker.trainer.__main__ import main as trainer  # noqa: PLC0415

    return trainer(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
