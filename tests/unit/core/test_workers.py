from typing import Any

from app.adapters.clock import utc_now
from app.core.names import Pool
from app.core.runs.configuration import Configuration
from app.core.runs.device_request import DeviceRequest
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Progress, Run
from app.core.workers import Worker, next_runs, worker_name

ANY = DeviceRequest()


def worker(name: str, **changes: Any) -> Worker:
    pool, now = Pool(name.partition("@")[0].partition("-")[0]), utc_now()
    facts: dict[str, Any] = {"host": "here", "pid": 1, "device": {}, "started_at": now, "seen_at": now}
    return Worker(name=name, pool=pool, **{**facts, **changes})


def run(name: str, *, eta: float | None = None, state: RunState = RunState.QUEUED, device: DeviceRequest = ANY) -> Run:
    return Run(
        id=name,
        name=name,
        state=state,
        architecture_id="a",
        dataset_id="d",
        version_id="v",
        configuration=Configuration(device=device),
        progress=Progress(epochs=1, eta_seconds=eta),
        created_at=utc_now(),
    )


def test_a_slot_is_named_after_what_it_is_for_its_gpu_and_its_machine() -> None:
    uuid = "GPU-1f3a9c02-0000-0000-0000-000000000000"
    assert worker_name(Pool.TRAIN, gpu=uuid, machine="dicebox-a1b2c3") == "train-1f3a9c02@dicebox-a1b2c3"
    assert worker_name(Pool.TRAIN, gpu=None, machine="dicebox-a1b2c3") == "train@dicebox-a1b2c3"
    assert worker_name(Pool.LIGHT, gpu=uuid, machine="dicebox-a1b2c3") == "light@dicebox-a1b2c3"
    assert worker("train-1f3a9c02@dicebox-a1b2c3").machine == "dicebox-a1b2c3"


def test_who_is_free_first_takes_the_first_run() -> None:
    workers = [worker("train-1@a", run_id="x"), worker("train-2@a", run_id="y"), worker("train-3@a"), worker("light@a")]
    at_work = {"x": run("x", eta=300), "y": run("y", eta=20)}
    queue = [run("first"), run("held", state=RunState.HELD), run("second"), run("third"), run("fourth")]
    found = next_runs(workers, at_work, queue)
    assert {name: taken.name for name, taken in found.items()} == {
        "train-3@a": "first",
        "train-2@a": "second",
        "train-1@a": "third",
    }


def test_who_tells_no_end_comes_last() -> None:
    workers = [worker("train-1@a", run_id="x"), worker("train-2@a", run_id="y")]
    found = next_runs(workers, {"x": run("x"), "y": run("y", eta=9000)}, [run("first")])
    assert list(found) == ["train-2@a"]


def test_who_cannot_take_a_run_has_no_next_one() -> None:
    workers = [
        worker("train-1@a", problem="The GPU is lost."),
        worker("train-2@a", draining=True),
        worker("train-3@a", alive=False),
    ]
    assert next_runs(workers, {}, [run("first")]) == {}


def test_each_worker_takes_next_what_its_device_can() -> None:
    workers = [
        worker("train@cpu"),
        worker("train-1@gpu", device={"kind": "gpu", "count": 2}),
        worker("train-h200@x", pools=("train-h200",)),
    ]
    queue = [
        run("of two GPUs", device=DeviceRequest(kind="gpu", count=2)),
        run("of a pool", device=DeviceRequest(pool="train-h200")),
        run("of none", device=DeviceRequest(kind="gpu", count=4)),
        run("of any"),
    ]
    found = next_runs(workers, {}, queue)
    assert {name: taken.name for name, taken in found.items()} == {
        "train@cpu": "of any",
        "train-1@gpu": "of two GPUs",
        "train-h200@x": "of a pool",
    }
