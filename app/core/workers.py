"""Who computes, on what, and what it will do next."""

from collections.abc import Mapping, Sequence

from app.core.names import Pool
from app.core.runs.device_request import TRAIN_POOL, DeviceOffer
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Run
from app.core.values import Instant, JsonObject, Value


class Worker(Value):
    """A Celery worker process with one slot, on one device of one machine or on several of one kind.

    `device` is {"kind": "gpu" or "cpu", "count", "uuid", "name", "memory_bytes", "memory_used_bytes", "cores",
    "utilisation"}, the last from 0 to 1. Of several GPUs, which stand one by one in "devices", these are the first's UUID,
    the least memory, the most that is used of it, and the mean utilisation. With a `problem` the device cannot compute,
    and the slot takes no runs until it can again. `pools` are those whose runs it takes; empty, where an earlier version
    wrote this, for the usual one.
    """

    name: str
    host: str
    pid: int
    pool: Pool
    pools: tuple[str, ...] = ()
    device: JsonObject
    started_at: Instant
    seen_at: Instant
    draining: bool = False
    problem: str | None = None
    run_id: str | None = None
    alive: bool = True

    @property
    def machine(self) -> str:
        """The machine it is on; two machines may have the same `host`."""
        return self.name.partition("@")[2]

    @property
    def trains(self) -> bool:
        """Whether it will take a run once it is free."""
        return self.pool is Pool.TRAIN and self.alive and not self.draining and self.problem is None

    @property
    def offer(self) -> DeviceOffer:
        """What runs can train on here."""
        return DeviceOffer.of(self.device, pools=self.pools or (TRAIN_POOL,))


def worker_name(pool: str, *, gpu: str | None, machine: str) -> str:
    """The name of a slot: its first pool, the beginning of its first GPU's UUID, the machine."""
    device = f"-{gpu.partition('-')[2][:8]}" if gpu and pool != Pool.LIGHT else ""
    return f"{pool}{device}@{machine}"


def next_runs(workers: Sequence[Worker], at_work: Mapping[str, Run], waiting: Sequence[Run]) -> dict[str, Run]:
    """Which waiting run each worker will probably take, by the worker's name: who is free first takes the first it can.

    `at_work` has the workers' runs by their ids. Of whom nobody knows when they will be free, the first named come first.
    """
    left = [run for run in waiting if run.state is RunState.QUEUED]
    free_first = sorted((worker for worker in workers if worker.trains), key=lambda worker: _free_in(worker, at_work))
    found = {}
    for worker in free_first:
        run = next((run for run in left if worker.offer.meets(run.configuration.device)), None)
        if run is not None:
            found[worker.name] = run
            left.remove(run)
    return found


def _free_in(worker: Worker, at_work: Mapping[str, Run]) -> float:
    """Seconds, as far as can be told."""
    if worker.run_id is None:
        return 0.0
    run = at_work.get(worker.run_id)
    seconds = None if run is None else run.progress.eta_seconds
    return float("inf") if seconds is None else seconds
