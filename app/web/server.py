"""Runs the web server so that it stops when asked, however many event streams are open."""

import asyncio
import contextlib
import signal
import sys
from types import FrameType

import uvicorn
from fastapi import FastAPI

from app.settings import Settings

GRACEFUL_SECONDS = 10


class StoppableServer(uvicorn.Server):
    """Sets an event as soon as it is told to stop: uvicorn itself would wait for the streams first."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self._stopping = stopping
        self._loop: asyncio.AbstractEventLoop | None = None

    async def serve(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Serve until a signal tells to stop."""
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)  # type: ignore[arg-type]

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Tell every stream to end, then do what uvicorn does."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        super().handle_exit(sig, frame)


def stopping_event(app: FastAPI) -> asyncio.Event:
    """The event that is set when the server is told to stop; every endless response waits on it."""
    event: asyncio.Event | None = getattr(app.state, "stopping", None)
    if event is None:
        event = app.state.stopping = asyncio.Event()
    return event


def server_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """How uvicorn is set up: bounded headers, bounded shutdown, forwarding headers from our proxies only."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level.lower(),
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        h11_max_incomplete_event_size=16384,
        limit_concurrency=1000,
        http="h11",
        ws="none",
    )


def serve(app: FastAPI, settings: Settings) -> None:
    """Serve the app in this process, from its main thread, until SIGTERM or SIGINT."""
    server = StoppableServer(server_config(app, settings), stopping_event(app))
    # uvicorn raises the signal again once it has stopped; a stop that was asked for is a success.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
