"""The page on which a run's network is tried, as it is readable before any script."""

import json
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.core.runs.configuration import Configuration
from app.core.runs.retention import Retention
from app.services.bundle import ServiceBundle
from tests.factories.rows import queued_run
from tests.factories.tried import tried_run

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")

HOSTILE = ("it's", '"quoted"', "</script><b>bold</b>")


def test_it_has_every_call_of_the_architecture_and_says_what_becomes_of_a_picture(
    client: TestClient, services: ServiceBundle, tmp_path: Path
) -> None:
    run = tried_run(services, tmp_path)
    page = client.get(f"/runs/{run.id}/try").text
    assert re.findall(r'data-call="(\w+)"', page) == ["conv", "norm", "relu", "pool", "drop", "dense"]
    assert "16 × 16 grayscale" in page
    assert "<noscript>" in page
    assert f'href="/runs/{run.id}/try"' in client.get(f"/runs/{run.id}").text


def test_names_of_classes_are_only_ever_text(client: TestClient, services: ServiceBundle, tmp_path: Path) -> None:
    run = tried_run(services, tmp_path, classes=HOSTILE)
    page = client.get(f"/runs/{run.id}/try").text
    assert "<b>bold" not in page
    (classes,) = re.findall(r"data-classes='([^']*)'", page)
    assert tuple(json.loads(classes)) == HOSTILE


def test_the_weights_that_were_not_kept_are_said_and_the_others_can_be_tried(
    client: TestClient, services: ServiceBundle, tmp_path: Path
) -> None:
    asked = Configuration(epochs=2, retention=Retention(weights="best"))
    run = tried_run(services, tmp_path, configuration=asked)
    assert "data-module" in client.get(f"/runs/{run.id}/try").text
    last = client.get(f"/runs/{run.id}/try?weights=last")
    assert last.status_code == 200
    assert "keep only the best of its weights" in last.text
    assert "try-image" not in last.text


def test_a_run_that_waits_has_nothing_to_try_yet(client: TestClient, services: ServiceBundle) -> None:
    run = queued_run(services.database)
    assert "when it has ended" in client.get(f"/runs/{run.id}/try").text
    assert f"/runs/{run.id}/try" not in client.get(f"/runs/{run.id}").text
    assert client.get("/runs/none/try").status_code == 404
    assert client.get(f"/runs/{run.id}/try?weights=worst").status_code == 422


def test_this_page_may_use_the_camera_and_nothing_forbids_it(client: TestClient, services: ServiceBundle) -> None:
    headers = client.get(f"/runs/{queued_run(services.database).id}/try").headers
    assert "camera=()" not in headers.get("permissions-policy", "")
