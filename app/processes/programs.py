"""Which programs a machine runs: one list for each of `up`, `web` and `worker`."""

import logging
import os
import sys
from collections.abc import Mapping

from app.adapters import devices
from app.adapters.data_folder import machine_name
from app.core.names import Pool
from app.core.workers import worker_name
from app.processes import broker
from app.processes.child import Program
from app.settings import Settings

log = logging.getLogger(__name__)


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
        Program("inspector", inspector, {**environment, **quiet, devices.VISIBLE: devices.NONE_VISIBLE}),
        Program("web", (sys.executable, "-m", "app.main"), environment),
    ]


def workers(settings: Settings) -> list[Program]:
    """A worker for the trainings on each GPU, or one on the CPU where there is none, and one for everything short."""
    gpus: list[str | None] = [gpu.uuid for gpu in _gpus()]
    return [*(_worker(settings, Pool.TRAIN, gpu=gpu) for gpu in gpus or [None]), _worker(settings, Pool.LIGHT)]


def shared_environment(settings: Settings) -> Mapping[str, str]:
    """What children must agree on with their parent, whatever folder or `.env` file they start with."""
    return {
        "DICEBOARD_DATA": str(settings.data.absolute()),
        "DICEBOARD_PORT": str(settings.port),
        "DICEBOARD_WORKER_NAME": settings.worker_name,
    }


def _gpus() -> list[devices.Gpu]:
    try:
        return devices.gpus()
    except devices.DriverError as error:
        log.warning("%s Trainings use the CPU.", error.detail)
        return []


def _worker(settings: Settings, pool: Pool, *, gpu: str | None = None) -> Program:
    celery = (sys.executable, "-m", "celery", "--quiet", "-A", "worker.celery_app", "worker")
    name = worker_name(pool, gpu=gpu, machine=machine_name(settings))
    options = ("-Q", settings.queue(pool), "-n", name, "-c", "1")
    quiet = ("--without-gossip", "--without-mingle", "--loglevel", settings.log_level)
    environment = {**shared_environment(settings), "DICEBOARD_POOL": pool.value}
    if gpu is not None or pool is Pool.LIGHT:
        environment[devices.VISIBLE] = gpu or devices.NONE_VISIBLE
    return Program(name.partition("@")[0], (*celery, *options, *quiet), environment)
