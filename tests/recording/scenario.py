"""What web and workers do with a database, once through everything, so that each table has rows and each task a message."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from app.adapters.clock import new_id, utc_now
from app.core.datasets.dataset import Dataset
from app.core.datasets.repair import Repair
from app.core.datasets.sample_dice.request import SampleRequest
from app.core.names import Pool
from app.core.runs.configuration import Configuration
from app.core.runs.exports import ExportFormat, ExportRequest
from app.core.runs.lifecycle import RunState
from app.core.runs.report import ReportRequest
from app.core.runs.request import RunChanges, RunRequest
from app.core.runs.run import Check, EventKind, Progress, Run
from app.core.workers import Worker
from app.services.bundle import ServiceBundle
from app.services.runs import RunService
from tests.factories.images import class_folders, png, tar_bytes
from tests.factories.rows import stored_architecture

WORKER, OTHER = "train@recorded", "light@recorded"


def play(services: ServiceBundle, folder: Path) -> dict[str, str]:
    """Do it all; answer the ids of what is there afterwards, by what it is."""
    ids: dict[str, str] = {}
    _workers(services)
    dataset = _datasets(services, ids)
    stored = stored_architecture(name="recorded")
    with services.database.transaction() as transaction:
        transaction.architectures.add(stored)
        transaction.architectures.rename(stored.id, "as it is called now")
    ids |= {"architecture": stored.id, "source": services.sources.keep("print('kept')", architectures=[stored.id])}
    request = RunRequest(architecture=stored.id, dataset=dataset.id, configuration=Configuration(epochs=2))
    _finished(services, request, ids, folder)
    _others(services, request, ids)
    _reports(services, ids)
    return ids


def _workers(services: ServiceBundle) -> None:
    for name, pool in ((WORKER, Pool.TRAIN), (OTHER, Pool.LIGHT), ("light@gone", Pool.LIGHT)):
        device: Any = {"kind": "cpu", "uuid": None, "name": "A CPU", "memory_bytes": 2**34, "cores": 4}
        facts: Any = {"device": device, "started_at": utc_now(), "seen_at": utc_now()}
        worker = Worker(name=name, host="recorded", pid=1, pool=pool, **facts)
        services.workers.beat(worker)
        services.workers.beat(worker)
    services.workers.is_draining(WORKER)
    services.workers.drain(OTHER)
    services.workers.remove("light@gone")
    services.workers.page()


def _datasets(services: ServiceBundle, ids: dict[str, str]) -> Dataset:
    """One that is ready, in its second version and described; one to be checked; one to be rendered."""
    files = class_folders(each=6)
    files |= {"dice/1/copy.png": files["dice/1/0.png"], "dice/2/broken.png": b"no image", "dice/2/late.png": png(99)}
    ready = _uploaded(services, "recorded dice", files)
    assert services.datasets.check(ready.id)
    services.datasets.repair(ready.id, Repair(merge_duplicates=True))
    services.statistics.ask(ready.id)
    version = services.datasets.get(ready.id).version
    assert version is not None
    assert services.statistics.describe(version.id)
    services.datasets.repair(ready.id, Repair(rename_classes={"1": "one"}))
    services.statistics.ask(ready.id)
    ready = services.datasets.get(ready.id)
    assert ready.version is not None
    ids |= {"dataset": ready.id, "version": ready.version.id}
    ids["checking"] = _uploaded(services, "to be checked", class_folders(each=5)).id
    samples = SampleRequest(images_per_class=3, height=16, width=16)
    ids["rendering"] = services.samples.request(samples, idempotency_key="recorded").id
    services.datasets.page()
    return ready


def _uploaded(services: ServiceBundle, name: str, files: dict[str, bytes]) -> Dataset:
    dataset = services.datasets.create(name)
    content = tar_bytes(files)
    services.datasets.receive(dataset.id, io.BytesIO(content))
    services.datasets.receive(dataset.id, io.BytesIO(content))
    services.datasets.files(dataset.id)
    return services.datasets.commit(dataset.id)


def _finished(services: ServiceBundle, request: RunRequest, ids: dict[str, str], folder: Path) -> None:
    """A run in its whole length, and the files that somebody asks for then."""
    run = _claimed(services, request)
    services.workers.renew(run.id, attempt=run.attempt)
    _train(services, run)
    for name in ("best.weights.h5", "best.keras", "last.weights.h5"):
        path = folder / name
        path.write_bytes(f"no weights, but {name}".encode())
        check = Check(largest_difference=0.0, images=1, tolerance=1e-4, by="trainer")
        services.artifacts.publish(run.id, attempt=run.attempt, name=name, path=path, epoch=2, check=check)
    services.runs.move(run.id, RunState.FINISHED, attempt=run.attempt)
    services.curves.compact(run.id)
    services.runs.change(
        run.id, RunChanges.model_validate({"tags": ["kept"], "notes": "as it was", "name": "the first"})
    )
    export = services.exports.ask(run.id, ExportRequest(format=ExportFormat.ONNX))
    assert services.exports.claim(export.id) is not None  # type: ignore[union-attr]
    services.exports.renew(export.id)  # type: ignore[union-attr]
    services.exports.hand_back(export.id)  # type: ignore[union-attr]
    ids |= {"finished": run.id, "export": export.id}  # type: ignore[union-attr]


def _train(services: ServiceBundle, run: Run) -> None:
    attempt = run.attempt
    for state in (RunState.PREPARING, RunState.STARTING, RunState.RUNNING):
        services.runs.move(run.id, state, attempt=attempt)
    points: Any = {"step": [1, 2], "epoch": [1, 1], "time": [0.1, 0.2], "values": {"loss": [1.0, 0.5]}}
    services.metrics.emit(run.id, attempt=attempt, events=[(EventKind.METRICS, points)])
    for epoch in (1, 2):
        values: Any = {"loss": 0.5, "accuracy": 0.5, "val_loss": 0.5, "val_accuracy": 0.5, "learning_rate": 0.001}
        told: Any = {
            "epoch": epoch,
            "step": 2 * epoch,
            "time": 1.0,
            "values": values,
            "weights_digest": f"{epoch}" * 64,
        }
        services.metrics.emit(run.id, attempt=attempt, events=[(EventKind.EPOCH, told), (EventKind.LOG, {"text": "x"})])
    device: Any = {"time": 2.0, "utilisation": 0.5, "memory_bytes": None, "process_bytes": 1}
    services.metrics.emit(run.id, attempt=attempt, events=[(EventKind.DEVICE, device)])
    with services.database.transaction() as transaction:
        progress = Progress(epoch=2, epochs=2, step=4, steps=4)
        summary: Any = {"loss": {"last": 0.5, "best": 0.5}}
        transaction.runs.set_progress(run.id, attempt=attempt, progress=progress, summary=summary)
        transaction.runs.set_computed_by(run.id, attempt=attempt, computed_by={"keras": "3.15.1", "device": "cpu"})
    services.runs.move(run.id, RunState.EVALUATING, attempt=attempt)
    with services.database.transaction() as transaction:
        transaction.runs.set_evaluation(run.id, attempt=attempt, evaluation={"test": {"accuracy": 0.5, "loss": 0.7}})


def _others(services: ServiceBundle, request: RunRequest, ids: dict[str, str]) -> None:
    """Runs in every other state, and what people do with them."""
    runs = _asking(services)
    stopped = _claimed(services, request)
    services.runs.cancel(stopped.id)
    services.runs.move(stopped.id, RunState.STOPPED, attempt=stopped.attempt, reason="stopped on request")
    failed = _claimed(services, request)
    services.workers.crashed(failed.id, attempt=failed.attempt, reason="it broke off")
    for _ in range(2):
        again = services.workers.claim_next(WORKER)
        assert again is not None
        services.workers.crashed(failed.id, attempt=again.attempt, reason="it broke off")
    goes_on = _claimed(services, request)
    _train(services, goes_on)
    services.runs.move(goes_on.id, RunState.FINISHED, attempt=goes_on.attempt)
    services.run_queue.go_on(goes_on.id, more_epochs=3)
    handed_back = services.workers.claim_next(WORKER)
    assert handed_back is not None
    services.workers.hand_back(handed_back.id, attempt=handed_back.attempt, reason="preempted: its worker leaves")
    running = services.workers.claim_next(WORKER)
    assert running is not None
    services.runs.move(running.id, RunState.RUNNING, attempt=running.attempt)
    services.metrics.emit(running.id, attempt=running.attempt, events=[(EventKind.LOG, {"text": "under way"})])
    grouped = request.model_copy(update={"group": "a group", "tags": ("one", "two")})
    queued, held, last = runs.create([grouped, request, request], idempotency_key="three runs")
    services.run_queue.hold(held.id, held=True)
    services.run_queue.order([last.id], to_front=True)
    for state in (RunState.QUEUED, RunState.RUNNING):
        services.runs.page(states=[state])
    services.workers.take_back("train@another")
    ids |= {"stopped": stopped.id, "failed": failed.id, "running": running.id}
    ids |= {"queued": queued.id, "held": held.id, "first in the queue": last.id}


def _reports(services: ServiceBundle, ids: dict[str, str]) -> None:
    compared = services.runs.several([ids["finished"], ids["stopped"]])
    request = ReportRequest(runs=tuple(run.id for run in compared), text="What came of it")
    ids["report"] = services.reports.keep(request, compared, b"<!doctype html><title>Kept</title>", title="Kept").id


def _claimed(services: ServiceBundle, request: RunRequest) -> Run:
    """A new run that a worker has taken."""
    (run,) = _asking(services).create([request])
    claimed = services.workers.claim_next(WORKER)
    assert claimed is not None
    assert claimed.id == run.id
    return claimed


def _asking(services: ServiceBundle) -> RunService:
    """The use case without what needs the inspector's process."""
    nobody: Any = SimpleNamespace(refuse_what_cannot_fit=lambda *_: None, refuse_what_cannot_start=lambda *_: None)
    common: Any = {"database": services.database, "queue": services.queue, "event_log": services.event_log}
    return RunService(**common, clock=utc_now, new_id=new_id, plans=nobody, starts=nobody)
