"""Messages to workers through Celery, by task name: the worker's code is never imported here."""

import logging
from urllib.parse import unquote, urlsplit

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from app.core.names import POOL_OF_TASK, TaskName
from app.settings import Settings

log = logging.getLogger(__name__)

TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,  # only ever concerns messages that are reserved and not started
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 25,
    "retry_on_timeout": True,
    "global_keyprefix": "diceboard:v1:",
}
"""What producers and workers must agree on, or they would not meet on one broker."""

# A request of the web waits for the broker no longer than this; the reconciler sends again what did not go out.
_PRODUCER_OPTIONS = TRANSPORT_OPTIONS | {"socket_timeout": 1, "socket_connect_timeout": 1, "retry_on_timeout": False}
_RETRY_POLICY = {"max_retries": 2, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.3}


def celery_broker_url(url: str) -> str:
    """redis-py's URL as kombu takes it: a Unix socket is `redis+socket:///path` there, not `unix:///path`."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    return f"redis+socket://{unquote(parts.path)}"


class CeleryTaskQueue:
    """Implements ports.TaskQueue. Nothing here raises: a message is a hint, the database knows what waits."""

    def __init__(self, settings: Settings) -> None:
        self._queue_name = settings.queue
        self._app = Celery("diceboard", broker=celery_broker_url(settings.broker), set_as_current=False)
        self._app.conf.update(
            task_serializer="json",
            accept_content=["json"],
            task_ignore_result=True,
            broker_transport_options=_PRODUCER_OPTIONS,
            broker_connection_timeout=1,
        )

    def send(self, task: TaskName, argument: str, *, to: str | None = None) -> bool:
        """Send within about 2 s, to the task's usual pool or where `to` says; False where the broker did not answer."""
        try:
            self._app.send_task(
                task.value,
                args=[argument],
                queue=self._queue_name(to or POOL_OF_TASK[task]),
                retry=True,
                retry_policy=_RETRY_POLICY,
            )
        except (OperationalError, RedisError, OSError) as error:
            log.warning("The broker took no message for %s: %s", task.value, type(error).__name__)
            return False
        return True

    def length(self, task: TaskName, *, to: str | None = None) -> int | None:
        """How many messages wait there; None where the broker does not answer."""
        queue = self._queue_name(to or POOL_OF_TASK[task])
        try:
            with self._app.connection_for_read() as connection:
                # Left to itself kombu waits 2 s before it says that nobody listens.
                connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
                with connection.channel() as channel:
                    # Not `passive`: kombu leaves out the key prefix where it asks whether a queue is there.
                    return int(channel.queue_declare(queue=queue).message_count)
        except (OperationalError, RedisError, OSError):
            return None

    def close(self) -> None:
        """Give the connections back."""
        self._app.close()
