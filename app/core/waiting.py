"""What workers have to train on, and why a run waits that none of them can take, in words."""

from collections import Counter
from collections.abc import Sequence

from app.core.names import Pool
from app.core.runs.device_request import TRAIN_POOL, DeviceRequest
from app.core.workers import Worker

MOST_TOLD = 5


def waiting_for(asked: DeviceRequest, workers: Sequence[Worker]) -> str | None:
    """What would have to change for the run to start; None where some worker will take it sooner or later."""
    alive = [worker for worker in workers if worker.pool is Pool.TRAIN and worker.alive]
    able = [worker for worker in alive if worker.offer.meets(asked)]
    if any(worker.trains for worker in able):
        return None
    if not alive:
        return "No worker that trains is alive. It starts as soon as one is: diceboard worker"
    if able:
        return f"Who could train it does not at the moment: {_listed([_trouble(worker) for worker in able])}."
    serving = [worker for worker in alive if asked.pool in worker.offer.pools]
    if not serving:
        pools = sorted({pool for worker in alive for pool in worker.offer.pools})
        return f"No worker serves the pool {asked.pool}; those that are there serve {', '.join(pools)}."
    of_pool = "" if asked.pool == TRAIN_POOL else f" of the pool {asked.pool}"
    return f"It asks for {asked}; the workers{of_pool} are: {_listed([_devices(worker) for worker in serving])}."


def devices_there(workers: Sequence[Worker]) -> str:
    """What those have that train, with the pools where these are not the usual one; empty where there is none."""
    return _listed([f"{worker.offer}{_pools(worker)}" for worker in workers if worker.trains])


def _pools(worker: Worker) -> str:
    return "" if worker.offer.pools == (TRAIN_POOL,) else f" for {' and '.join(worker.offer.pools)}"


def _trouble(worker: Worker) -> str:
    return f"{worker.name} {'leaves' if worker.problem is None else 'is out of order'}"


def _devices(worker: Worker) -> str:
    return f"{worker.offer} on {worker.host}"


def _listed(told: Sequence[str]) -> str:
    """What is the same once, and no more than a few."""
    counted = [text if times == 1 else f"{times} × {text}" for text, times in Counter(told).items()]
    more = len(counted) - MOST_TOLD
    return ", ".join([*counted[:MOST_TOLD], *([f"{more} more"] if more > 0 else [])])
