"""A web server that is told to stop while many read events: it is gone in time, and nobody misses one or gets one twice."""

import asyncio
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psutil

from tests.factories import over_rest
from tests.fixtures.running import RunningApp, running
from tests.fixtures.scripted import until

STREAMS = 50
PROMISED_SECONDS = 15.0


class Reader:
    """A browser's way with a stream: it comes back from where it was, whatever ended the last connection."""

    def __init__(self, app: RunningApp, run_id: str) -> None:
        self._address = f"{app.address}/api/v1/events?runs={run_id}"
        self._headers = {"Authorization": f"Bearer {app.token}"}
        self.seqs: list[int] = []
        self.reads = asyncio.Event()
        self.connections = 0
        self.farewells = 0
        self._last_id: str | None = None
        self.is_over = False

    async def read(self, client: httpx.AsyncClient) -> None:
        """Until the run is over."""
        while not self.is_over:
            headers = self._headers | ({} if self._last_id is None else {"Last-Event-ID": self._last_id})
            try:
                async with client.stream("GET", self._address, headers=headers) as answer:
                    if answer.status_code == 200:
                        self.connections += 1
                        await self._take(answer)
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)

    async def _take(self, answer: httpx.Response) -> None:
        event_id = kind = ""
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "id":
                event_id = value
            elif name == "event":
                kind = value
                self.farewells += kind == "bye"
            elif name == "data" and '"seq"' in value:
                event: dict[str, Any] = json.loads(value)
                self.seqs.append(event["seq"])
                self._last_id = event_id
                if len(self.seqs) >= 5:
                    self.reads.set()
                if kind == "state" and event["payload"].get("state") == "finished":
                    self.is_over = True
                    return


async def read_while_the_web_is_stopped(app: RunningApp, readers: list[Reader]) -> float:
    """Seconds that the web server takes to end once all read and it is told to stop."""
    limits = httpx.Limits(max_connections=STREAMS)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        reading = [asyncio.create_task(reader.read(client)) for reader in readers]
        async with asyncio.timeout(120):
            await asyncio.gather(*(reader.reads.wait() for reader in readers))
        (pid,) = app.pids("app.main")
        web = psutil.Process(pid)
        began = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        await asyncio.to_thread(web.wait, 2 * PROMISED_SECONDS)
        took = time.monotonic() - began
        async with asyncio.timeout(240):
            await asyncio.gather(*reading)
    return took


def test_it_is_gone_in_time_and_every_reader_gets_every_event_once() -> None:
    with running(module="tests.fakes.scripted_up") as app:
        dataset = over_rest.dataset(app)
        architecture = over_rest.preset(app, "compact-functional")["id"]
        body = {
            "architecture": architecture,
            "dataset": dataset["id"],
            "name": "steps 60",
            "configuration": {"epochs": 40},
        }
        with app.client() as client:
            run_id = client.post("/runs", json=body).json()["id"]
        readers = [Reader(app, run_id) for _ in range(STREAMS)]
        # In a thread of its own: a browser of other tests may have its event loop in this one.
        with ThreadPoolExecutor(1) as thread:
            took = thread.submit(lambda: asyncio.run(read_while_the_web_is_stopped(app, readers))).result()
        assert over_rest.finished(app, run_id)["state"] == "finished"
        assert until(lambda: "web has ended (status 0)" in app.tail())
        with app.client() as client:
            everything = [event["seq"] for event in client.get(f"/runs/{run_id}/events?limit=1000").json()["items"]]
    assert took < PROMISED_SECONDS
    assert {reader.farewells for reader in readers} == {1}
    for reader in readers:
        assert reader.connections >= 2
        assert reader.seqs == everything
    assert everything == list(range(1, len(everything) + 1))
