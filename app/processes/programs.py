"""Which programs a machine runs: one list for each of `up`, `web` and `worker`."""

import logging
import os
import sys
from collections.abc import Mapping, Sequence

from app.adapters import devices
from app.adapters.data_folder import machine_name
from app.core.names import Pool
from app.core.workers import worker_name
from app.processes import broker
from app.processes.child import Program
from app.processes.watcher import STOP_SECONDS
from app.settings import Settings

log = logging.getLogger(__name__)

HANDS_BACK_SECONDS = 8.0
"""Three of which are for a broker that `up` ends last."""


def everything(settings: Settings) -> list[Program]:
    """What `diceboard up` runs: the broker unless another is configured, the web with its inspector, the workers."""
    own_broker = [broker.program(settings)] if settings.broker_url is None else []
    return [*own_broker, *web(settings), *workers(settings)]


def stop_seconds(settings: Settings) -> float:
    """How long workers are given to end: a trainer that is asked to stop keeps a checkpoint, and its run is handed back."""
    return max(STOP_SECONDS, settings.kill_after_seconds + HANDS_BACK_SECONDS)


def web(settings: Settings) -> list[Program]:
    """The inspector and the web server."""
    environment = shared_environment(settings)
    quiet = {"TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2")}
    inspector = (sys.executable, "-m", "app.networks", str(settings.socket("inspector")))
    return [
        # The inspector only builds weightless networks: a GPU taken by it would be missing in training.
        Program("inspector", inspector, {**environment, **quiet, devices.VISIBLE: devices.NONE_VISIBLE}),
        Program("web", (sys.executable, "-m", "app.main"), environment),
    ]


def workers(settings: Settings) -> list[Program]:
    """What DICEBOARD_POOLS says: a worker for trainings on each GPU (or so many of them), or one on the CPU where there
    is none, and one for everything short.
    """
    light = [_worker(settings, (Pool.LIGHT.value,))] if Pool.LIGHT in settings.pools else []
    return [*_trainings(settings), *light] if settings.train_pools else light


def shared_environment(settings: Settings) -> Mapping[str, str]:
    """What children must agree on with their parent, whatever folder or `.env` file they start with."""
    return {
        "DICEBOARD_DATA": str(settings.data.absolute()),
        "DICEBOARD_PORT": str(settings.port),
        "DICEBOARD_WORKER_NAME": settings.worker_name,
    }


def _trainings(settings: Settings) -> list[Program]:
    gpus, each = _gpus(), settings.gpus_per_worker
    groups = [gpus[first : first + each] for first in range(0, len(gpus), each)]
    if groups and len(groups[-1]) < each:
        log.warning("The last worker has %d of the %d GPUs that each was to have.", len(groups[-1]), each)
    return [_worker(settings, settings.train_pools, gpus=group) for group in groups or [[]]]


def _gpus() -> list[str]:
    try:
        return [gpu.uuid for gpu in devices.gpus()]
    except devices.DriverError as error:
        log.warning("%s Trainings use the CPU.", error.detail)
        return []


def _worker(settings: Settings, pools: Sequence[str], *, gpus: Sequence[str] = ()) -> Program:
    celery = (sys.executable, "-m", "celery", "--quiet", "-A", "worker.celery_app", "worker")
    name = worker_name(pools[0], gpu=next(iter(gpus), None), machine=machine_name(settings))
    options = ("-n", name, "-c", "1", "--without-gossip", "--without-mingle", "--loglevel", settings.log_level)
    environment = {**shared_environment(settings), "DICEBOARD_POOLS": ",".join(pools)}
    if gpus or Pool.LIGHT in pools:
        environment[devices.VISIBLE] = ",".join(gpus) or devices.NONE_VISIBLE
    return Program(name.partition("@")[0], (*celery, *options), environment)
