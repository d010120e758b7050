"""Many scripted runs through a real broker and Celery, something killed every so often; then each is checked."""

import os
import random
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psutil

from app.adapters.data_folder import prepare
from app.adapters.database.migrate import upgrade
from app.composition import compose
from app.core.runs.configuration import Configuration
from app.core.runs.lifecycle import ACTIVE, RunState
from app.processes import broker, programs
from app.processes.watcher import Watcher
from app.services.bundle import ServiceBundle
from app.settings import Settings
from tests.factories.rows import queued_run
from tests.fakes.scripted_trainer import digest_of
from tests.fixtures.checker import violations
from tests.long import report, victims

EPOCHS = 4
MOST_GROWTH_MEBIBYTES, MOST_GROWTH_FILES = 8, 4
MOST_ROWS = 12
LONGEST_PEACE_SECONDS = 1200
TITLE = "Soak: many runs, something killed every few seconds"
KINDS = (victims.TRAINER, victims.SUPERVISOR, victims.WORKER, victims.BROKER)
QUICK = {"LEASE_SECONDS": "6", "HEARTBEAT_SECONDS": "1", "RECONCILE_SECONDS": "1"}


class Size(NamedTuple):
    """What a process holds so many seconds after the beginning."""

    seconds: float
    mebibytes: float
    files: int


class Soak:
    """What is done several times a second while the machine runs."""

    def __init__(self, services: ServiceBundle, watcher: Watcher, *, minutes: float, every: float, seed: int) -> None:
        self._services = services
        self._watcher = watcher
        self._chance = random.Random(seed)
        self._began = time.monotonic()
        self._ends_at = self._began + 60 * minutes
        self._every = every
        self._kill_at = time.monotonic() + every
        self.killed: Counter[str] = Counter()
        self.sizes: list[Size] = []
        """Of the light worker, which nobody kills, at each kill."""

    def __call__(self) -> None:
        now = time.monotonic()
        if now < self._kill_at:
            return
        self._kill_at = now + self._every
        self._measure()
        if now < self._ends_at:
            kind = self._chance.choice(KINDS)
            if victims.kill(os.getpid(), kind):
                self.killed[kind] += 1
        # Once nothing is killed any more, everything that waits has to come to its end.
        if now > self._ends_at + LONGEST_PEACE_SECONDS or self._is_done():
            self._watcher.request_stop()

    def _measure(self) -> None:
        pid = self._watcher.pids().get("light")
        if pid is not None:
            process = psutil.Process(pid)
            size = Size(time.monotonic() - self._began, process.memory_info().rss / 2**20, process.num_fds())
            self.sizes.append(size)

    def _is_done(self) -> bool:
        runs, _ = self._services.runs.page(limit=1, states=(RunState.QUEUED, *ACTIVE))
        return not runs


def main(*, runs: int, minutes: float, every: float, seed: int) -> bool:
    """Write the report; whether every run has ended and the checker found nothing."""
    data = Path(tempfile.mkdtemp(prefix="dice-"))
    os.environ["DICEBOARD_DATA"] = str(data)
    os.environ.update({f"DICEBOARD_{name}": value for name, value in QUICK.items()})
    settings = Settings()
    prepare(settings.data)
    upgrade(settings.sqlalchemy_url)
    services = compose(settings)
    configuration = Configuration(epochs=EPOCHS)
    ids = [queued_run(services.database, name="steps 10", configuration=configuration).id for _ in range(runs)]  # type: ignore[arg-type]
    train, light = programs.workers(settings)
    scripted = replace(train, argv=(*train.argv, "-I", "tests.fakes.scripted_worker"))
    watcher = Watcher([broker.program(settings), scripted, light], say=lambda _: None)
    soak = Soak(services, watcher, minutes=minutes, every=every, seed=seed)
    began = time.monotonic()
    try:
        watcher.run(meanwhile=soak)
        wrong = _wrong(services, ids)
        ended = all(services.runs.get(run_id).is_terminal for run_id in ids)
        report.write_section(
            TITLE, _lines(services, ids, soak, wrong=wrong, seconds=time.monotonic() - began, every=every)
        )
    finally:
        services.database.close()  # type: ignore[attr-defined]
        shutil.rmtree(data, ignore_errors=True)
    wrong += _growth(soak.sizes)
    print(*wrong, sep="\n", flush=True)  # noqa: T201 - its output is what it is for
    return ended and not wrong


def _wrong(services: ServiceBundle, ids: list[str]) -> list[str]:
    ended = [run_id for run_id in ids if services.runs.get(run_id).is_terminal]
    whole = digest_of(epochs=EPOCHS).encode()
    others = [
        f"run {run_id}: its result is not that of an uninterrupted run"
        for run_id in ended
        for artifact in services.artifacts.of(run_id)
        if b"".join(services.artifacts.stream(artifact)) != whole
    ]
    return [*others, *(wrong for run_id in ended for wrong in violations(services, run_id))]


def _lines(
    services: ServiceBundle, ids: list[str], soak: Soak, *, wrong: list[str], seconds: float, every: float
) -> list[str]:
    runs = [services.runs.get(run_id) for run_id in ids]
    states = Counter("still under way" if not run.is_terminal else run.state.value for run in runs)
    attempts = sum(run.attempt for run in runs)
    return [
        (
            f"{len(runs)} scripted runs in {seconds:.0f} s: {_listed(states)}; {attempts} attempts. Killed, one every {every:g} s: "
            f"{_listed(soak.killed)}. A run that was killed three times has failed, as it should."
        ),
        "",
        (
            f"The checker (one published result per finished run and the right one, attempts only rise, events contiguous "
            f"and unique, no step missing) found {len(wrong)} faults in those that have ended."
        ),
        "",
        f"The light worker, which nobody killed: {'; '.join(_growth(soak.sizes)) or 'flat once it had started'}.",
        "",
        "| seconds | MiB | open files |",
        "| ---: | ---: | ---: |",
        *(f"| {size.seconds:.0f} | {size.mebibytes:.0f} | {size.files} |" for size in _some(soak.sizes)),
    ]


def _growth(sizes: list[Size]) -> list[str]:
    """What grew by more than it may from the second third to the last; in the first a worker is still starting."""
    third = len(sizes) // 3
    if third < 2:
        return [f"{len(sizes)} measurements are too few to say whether it grows"]
    before, after = sizes[third:-third], sizes[-third:]
    memory = median(size.mebibytes for size in after) - median(size.mebibytes for size in before)
    files = median(size.files for size in after) - median(size.files for size in before)
    grew = {f"{memory:.0f} MiB": memory > MOST_GROWTH_MEBIBYTES, f"{files:.0f} open files": files > MOST_GROWTH_FILES}
    return [f"grew by {what} from the second third to the last" for what, holds in grew.items() if holds]


def _some(sizes: list[Size]) -> list[Size]:
    return sizes[:: max(1, len(sizes) // MOST_ROWS)]


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.most_common()) or "none"
