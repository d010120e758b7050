"""Messages that cannot be understood are dropped: left to itself kombu raises, and the worker's main process ends.

Celery survives what it can decode and does not know (another serializer, an unknown task); what is no message of
kombu's at all (not JSON, no headers, an id of a wrong type) it never gets to see, or trips over.
"""

import logging
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import redis as kombu_redis

log = logging.getLogger(__name__)

_MALFORMED = (LookupError, TypeError, ValueError, AttributeError, RecursionError)


class CarefulChannel(kombu_redis.Channel):  # type: ignore[misc]
    """Takes messages from Redis or Valkey as kombu's own does, but for one that is malformed."""

    def _brpop_read(self, **options: Any) -> Any:
        before = self._unacknowledged()
        try:
            return super()._brpop_read(**options)
        except _MALFORMED:
            log.exception("A message that cannot be understood was dropped")
            # What was noted as being worked on would be waited for now, and come again after the visibility timeout.
            for tag in self._unacknowledged() - before:
                self.basic_reject(tag, requeue=False)
            raise Empty from None

    def _unacknowledged(self) -> set[str]:
        return self.qos._delivered.keys() - self.qos._dirty  # type: ignore[no-any-return]  # noqa: SLF001 -- kombu tells only how many


class CarefulTransport(kombu_redis.Transport):  # type: ignore[misc]
    """kombu's transport with careful channels."""

    Channel = CarefulChannel


def be_careful() -> None:
    """Let every connection that this process opens to Redis or Valkey drop malformed messages."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{CarefulTransport.__name__}"
