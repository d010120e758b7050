"""Which programs a machine runs: one list for each of `up`, `web` and `worker`."""

import os
import sys
from collections.abc import Mapping

from app.core.names import Pool
from app.processes import broker
from app.processes.child import Program
from app.settings import Settings


def everything(settings: Settings) -> list[Program]:
    """What `diceboard up` runs: the broker unless another is configured, the web with its inspector, the workers."""
    own_broker = [broker.program(settings)] if settings.broker_url is None else []
    return [*own_broker, *web(settings), *workers(settings)]


def web(settings: Settings) -> list[Program]:
    """The inspector and the web server."""
    environment = shared_environment(settings)
    quiet = {"TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2")}
    inspector = (sys.executable, "-m", "app.networks", str(settings.socket("inspector")))
    return [
        # The inspector only builds weightless networks: a GPU taken by it would be missing in training.
        Program("inspector", inspector, {**environment, **quiet, "CUDA_VISIBLE_DEVICES": "-1"}),
        Program("web", (sys.executable, "-m", "app.main"), environment),
    ]


def workers(settings: Settings) -> list[Program]:
    """A worker for the trainings and one for everything short."""
    return [_worker(settings, pool) for pool in (Pool.TRAIN, Pool.LIGHT)]


def shared_environment(settings: Settings) -> Mapping[str, str]:
    """What children must agree on with their parent, whatever folder or `.env` file they start with."""
    return {
        "DICEBOARD_DATA": str(settings.data.absolute()),
        "DICEBOARD_PORT": str(settings.port),
        "DICEBOARD_WORKER_NAME": settings.worker_name,
    }


def _worker(settings: Settings, pool: Pool) -> Program:
    celery = (sys.executable, "-m", "celery", "--quiet", "-A", "worker.celery_app", "worker")
    options = ("-Q", settings.queue(pool), "-n", f"{pool.value}@{settings.worker_name}", "-c", "1")
    quiet = ("--without-gossip", "--without-mingle", "--loglevel", settings.log_level)
    environment = {**shared_environment(settings), "DICEBOARD_POOL": pool.value}
    return Program(pool.value, (*celery, *options, *quiet), environment)
