"""The server stops in time although streams are open, and tells each of them."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[3]
SERVER = """
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from app.settings import Settings
from app.web.server import serve, stopping_event

app = FastAPI()

@app.get("/stream")
async def stream(request: Request):
    async def events():
        yield "event: hello\\n\\n"
        await stopping_event(app).wait()
        yield "event: bye\\n\\n"
    return StreamingResponse(events(), media_type="text/event-stream")

serve(app, Settings())
"""


def test_open_streams_end_with_a_farewell_and_the_server_with_success(tmp_path: Path) -> None:
    port = _free_port()
    environment = {**os.environ, "DICEBOARD_DATA": str(tmp_path), "DICEBOARD_PORT": str(port)}
    server = subprocess.Popen([sys.executable, "-c", SERVER], cwd=ROOT, env=environment)
    try:
        _wait_for(port)
        with httpx.stream("GET", f"http://127.0.0.1:{port}/stream", timeout=20) as stream:
            assert "server" not in stream.headers
            lines = stream.iter_lines()
            assert next(lines) == "event: hello"
            server.send_signal(signal.SIGTERM)
            assert "event: bye" in list(lines)
        assert server.wait(60) == 0
    finally:
        server.kill()
        server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server did not start")
