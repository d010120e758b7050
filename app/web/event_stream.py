"""Events of runs to browsers: one reader a process wakes the clients, and each reads on from its own cursor."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import ClassVar, Protocol, runtime_checkable

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from app.core.errors import DiceboardError, NotFoundError, UnavailableError
from app.core.runs.run import Event

MOST_CLIENTS = 500
BATCH = 200
BLOCK_SECONDS = 0.5
PING_SECONDS = 15.0
SEND_SECONDS = 10.0
LOOKS_WHEN_LIVE_SECONDS = 5.0  # an event whose write to the tail failed is found in the database no later than this
LOOKS_WHEN_DOWN_SECONDS = 1.0
HEADERS = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}


class TooManyStreamsError(DiceboardError):
    """As many event streams are open as one process may serve."""

    status: ClassVar[int] = 429
    title: ClassVar[str] = "Too many event streams"


class Tail(Protocol):
    """Reads the live tail in one event loop; ConnectionError where it does not answer."""

    async def news(self, positions: Mapping[str, int], *, within_seconds: float) -> dict[str, int]:
        """The newest seq of each run that has gone beyond its position."""
        ...

    async def after(self, run_id: str, seq: int, *, limit: int) -> list[Event]:
        """What the tail still has after a seq; there may be gaps."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...


@runtime_checkable
class HasTail(Protocol):
    """An event log that can be read."""

    def tail(self) -> Tail:
        """A reader for the running event loop."""
        ...


class Subscription:
    """One client's place in the hub."""

    def __init__(self, hub: "EventHub", runs: Sequence[str]) -> None:
        self.runs = tuple(runs)
        self.hub = hub
        self.woken = asyncio.Event()

    async def wait(self, seconds: float) -> bool:
        """Sleep until one of the runs has news, the tail comes or goes, or the server stops; whether it was woken."""
        try:
            async with asyncio.timeout(seconds):
                await self.woken.wait()
        except TimeoutError:
            return False
        self.woken.clear()
        return True

    def close(self) -> None:
        """Leave the hub; leaving twice is fine."""
        self.hub.leave(self)


class EventHub:
    """All clients of one process, and the one reader that wakes them; it runs only while there are clients."""

    def __init__(self, event_log: object, stopping: asyncio.Event) -> None:
        self._event_log = event_log
        self.stopping = stopping
        self.live = False
        self.tail: Tail | None = None
        self._clients: set[Subscription] = set()
        self._positions: dict[str, int] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._at_once = asyncio.Semaphore(8)

    def join(self, cursor: Mapping[str, int]) -> Subscription:
        """Add a client that has read up to the cursor; raise TooManyStreamsError where there are too many."""
        if len(self._clients) >= MOST_CLIENTS:
            raise TooManyStreamsError(
                f"{MOST_CLIENTS} event streams are open. Close some tabs, or ask GET /api/v1/runs/ID/events from time to time."
            )
        subscription = Subscription(self, tuple(cursor))
        self._clients.add(subscription)
        for run_id, seq in cursor.items():
            self._positions.setdefault(run_id, seq)
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._farewell())]
        return subscription

    def leave(self, subscription: Subscription) -> None:
        """Forget a client, and stop reading with the last one."""
        self._clients.discard(subscription)
        wanted = {run_id for client in self._clients for run_id in client.runs}
        self._positions = {run_id: seq for run_id, seq in self._positions.items() if run_id in wanted}
        if not self._clients:
            for task in self._tasks:
                task.cancel()
            self._tasks = []

    async def after(self, run_id: str, seq: int) -> list[Event]:
        """What the tail has right after a seq, without a gap; empty where it has a gap, nothing, or is down."""
        if self.tail is None or not self.live:
            return []
        try:
            async with self._at_once:
                found = await self.tail.after(run_id, seq, limit=BATCH)
        except ConnectionError:
            self._set_live(live=False)
            return []
        return list(_unbroken(found, seq))

    def seen(self, run_id: str) -> int:
        """The newest seq that the reader has seen of a run."""
        return self._positions.get(run_id, 0)

    async def _read(self) -> None:
        if not isinstance(self._event_log, HasTail):
            return
        tail = self.tail = self._event_log.tail()
        try:
            while True:
                await self._read_once(tail)
        finally:
            if self.tail is tail:
                self.tail, self.live = None, False
            await tail.close()

    async def _read_once(self, tail: Tail) -> None:
        try:
            news = await tail.news(dict(self._positions), within_seconds=BLOCK_SECONDS)
        except ConnectionError:
            self._set_live(live=False)
            await asyncio.sleep(LOOKS_WHEN_DOWN_SECONDS)
            return
        self._set_live(live=True)
        self._positions |= {run_id: seq for run_id, seq in news.items() if run_id in self._positions}
        self._wake(lambda client: any(run_id in news for run_id in client.runs))

    async def _farewell(self) -> None:
        await self.stopping.wait()
        self._wake(lambda _client: True)

    def _set_live(self, *, live: bool) -> None:
        if live is not self.live:
            self.live = live
            self._wake(lambda _client: True)

    def _wake(self, which: Callable[[Subscription], bool]) -> None:
        for client in self._clients:
            if which(client):
                client.woken.set()


def event_hub(app: FastAPI, event_log: object, stopping: asyncio.Event) -> EventHub:
    """The hub of this process."""
    hub: EventHub | None = getattr(app.state, "event_hub", None)
    if hub is None:
        hub = app.state.event_hub = EventHub(event_log, stopping)
    return hub


async def messages(
    subscription: Subscription,
    cursor: dict[str, int],
    from_database: Callable[[str, int], list[Event]],
    *,
    reset: bool = False,
) -> AsyncIterator[str]:
    """Every event after the cursor, once and in order, until the server stops. `from_database` may block."""
    hub = subscription.hub
    yield "retry: 2000\n\n"
    if reset:
        yield f"id: {vector(cursor)}\nevent: reset\ndata: {{}}\n\n"
    look, pinged, looked = True, time.monotonic(), time.monotonic()
    while not hub.stopping.is_set():
        found = False
        for run_id in list(cursor):
            for event in await _next(hub, run_id, cursor, from_database, look=look):
                found = True
                cursor[run_id] = event.seq
                yield f"id: {vector(cursor)}\nevent: {event.kind.value}\ndata: {event.model_dump_json()}\n\n"
        if time.monotonic() - pinged >= PING_SECONDS:
            pinged = time.monotonic()
            yield ": ping\n\n"
        if not found:
            if look:
                looked = time.monotonic()
            every = LOOKS_WHEN_LIVE_SECONDS if hub.live else LOOKS_WHEN_DOWN_SECONDS
            await subscription.wait(max(0.05, looked + every - time.monotonic()))
            look = time.monotonic() - looked >= every
    yield "event: bye\ndata: {}\n\n"


async def _next(
    hub: EventHub,
    run_id: str,
    cursor: dict[str, int],
    from_database: Callable[[str, int], list[Event]],
    *,
    look: bool,
) -> list[Event]:
    found = await hub.after(run_id, cursor[run_id])
    behind = hub.live and hub.seen(run_id) > cursor[run_id]
    if found or not (look or behind):
        return found
    try:
        return await run_in_threadpool(from_database, run_id, cursor[run_id])
    except NotFoundError:
        del cursor[run_id]  # deleted meanwhile
    except UnavailableError:
        pass  # asked again soon
    return []


def _unbroken(events: Sequence[Event], seq: int) -> Iterator[Event]:
    for expected, event in enumerate(events, start=seq + 1):
        if event.seq != expected:
            return
        yield event


def vector(cursor: Mapping[str, int]) -> str:
    """The cursor as an SSE id: `run:seq,run:seq`."""
    return ",".join(f"{run_id}:{seq}" for run_id, seq in cursor.items())


def parse_vector(text: str, newest: Mapping[str, int]) -> dict[str, int] | None:
    """The cursor of the runs in `newest` (0 where not named); None where malformed or beyond what has happened."""
    cursor = dict.fromkeys(newest, 0)
    for part in text.split(",") if text else ():
        run_id, colon, seq = part.strip().rpartition(":")
        if not colon or not (seq.isascii() and seq.isdigit()) or len(seq) > 18:
            return None
        if run_id in cursor:
            cursor[run_id] = int(seq)
    return None if any(cursor[run_id] > newest[run_id] for run_id in cursor) else cursor


class EventStream(StreamingResponse):
    """An SSE response that drops a reader who takes nothing for 10 s (it resumes), and always leaves the hub."""

    media_type = "text/event-stream"

    def __init__(self, content: AsyncIterator[str], subscription: Subscription) -> None:
        super().__init__(content, headers=HEADERS)
        self._subscription = subscription

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until either side ends it."""

        async def bounded(message: Message) -> None:
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)

        try:
            with contextlib.suppress(TimeoutError):
                await super().__call__(scope, receive, bounded)
        finally:
            self._subscription.close()
