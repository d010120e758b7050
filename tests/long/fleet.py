"""200 workers and 10,000 queued runs: the real scheduler, database and broker, with trainers that compute nothing."""

import os
import subprocess
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
from app.core.names import TaskName
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
from tests.long.machines import Asked, Machines, until

IDLE_SECONDS = 60
LEFT_OVER_SECONDS = 300
"""Messages of runs that somebody else has taken meanwhile are answered within this time."""
SERVER = ("max_connections=1000", "shared_preload_libraries=pg_stat_statements", "shared_buffers=512MB")
READS = 5


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
            drain = _drain(services, machines, gauges, asked)
            idle = None if asked.kill_share else _idle(services, gauges)
        finally:
            machines.end()
        wrong = violations(engine, epochs=simulated.EPOCHS)
        lines = [
            simulated.NOT_REAL,
            "",
            *_outcome(asked, machines, attempts(engine), wrong, submitted=submitted, drain=drain),
            *_latency(machines.samples()),
            *("", "While the queue was drained:", "", *drain.load.lines()),
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
            until(lambda: _answers(client), seconds=60)
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


class Drain(NamedTuple):
    """From when all workers were there until nothing waited and nobody worked."""

    runs: int
    seconds: float
    load: Load


def _drain(services: ServiceBundle, machines: Machines, gauges: Gauges, asked: Asked) -> Drain:
    machines.arrive(lambda: len(_alive(services)))
    runs = left = _left(services)
    _say(f"{asked.workers} workers are there, and {left:,} runs are left")
    began = said = time.monotonic()
    gauges.begin()
    machines.expose()
    while left:
        if left <= asked.workers:
            machines.spare()  # the last ones are left to end, or the time would be that of a lease
        if time.monotonic() - said > 30:
            said = time.monotonic()
            _say(f"{left:,} runs are left after {said - began:.0f} s; {machines.killed} workers were killed")
        machines.suffer()
        time.sleep(1)
        left = _left(services)
    return Drain(runs, time.monotonic() - began, gauges.end())


def _left(services: ServiceBundle) -> int:
    engine = services.database.engine  # type: ignore[attr-defined]
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM run WHERE finished_at IS NULL")).scalar_one())


def _idle(services: ServiceBundle, gauges: Gauges) -> Load:
    until(lambda: services.queue.length(TaskName.TRAIN_NEXT_RUN) == 0, seconds=LEFT_OVER_SECONDS)
    time.sleep(10)
    gauges.begin()
    time.sleep(IDLE_SECONDS)
    return gauges.end()


def _alive(services: ServiceBundle) -> Sequence[Any]:
    return [worker for worker in services.workers.page() if worker.alive]


def _outcome(
    asked: Asked, machines: Machines, took: dict[int, int], wrong: list[str], *, submitted: float, drain: Drain
) -> list[str]:
    tries = ", ".join(f"{runs:,} took {number}" for number, runs in took.items())
    killed = (
        f" {machines.killed} workers were killed, ten at a time with SIGKILL, and replaced." if machines.killed else ""
    )
    most = asked.workers / asked.seconds
    return [
        (
            f"{asked.runs:,} runs for {asked.workers:,} workers were queued in {submitted:.1f} s ({asked.runs / submitted:.0f} "
            f"a second). {drain.runs:,} were left when all workers were there, and worked off in {drain.seconds:.0f} s: "
            f"{drain.runs / drain.seconds:.1f} a second, where {most:.1f} would be all that so many workers can do "
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


def _answers(client: "redis.Redis[bytes]") -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - its output is what it is for
