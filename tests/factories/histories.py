"""Runs with a history, written into the database as their trainers would have."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.core.architectures.architecture import Style
from app.core.runs.configuration import Configuration
from app.core.runs.lifecycle import RunState
from app.core.runs.run import EventKind, Progress, Run
from app.core.values import JsonObject
from tests.factories.rows import ready_dataset, stored_architecture

Telling = tuple[EventKind, JsonObject]
CHUNK = 500


def told(
    *,
    epochs: int,
    steps_per_epoch: int,
    seed: int = 0,
    first: int = 1,
    digest: str = "a",
    loss_of: Callable[[int], float] | None = None,
) -> Iterator[Telling]:
    """Losses that fall with noise, and accuracies that rise; epochs from `first` on. Digests are of `digest` and epoch."""
    random = np.random.default_rng(seed)
    for epoch in range(first, epochs + 1):
        steps = np.arange((epoch - 1) * steps_per_epoch + 1, epoch * steps_per_epoch + 1)
        losses = np.exp(-steps / (epochs * steps_per_epoch)) + 0.05 * random.standard_normal(len(steps))
        if loss_of is not None:
            losses = np.array([loss_of(int(step)) for step in steps])
        times = 0.01 * (steps - (first - 1) * steps_per_epoch)
        for start in range(0, len(steps), CHUNK):
            part = slice(start, start + CHUNK)
            values: Any = {"loss": losses[part].tolist(), "accuracy": (1 - losses[part] / 2).tolist()}
            yield (
                EventKind.METRICS,
                {
                    "step": steps[part].tolist(),
                    "epoch": [epoch] * len(steps[part]),
                    "time": times[part].tolist(),
                    "values": values,
                },
            )
        loss = float(losses.mean())
        values = {"loss": loss, "val_loss": loss + 0.1, "accuracy": 1 - loss / 2, "val_accuracy": 0.9 - loss / 2}
        yield (
            EventKind.EPOCH,
            {
                "epoch": epoch,
                "step": int(steps[-1]),
                "time": float(times[-1]),
                "values": {**values, "learning_rate": 0.001},
                "weights_digest": f"{digest}{epoch}".ljust(64, "0"),
                "measured_batches": None,
            },
        )


def run_with(
    database: SqlDatabase,
    *attempts: Sequence[Telling],
    name: str = "a run",
    state: RunState = RunState.FINISHED,
    style: Style = Style.SEQUENTIAL,
    beside: Run | None = None,
    **configuration: Any,
) -> Run:
    """A run of these attempts, and where it ended; on the same images as the one `beside` it, or else on its own."""
    stored = stored_architecture(name=f"tiny-{new_id()[:6]}")
    definition = stored.architecture.model_copy(update={"style": style})
    stored = stored.model_copy(update={"architecture": definition, "digest": definition.digest})
    dataset_id, version_id = (beside.dataset_id, beside.version_id) if beside else _new_images(database)
    asked = Configuration.model_validate({"epochs": 4, **configuration})
    run = Run(
        id=new_id(),
        name=name,
        state=RunState.QUEUED,
        architecture_id=stored.id,
        dataset_id=dataset_id,
        version_id=version_id,
        configuration=asked,
        progress=Progress(epochs=asked.epochs),
        created_at=utc_now(),
    )
    # In one transaction: a worker that looks on would take a run that waits.
    with database.transaction() as transaction:
        transaction.architectures.add(stored)
        transaction.runs.add(run)
        for number, events in enumerate(attempts, start=1):
            _attempt(transaction, run, number, list(events), is_last=number == len(attempts), state=state)
        return transaction.runs.get(run.id)


def _new_images(database: SqlDatabase) -> tuple[str, str]:
    dataset = ready_dataset(database)
    assert dataset.version is not None
    return dataset.id, dataset.version.id


def _attempt(
    transaction: Any, run: Run, number: int, events: Sequence[Telling], *, is_last: bool, state: RunState
) -> None:
    transaction.runs.place([run.id], before_all=True)
    claimed = transaction.runs.claim_next(worker="w", lease_seconds=1_000_000)
    assert (claimed.id, claimed.attempt) == (run.id, number)
    transaction.runs.append(run.id, attempt=number, events=events)
    last = [payload for kind, payload in events if kind is EventKind.EPOCH]
    progress = Progress(epoch=last[-1]["epoch"] if last else 0, epochs=run.configuration.epochs)  # type: ignore[arg-type,index]
    transaction.runs.set_progress(run.id, attempt=number, progress=progress, summary=_summary(last))
    transaction.runs.move(run.id, RunState.RUNNING, attempt=number)
    if not is_last:
        transaction.runs.move(run.id, RunState.QUEUED, attempt=number)
    elif state is not RunState.RUNNING:
        if state is RunState.FINISHED:
            transaction.runs.move(run.id, RunState.EVALUATING, attempt=number)
        transaction.runs.move(run.id, state, attempt=number)


def _summary(epochs: Sequence[Any]) -> dict[str, JsonObject]:
    names = epochs[-1]["values"] if epochs else {}
    best = {name: (max if "accuracy" in name else min)(epoch["values"][name] for epoch in epochs) for name in names}
    return {name: {"last": epochs[-1]["values"][name], "best": best[name]} for name in names}
