"""Composes the worker: `celery -A worker.celery_app worker`, for the pools that DICEBOARD_POOLS names."""

from typing import Any

from celery import Celery
from celery.signals import worker_ready, worker_shutdown, worker_shutting_down
from kombu import Queue

from app.adapters.task_queue import TRANSPORT_OPTIONS, celery_broker_url
from app.core.names import POOL_OF_TASK, Pool
from app.settings import Settings
from worker.heartbeat import Heartbeat
from worker.messages import be_careful
from worker.prediction_desk import PredictionDesk
from worker.slot import Slot


def configuration(settings: Settings) -> dict[str, Any]:
    """Celery's settings; the database is the truth and a message only a hint, hence early acks and no results."""
    queues = [settings.queue(name) for name in (*settings.pools, Slot(settings).name)]
    return {
        "broker_url": celery_broker_url(settings.broker),
        "task_serializer": "json",
        "result_serializer": "json",
        "event_serializer": "json",
        "accept_content": ["json"],
        "result_accept_content": ["json"],
        "task_ignore_result": True,
        "task_acks_late": False,  # redelivery belongs to the lease, not to the visibility timeout
        "worker_disable_prefetch": True,  # nothing waits behind an hours-long training
        "worker_prefetch_multiplier": 1,
        "worker_concurrency": 1,
        "worker_pool": "prefork",
        "worker_pool_start_method": "spawn",
        "worker_max_tasks_per_child": 50,
        "worker_proc_alive_timeout": 120,  # spawning takes far longer than the default 4 s on a busy machine, and is begun anew after that
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "broker_connection_retry": True,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "worker_soft_shutdown_timeout": 0,  # the supervisor drains; the built-in one is a fixed sleep
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "task_default_queue": queues[0],
        "task_queues": [Queue(queue) for queue in queues],
        "task_routes": {task.value: {"queue": settings.queue(pool)} for task, pool in POOL_OF_TASK.items()},
        "broker_transport_options": TRANSPORT_OPTIONS,
    }


be_careful()
app = Celery("diceboard", include=["worker.tasks"])
app.conf.update(configuration(Settings()))

_heartbeats: list[Heartbeat] = []
_desks: list[PredictionDesk] = []


@worker_ready.connect  # type: ignore[untyped-decorator]
def _start(**_: object) -> None:
    settings = Settings()
    heartbeat = Heartbeat(settings)
    heartbeat.start()
    _heartbeats.append(heartbeat)
    if Pool.LIGHT in settings.pools:
        desk = PredictionDesk(settings)
        desk.start()
        _desks.append(desk)


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def _drain(**_: object) -> None:
    for heartbeat in _heartbeats:
        heartbeat.drain()


@worker_shutdown.connect  # type: ignore[untyped-decorator]
def _leave(**_: object) -> None:
    for desk in _desks:
        desk.leave()
    for heartbeat in _heartbeats:
        heartbeat.leave()
