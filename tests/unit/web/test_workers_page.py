"""The page of the workers in its states: nobody there, machines of one name, a device out of order, what comes next."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.adapters.clock import utc_now
from app.core.names import Pool
from app.core.runs.run import Progress
from app.core.workers import Worker, worker_name
from app.services.bundle import ServiceBundle
from app.web.pages import workers
from tests.factories.rows import queued_run
from tests.factories.slots import asking

FIRST, SECOND = "GPU-11111111-0000", "GPU-22222222-0000"


def seen(services: ServiceBundle, gpu: str | None, *, machine: str = "dicebox-a1b2c3", **changes: Any) -> str:
    """A sign of life of a slot; its name."""
    now = utc_now()
    device: dict[str, Any] = {"kind": "cpu", "name": "A CPU", "cores": 4}
    if gpu:
        device = {"kind": "gpu", "uuid": gpu, "name": f"Card {gpu[4]}", "cores": 4}
    name = worker_name(Pool.TRAIN, gpu=gpu, machine=machine)
    load = {"memory_bytes": 24 * 2**30, "memory_used_bytes": 6 * 2**30, "utilisation": 0.375}
    facts: dict[str, Any] = {"name": name, "host": machine.rpartition("-")[0], "pid": 1, "pool": Pool.TRAIN}
    services.workers.beat(
        Worker(**facts | {"device": device | load, "started_at": now, "seen_at": now} | changes)  # type: ignore[arg-type]
    )
    return name


def slots(page: str) -> list[str]:
    """The text of each row of a device, on one line."""
    rows = re.findall(r'<li[^>]*data-test="slot">(.*?)</li>', page, flags=re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]


def test_nobody_there_says_what_to_start(client: TestClient, services: ServiceBundle) -> None:
    queued_run(services.database)
    page = client.get("/workers").text
    assert "No worker has been seen" in page
    assert "No device can take these runs" in page


def test_each_device_shows_its_load_what_it_runs_and_what_comes_next(
    client: TestClient, services: ServiceBundle
) -> None:
    busy, _ = seen(services, FIRST), seen(services, SECOND)
    at_work, second, third = (queued_run(services.database, name=name) for name in ("at work", "second", "third"))
    taken = services.workers.claim_next(busy)
    assert taken is not None
    assert taken.id == at_work.id
    with services.database.transaction() as transaction:
        progress = Progress(epoch=3, epochs=9, eta_seconds=125)
        transaction.runs.set_progress(taken.id, attempt=taken.attempt, progress=progress)
    page = client.get("/workers").text
    assert slots(page) == [
        "Card 1 GPU-11111111 busy load 38 % 6 GiB of 24 GiB at work 3 / 9 2 min 5 s left then third",
        "Card 2 GPU-22222222 idle load 38 % 6 GiB of 24 GiB next second",
    ]
    assert f'href="/runs/{third.id}"' in page
    assert f'href="/runs/{second.id}"' in page
    assert "No device can take these runs" not in page


def test_a_device_out_of_order_says_why_and_is_counted_nowhere(client: TestClient, services: ServiceBundle) -> None:
    seen(services, FIRST, problem="The GPU is lost. Look at the machine.")
    queued_run(services.database)
    page = client.get("/workers").text
    assert slots(page) == ["Card 1 GPU-11111111 out of order The GPU is lost. Look at the machine."]
    assert "No device can take these runs" in page
    assert "no worker" in page


def test_machines_of_one_name_are_told_apart_only_then(client: TestClient, services: ServiceBundle) -> None:
    seen(services, FIRST)
    assert "<h2>dicebox</h2>" in client.get("/workers").text
    seen(services, FIRST, machine="dicebox-d4e5f6")
    page = client.get("/workers").text
    assert re.findall(r"<h2>(dicebox.*?)</h2>", page) == ["dicebox-a1b2c3", "dicebox-d4e5f6"]
    assert len(slots(page)) == 2


def test_a_worker_that_knows_nothing_of_its_device_is_shown_all_the_same(
    client: TestClient, services: ServiceBundle
) -> None:
    seen(services, None, device={})
    assert slots(client.get("/workers").text) == ["unknown idle –"]


def test_a_machine_of_which_nothing_is_heard_says_so(client: TestClient, services: ServiceBundle) -> None:
    seen(services, None)
    services.workers._lease_seconds = -1
    page = client.get("/workers").text
    assert "Nothing was heard of it for a while" in page
    assert slots(page) == ["A CPU 4 cores gone seen just now –"]


def test_of_a_long_queue_the_page_shows_the_beginning_and_says_how_long_it_is(
    client: TestClient, services: ServiceBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "SHOWN", 2)
    for name in ("alpha", "beta", "gamma"):
        queued_run(services.database, name=name)
    page = client.get("/workers").text
    assert "Stop all 3 runs that wait?" in page
    assert "The next 2 of 3." in page
    queue = page[page.index('data-live="queue"') :]
    assert ("alpha" in queue, "beta" in queue, "gamma" in queue) == (True, True, False)
    monkeypatch.setattr(workers, "SHOWN", 3)
    assert "The next" not in client.get("/workers").text


def test_several_gpus_are_one_slot_that_says_which_and_for_which_pools(
    client: TestClient, services: ServiceBundle
) -> None:
    each = [
        {
            "uuid": uuid,
            "name": "Card",
            "memory_bytes": 80 * 2**30,
            "memory_used_bytes": used * 2**30,
            "utilisation": 0.5,
        }
        for uuid, used in ((FIRST, 8), (SECOND, 70))
    ]
    sums = {"memory_bytes": 80 * 2**30, "memory_used_bytes": 70 * 2**30, "utilisation": 0.5}
    device = {"kind": "gpu", "count": 2, "uuid": FIRST, "name": "Card", "cores": 8, "devices": each, **sums}
    seen(services, FIRST, device=device, pools=("train-h200", "train"))
    assert slots(client.get("/workers").text) == [
        "2 × Card GPU-11111111, GPU-22222222 train-h200 train idle load 50 % up to 70 GiB of 80 GiB –"
    ]
    (told,) = client.get("/api/v1/workers").json()["items"]
    assert (told["pools"], told["device"]["devices"]) == (["train-h200", "train"], each)


def test_a_run_that_nobody_can_take_says_so_wherever_it_waits(client: TestClient, services: ServiceBundle) -> None:
    seen(services, FIRST)
    can, cannot = (
        queued_run(services.database, name=name, configuration=asking(**device))  # type: ignore[arg-type]
        for name, device in (("can", {"kind": "gpu"}), ("cannot", {"kind": "gpu", "count": 2, "memory_gb": 80}))
    )
    said = "It asks for 2 GPUs with 80 GiB each; the workers are: GPU (24 GiB) on dicebox."
    assert client.get("/workers").text.count(said) == 1
    assert said in client.get(f"/runs/{cannot.id}").text
    assert 'data-test="waiting-for"' not in client.get(f"/runs/{can.id}").text
    queue = client.get("/api/v1/queue").json()["items"]
    assert [(run["id"], run["waiting_for"]) for run in queue] == [(can.id, None), (cannot.id, said)]
    assert client.get(f"/api/v1/runs/{cannot.id}").json()["waiting_for"] == said
