"""What a database server and a broker do meanwhile: read at the beginning and at the end, and watched in between."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import psutil
import redis
from sqlalchemy import Engine, text

_STATEMENTS = """
SELECT regexp_replace(query, '\\s+', ' ', 'g') AS query, sum(calls) AS calls, sum(total_exec_time) / 1000 AS seconds
FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid WHERE datname = current_database() GROUP BY 1
"""
_COUNTS = "SELECT xact_commit, xact_rollback FROM pg_stat_database WHERE datname = current_database()"
_CONNECTIONS = """
SELECT count(*) AS there, count(*) FILTER (WHERE state <> 'idle') AS busy, count(*) FILTER (WHERE wait_event_type = 'Lock') AS locked
FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass
class Load:
    """What happened in so many seconds."""

    seconds: float
    commits: int
    rollbacks: int
    statements: Counter[str]
    statement_seconds: Counter[str]
    database_cpu: float
    broker_cpu: float
    broker_commands: int
    broker_bytes: int
    machine_cpu: float
    """Seconds that all cores worked, for whomever."""
    most_connections: int = 0
    busy: list[int] = field(default_factory=list)
    locked: list[int] = field(default_factory=list)

    def lines(self, *, dearest: int = 8) -> list[str]:
        """As the report has it."""
        each = self.seconds
        calls = sum(self.statements.values())
        rows = [
            f"| {self.statements[query] / each:.1f} | {1000 * seconds / self.statements[query]:.2f} "
            f"| {100 * seconds / each:.1f} % | `{query[:150].replace('|', '¦').replace('`', ' ')}` |"
            for query, seconds in self.statement_seconds.most_common(dearest)
        ]
        return [
            (
                f"Database: {self.commits / each:.0f} transactions/s ({self.rollbacks / each:.1f} of them rolled back), "
                f"{calls / each:.0f} statements/s, {self.database_cpu / each:.2f} cores; {self.most_connections} connections at "
                f"most, of which {_mean(self.busy):.1f} did something at a time and {_mean(self.locked):.1f} waited for a lock. "
                f"Broker: {self.broker_commands / each:.0f} commands/s, {self.broker_cpu / each:.2f} cores, "
                f"{self.broker_bytes / 2**20:.0f} MiB at the end. The machine: {self.machine_cpu / each:.2f} of its cores, "
                "for whomever."
            ),
            "",
            "| a second | ms each | of a core | statement |",
            "| ---: | ---: | ---: | --- |",
            *rows,
        ]


class Gauges:
    """A database and a broker that are watched from `begin` to `end`."""

    def __init__(self, engine: Engine, postmaster: int, broker: "redis.Redis[bytes]") -> None:
        self._engine = engine
        self._postmaster = psutil.Process(postmaster)
        self._broker = broker
        with engine.begin() as connection:
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_stat_statements"))
        self._seen: list[dict[str, int]] = []
        self._gone: dict[int, float] = {}
        self._before: dict[str, Any] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Count from here."""
        self._stop.clear()
        self._seen = []
        self._before = self._read()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> Load:
        """What happened since."""
        assert self._thread is not None
        self._stop.set()
        self._thread.join()
        before, after = self._before, self._read()
        return Load(
            **{name: after[name] - before[name] for name in before if name != "broker_bytes"},
            broker_bytes=after["broker_bytes"],
            most_connections=max((seen["there"] for seen in self._seen), default=0),
            busy=[seen["busy"] for seen in self._seen],
            locked=[seen["locked"] for seen in self._seen],
        )

    def _watch(self) -> None:
        while not self._stop.wait(1):
            with self._engine.connect() as connection:
                self._seen.append(dict(connection.execute(text(_CONNECTIONS)).mappings().one()))
            self._cpu()

    def _read(self) -> dict[str, Any]:
        with self._engine.connect() as connection:
            counts = connection.execute(text(_COUNTS)).one()
            statements = connection.execute(text(_STATEMENTS)).all()
        broker: Any = self._broker.info()
        machine = psutil.cpu_times()
        return {
            "seconds": time.monotonic(),
            "commits": counts.xact_commit,
            "rollbacks": counts.xact_rollback,
            "statements": Counter({row.query: int(row.calls) for row in statements}),
            "statement_seconds": Counter({row.query: float(row.seconds) for row in statements}),
            "database_cpu": self._cpu(),
            "broker_cpu": broker["used_cpu_user"] + broker["used_cpu_sys"],
            "broker_commands": broker["total_commands_processed"],
            "broker_bytes": broker["used_memory"],
            "machine_cpu": sum(machine) - machine.idle - machine.iowait,
        }

    def _cpu(self) -> float:
        """Seconds of the server's processes, those that have ended meanwhile as they were seen last."""
        for process in (self._postmaster, *self._postmaster.children()):
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            self._gone[process.pid] = times.user + times.system
        return sum(self._gone.values())


def _mean(values: list[int]) -> float:
    return sum(values) / max(1, len(values))
