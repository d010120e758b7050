"""The live tail of events in Valkey Streams: one stream a run, each entry under its seq. All of it may be lost."""

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from app.core.runs.run import Event

log = logging.getLogger(__name__)

KEPT_EVENTS = 5_000
KEPT_SECONDS = 3_600
"""After a run's last event its tail goes: the database has it all, and without this the broker would fill with runs."""
TIMEOUT_SECONDS = 0.5
REST_SECONDS = 1.0
_FIELD = b"event"


def stream_key(run_id: str) -> str:
    """Where the tail of a run's events lies."""
    return f"diceboard:events:{run_id}"


class ValkeyEventLog:
    """Implements ports.EventLog. Writing never raises and never waits long: the database has every event."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._resting_until = 0.0
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    def append(self, events: Sequence[Event]) -> None:
        """Add events under their seq; what the stream does not take (down, full, overtaken) is left out."""
        if not events or time.monotonic() < self._resting_until:
            return
        pipeline = self._client.pipeline(transaction=False)
        for event in events:
            pipeline.xadd(
                stream_key(event.run_id),
                {_FIELD: event.model_dump_json()},
                id=f"0-{event.seq}",
                maxlen=KEPT_EVENTS,
                approximate=True,
            )
        for run_id in {event.run_id for event in events}:
            pipeline.expire(stream_key(run_id), KEPT_SECONDS)
        try:
            answers = pipeline.execute(raise_on_error=False)
        except (RedisError, OSError) as error:
            self._resting_until = time.monotonic() + REST_SECONDS
            log.warning("The live tail took no events: %s", type(error).__name__)
            return
        refused = [answer for answer in answers if isinstance(answer, Exception)]
        if refused:
            # Also met where a later event was quicker: readers see the gap and ask the database.
            log.info("The live tail left out %d of %d events: %s", len(refused), len(events), refused[0])

    def tail(self) -> "ValkeyTail":
        """A reader for one event loop; close it there."""
        return ValkeyTail(self._url)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()


class ValkeyTail:
    """Reads tails in one event loop. Raises ConnectionError where the broker does not answer."""

    def __init__(self, url: str) -> None:
        self._client = redis.asyncio.Redis.from_url(
            url,
            socket_connect_timeout=TIMEOUT_SECONDS,
            socket_timeout=TIMEOUT_SECONDS * 4,
            retry=AsyncRetry(NoBackoff(), 0),
        )

    async def news(self, positions: Mapping[str, int], *, within_seconds: float) -> dict[str, int]:
        """The newest seq of each run that has gone beyond its position; empty where nothing did in that time."""
        streams: dict[Any, Any] = {stream_key(run_id): f"0-{seq}" for run_id, seq in positions.items()}
        names = {stream_key(run_id).encode(): run_id for run_id in positions}
        try:
            answer: Any = await self._client.xread(streams, block=int(within_seconds * 1000))
        except (RedisError, OSError) as error:
            raise ConnectionError(type(error).__name__) from error
        found = answer.items() if isinstance(answer, dict) else answer or []
        return {names[key]: max(_seq(entry[0]) for entry in _flat(entries)) for key, entries in found}

    async def after(self, run_id: str, seq: int, *, limit: int) -> list[Event]:
        """Events that the tail still has after a seq; there may be gaps."""
        try:
            entries: Any = await self._client.xrange(stream_key(run_id), min=f"(0-{seq}", count=limit)
        except ResponseError:
            return []
        except (RedisError, OSError) as error:
            raise ConnectionError(type(error).__name__) from error
        return [Event.model_validate_json(fields[_FIELD]) for _, fields in entries]

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()


def _flat(entries: Any) -> list[Any]:
    # redis-py wraps a stream's entries in one more list under RESP3.
    return list(entries[0]) if entries and isinstance(entries[0], list) else list(entries)


def _seq(entry_id: bytes) -> int:
    return int(entry_id.partition(b"-")[2])
