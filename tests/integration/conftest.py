"""The upload's routes behind a real server, over a real database and folder; a thread does the worker's part."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from app.services.datasets import DatasetService
from app.web import dependencies
from app.web.api import datasets as routes
from app.web.api import images as image_routes
from app.web.problems import install_problems
from tests.factories.datasets import dataset_service, image_service
from tests.fakes.queue import RememberedTasks


class CheckingQueue(RememberedTasks):
    """Does the worker's part in a thread."""

    service: DatasetService

    def send(self, task, argument: str) -> bool:
        threading.Thread(target=self.service.check, args=(argument,)).start()
        return super().send(task, argument)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[DatasetService]:
    queue = CheckingQueue()
    with dataset_service(tmp_path, queue=queue, largest_upload_bytes=40 * 2**20) as made:
        queue.service = made
        yield made


@pytest.fixture
def app(service: DatasetService, tmp_path: Path) -> Iterator[FastAPI]:
    made = FastAPI(max_body_size=2**20)
    install_problems(made)
    made.include_router(routes.router, prefix="/api/v1")
    made.include_router(image_routes.router, prefix="/api/v1")
    with image_service(tmp_path) as images:
        services = SimpleNamespace(datasets=service, images=images)
        made.dependency_overrides[dependencies._services] = lambda: services
        yield made


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none", lifespan="off"))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=asyncio.run, args=(server.serve([listening]),))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{address}/api/v1", timeout=30) as made:
        yield made
