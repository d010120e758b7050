"""200 workers and 10,000 queued runs: the real scheduler, database and broker, with trainers that compute nothing."""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import redis
from sqlalchemy import Engine, create_engine, text

from app.adapters.clock import new_id, utc_now
from app.adapters.database.migrate import upgrade
from app.composition import compose
from app.core.runs.configuration import Configuration
from app.core.runs.request import MOST_RUNS_AT_ONCE, RunRequest
from app.processes import broker
from app.services.bundle import ServiceBundle
from app.services.runs import RunService
from app.settings import Settings
from tests.factories.rows import ready_dataset, stored_architecture
from tests.fixtures.databases import fresh_database, postgres_server
from tests.long import report, simulated
from tests.long.fleet_checks import attempts, violations
from tests.long.gauges import Gauges, Load

WORKERS_OF_A_MACHINE = 10
STARTS_WITHIN_SECONDS = 300
IDLE_SECONDS = 60
SERVER = ("max_connections=1000", "shared_preload_libraries=pg_stat_statements", "shared_buffers=512MB")
READS = 5


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
        return f"A fleet of simulated workers{dying}"


class Machines:
    """Processes of ten workers each, which are killed and replaced together."""

    def __init__(self, folder: Path, asked: Asked) -> None:
        self._folder = folder
        self._asked = asked
        self._chance = random.Random(asked.seed)
        self._there: list[subprocess.Popen[bytes]] = []
        self._started = 0
        self.killed = 0
        for _ in range(asked.workers // WORKERS_OF_A_MACHINE):
            self._start()
        share = asked.kill_share * asked.workers / WORKERS_OF_A_MACHINE
        self._every = 60 / share if share else float("inf")
        self._kill_at = float("inf")

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


def main(asked: Asked) -> bool:
    """Write the report; whether every run finished once and nothing was lost."""
    with tempfile.TemporaryDirectory(prefix="dice-", ignore_cleanup_errors=True) as name, _servers(Path(name)) as there:
        settings, gauges, engine = there
        services = compose(settings)
        submitted = _submit(services, asked)
        _say(f"{asked.runs:,} runs were queued in {submitted:.1f} s")
        reads = list(_reads(services))
        machines = Machines(Path(name), asked)
        try:
            drained, busy = _drain(services, machines, gauges, asked)
            idle = None if asked.kill_share else _idle(gauges)
        finally:
            machines.end()
        wrong = violations(engine, epochs=simulated.EPOCHS)
        lines = [
            simulated.NOT_REAL,
            "",
            *_outcome(asked, machines, attempts(engine), wrong, submitted=submitted, drained=drained),
            *_latency(machines.samples()),
            *("", "While the queue was drained:", "", *busy.lines()),
            *(() if idle is None else ("", "While all of them wait and nothing is queued:", "", *idle.lines())),
            *("", f"With {asked.runs:,} runs queued and no worker there, the middle of {READS}:", "", *reads),
        ]
        report.write_section(asked.title, lines)
        services.database.close()  # type: ignore[attr-defined]
    print(*wrong, sep="\n", flush=True)  # noqa: T201 - its output is what it is for
    return not wrong


@contextmanager
def _servers(folder: Path) -> Iterator[tuple[Settings, Gauges, Engine]]:
    """PostgreSQL and Valkey, and the settings under which every process of this test finds them."""
    with postgres_server(*SERVER) as (server, postmaster):
        url = fresh_database(server)
        os.environ |= {"DICEBOARD_DATABASE_URL": url, "DICEBOARD_STORAGE_URL": (folder / "blobs").as_uri()}
        os.environ["DICEBOARD_DATA"] = str(folder)
        os.environ["DICEBOARD_BROKER_URL"] = Settings().broker
        settings = Settings()
        upgrade(url)
        valkey = subprocess.Popen(broker.program(settings).argv)
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        try:
            client = redis.Redis.from_url(settings.broker)
            _until(lambda: _answers(client), seconds=60)
            yield settings, Gauges(engine, postmaster, client), engine
        finally:
            valkey.kill()
            valkey.wait()
            engine.dispose()


def _submit(services: ServiceBundle, asked: Asked) -> float:
    """Queue the runs through the use case, as a person does who asks for many; seconds that it took."""
    stored, dataset = stored_architecture(), ready_dataset(services.database)  # type: ignore[arg-type]
    with services.database.transaction() as transaction:
        transaction.architectures.add(stored)
    nobody: Any = SimpleNamespace(refuse_what_cannot_fit=lambda *_: None, refuse_what_cannot_start=lambda *_: None)
    common: dict[str, Any] = {"database": services.database, "queue": services.queue, "event_log": services.event_log}
    runs = RunService(**common, clock=utc_now, new_id=new_id, plans=nobody, starts=nobody)
    configuration = Configuration(epochs=simulated.EPOCHS)
    request = RunRequest(architecture=stored.id, dataset=dataset.id, configuration=configuration)
    began = time.monotonic()
    for first in range(0, asked.runs, MOST_RUNS_AT_ONCE):
        runs.create([request] * min(MOST_RUNS_AT_ONCE, asked.runs - first))
    return time.monotonic() - began


def _reads(services: ServiceBundle) -> Iterator[str]:
    """How long people wait for what shows the queue."""
    first = services.run_queue.waiting()[0]
    asked: dict[str, Any] = {
        "a page of 50 runs (`/runs`)": lambda: services.runs.page(limit=50),
        "a run that waits (`/runs/ID`)": lambda: services.runs.get(first.id),
        "the whole queue in its order (`/workers`, `/queue`)": services.run_queue.waiting,
        "moving a run to the front": lambda: services.run_queue.order([first.id], to_front=True),
        "one reconciling": services.workers.reconcile,
    }
    for what, ask in asked.items():
        seconds = []
        for _ in range(READS):
            began = time.monotonic()
            ask()
            seconds.append(time.monotonic() - began)
        yield f"- {what}: {1000 * sorted(seconds)[READS // 2]:.0f} ms"


def _drain(services: ServiceBundle, machines: Machines, gauges: Gauges, asked: Asked) -> tuple[float, Load]:
    """Wait until nothing waits and nobody works; seconds from when all workers were there, and the load meanwhile."""
    _until(lambda: len(_alive(services)) >= asked.workers, seconds=STARTS_WITHIN_SECONDS)
    _say(f"{asked.workers} workers are there")
    began = said = time.monotonic()
    gauges.begin()
    machines.expose()
    engine = services.database.engine  # type: ignore[attr-defined]
    while True:
        with engine.connect() as connection:
            left = connection.execute(text("SELECT count(*) FROM run WHERE finished_at IS NULL")).scalar_one()
        if left <= asked.workers:
            machines.spare()  # the last ones are left to end, or the time would be that of a lease
        if not left:
            return time.monotonic() - began, gauges.end()
        if time.monotonic() - said > 30:
            said = time.monotonic()
            _say(f"{left:,} runs are left after {said - began:.0f} s; {machines.killed} workers were killed")
        machines.suffer()
        time.sleep(1)


def _idle(gauges: Gauges) -> Load:
    time.sleep(10)
    gauges.begin()
    time.sleep(IDLE_SECONDS)
    return gauges.end()


def _alive(services: ServiceBundle) -> Sequence[Any]:
    return [worker for worker in services.workers.page() if worker.alive]


def _outcome(
    asked: Asked, machines: Machines, took: dict[int, int], wrong: list[str], *, submitted: float, drained: float
) -> list[str]:
    tries = ", ".join(f"{runs:,} took {number}" for number, runs in took.items())
    killed = (
        f" {machines.killed} workers were killed, ten at a time with SIGKILL, and replaced." if machines.killed else ""
    )
    most = asked.workers / asked.seconds
    return [
        (
            f"{asked.runs:,} runs for {asked.workers:,} workers were queued in {submitted:.1f} s ({asked.runs / submitted:.0f} a second) and worked off in "
            f"{drained:.0f} s: {asked.runs / drained:.1f} a second, where {most:.1f} would be all that so many workers can do "
            f"with trainings of {asked.seconds:g} s.{killed} Attempts: {tries}."
        ),
        "",
        (
            "Checked of every run: one end, events numbered without gaps, attempts one after the other and none that "
            f"writes after a later one, one result: {'; '.join(wrong) or 'nothing is wrong'}."
        ),
        "",
    ]


def _latency(samples: list[dict[str, Any]]) -> list[str]:
    claims = [sample for sample in samples if sample.get("got")]
    empty = sum(sample.get("got") is False for sample in samples)
    broken = [sample["broke_off"] for sample in samples if "broke_off" in sample]
    # A worker's first claim waited for the others to start.
    told = {
        "the claim itself": [claim["claim"] for claim in claims],
        "from free to claimed": [claim["waited"] for claim in claims if not claim["first"]],
    }
    rows = [
        f"| {what} | {len(seconds):,} | " + " | ".join(f"{1000 * np.percentile(seconds, share):.1f}" for share in (50, 95, 99, 100)) + " |"
        for what, seconds in told.items()
    ]  # fmt: skip
    return [
        "| ms | claims | median | 95 % | 99 % | longest |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *rows,
        "",
        f"{empty:,} messages led to no run. Broken off: {'; '.join(sorted(set(broken))[:5]) or 'nothing'}.",
    ]


def _until(holds: Any, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"It did not come about within {seconds:g} s.")
        time.sleep(0.5)


def _answers(client: "redis.Redis[bytes]") -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - its output is what it is for
