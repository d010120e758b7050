"""The parts apart, as `docker-compose.yml` starts them: PostgreSQL, S3, a broker by URL, `web` here and `worker` there."""

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.adapters.blob_store import ObstoreBlobs
from app.settings import Settings
from tests.factories import over_rest
from tests.fixtures.running import RunningApp, start, stop
from tests.fixtures.services import PASSWORD, process


@pytest.fixture(scope="module")
def machines(shared_settings: dict[str, str]) -> Iterator[RunningApp]:
    """A web server and, with a data folder of its own, a worker."""
    with tempfile.TemporaryDirectory(prefix="dice", ignore_cleanup_errors=True) as folder:
        web = start(Path(folder) / "web", command="web", **shared_settings)
        there = {"DICEBOARD_DATA": f"{folder}/worker", "DICEBOARD_WORKER_NAME": "elsewhere"}
        with process(sys.executable, "-m", "app.cli", "worker", **shared_settings, **there):
            yield web
        assert stop(web) == 0, web.tail()


def test_a_run_goes_its_whole_way_between_them(machines: RunningApp, s3_address: str) -> None:
    dataset = over_rest.dataset(machines)
    made = over_rest.preset(machines, "compact-functional")
    run_id = over_rest.run(machines, made["id"], dataset["id"], epochs=2, retention={"weights": "best"})
    done = over_rest.finished(machines, run_id)
    assert done["state"] == "finished", done
    assert re.fullmatch(r"train@elsewhere-[0-9a-f]{6}", done["worker"])
    with machines.client() as client:
        weights = client.get(f"/runs/{run_id}/artifacts/best.weights.h5").content
        part = client.get(f"/runs/{run_id}/artifacts/best.weights.h5", headers={"Range": "bytes=1-3"})
        workers = client.get("/workers").json()["items"]
        kept = {artifact["name"] for artifact in client.get(f"/runs/{run_id}/artifacts").json()["items"]}
    assert weights.startswith(b"\x89HDF")
    always = {"best.weights.h5", "best.keras", "architecture.json", "history.csv", "predictions.npz", "run.json"}
    assert kept == always
    assert (part.status_code, part.content) == (206, b"HDF")
    assert {worker["name"] for worker in workers if worker["alive"]} == {
        done["worker"],
        done["worker"].replace("train", "light"),
    }
    assert httpx.get(f"{s3_address}/diceboard?list-type=2&prefix=kept/").text.count("<Key>") > 279
    assert not (machines.data / "blobs").exists()


def test_the_storage_has_its_keys_from_settings_or_from_awss_variables_and_writes_a_key_once(
    s3_address: str, shared_settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in shared_settings.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    by_settings = ObstoreBlobs("s3://diceboard/keys", settings.storage_options)
    assert by_settings.put_bytes("once", b"first")
    for name, value in {"ENDPOINT_URL": s3_address, "ALLOW_HTTP": "true", "REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", PASSWORD)
    by_variables = ObstoreBlobs("s3://diceboard/keys")
    assert not by_variables.put_bytes("once", b"second")
    assert by_settings.get_bytes("once") == b"first"
