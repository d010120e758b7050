"""Use cases of runs: ask for them, look at them, stop them, compare them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from app.core.architectures.architecture import StoredArchitecture
from app.core.architectures.trainable import refuse_untrainable
from app.core.datasets.dataset import Dataset, DatasetState
from app.core.errors import ConflictError, FieldError, InvalidError
from app.core.names import TaskName
from app.core.ports import Clock, Database, EventLog, NewId, TaskQueue, Transaction
from app.core.runs.configuration import Configuration
from app.core.runs.lifecycle import WAITING, RunState
from app.core.runs.request import MOST_RUNS_AT_ONCE, RunChanges, RunRequest
from app.core.runs.run import Event, EventKind, Progress, Run
from app.core.runs.sweeps import Variant
from app.core.values import JsonObject, Sort
from app.services.named_runs import named_runs

MOST_GROUPS = 100


class ChecksFit(Protocol):
    """Knows what a step of training needs of memory."""

    def refuse_what_cannot_fit(self, stored: StoredArchitecture, configuration: Configuration) -> None:
        """InvalidError where no device that works here has it."""
        ...


class ChecksStart(Protocol):
    """Knows whether a run can start from the weights that it asks for."""

    def refuse_what_cannot_start(self, request: RunRequest) -> None:
        """InvalidError where it cannot."""
        ...


class RunService:
    """What users do with runs, and the change of state that everybody does."""

    def __init__(
        self,
        *,
        database: Database,
        queue: TaskQueue,
        event_log: EventLog,
        clock: Clock,
        new_id: NewId,
        plans: ChecksFit,
        starts: ChecksStart,
    ) -> None:
        self._database = database
        self._queue = queue
        self._event_log = event_log
        self._clock = clock
        self._new_id = new_id
        self._plans = plans
        self._starts = starts

    def create(self, requests: Sequence[RunRequest], *, idempotency_key: str | None = None) -> list[Run]:
        """Queue runs, all or none; the same Idempotency-Key answers the runs that it made before."""
        if not 1 <= len(requests) <= MOST_RUNS_AT_ONCE:
            raise InvalidError(f"{len(requests)} runs were asked for; between 1 and {MOST_RUNS_AT_ONCE} go at once.")
        self._refuse_what_cannot_fit(requests)
        with self._database.transaction() as transaction:
            if idempotency_key is not None:
                made = transaction.runs.by_idempotency_key(idempotency_key)
                if made:
                    return made
            origins = {(request.architecture, request.dataset): None for request in requests}
            made_from = {origin: _trainable(transaction, *origin) for origin in origins}
            runs = [self._run(request, *made_from[request.architecture, request.dataset]) for request in requests]
            events: list[Event] = []
            for run in runs:
                transaction.runs.add(run, idempotency_key=idempotency_key)
                queued: JsonObject = {"state": RunState.QUEUED.value, "reason": None}
                events += transaction.runs.append(run.id, attempt=0, events=[(EventKind.STATE, queued)], holding=False)
            runs = transaction.runs.several([run.id for run in runs])
        self._event_log.append(events)
        for run in runs:
            # A message that cannot be sent is no error: the reconciler sends it once the broker is back.
            if not self._queue.send(TaskName.TRAIN_NEXT_RUN, run.id, to=run.configuration.device.pool):
                break
        return runs

    def sweep(self, variants: Sequence[Variant], *, title: str, idempotency_key: str | None = None) -> list[Run]:
        """Queue all runs of a sweep or none, each named by what differs, in one group: the one asked for, or of the title."""
        group = variants[0].request.group or f"{title[:180] or 'one run'}, {self._clock():%d %b %H:%M:%S}"
        with self._database.transaction() as transaction:
            architectures = {variant.request.architecture for variant in variants}
            datasets = {variant.request.dataset for variant in variants}
            names = {of: transaction.architectures.summary(of).name for of in architectures}
            names |= {of: transaction.datasets.get(of).name for of in datasets}
        requests = [
            variant.request.model_copy(update={"name": _name(names, variant), "group": group}) for variant in variants
        ]
        return self.create(requests, idempotency_key=idempotency_key)

    def groups(self) -> list[str]:
        """The groups that there are, the newest first."""
        with self._database.transaction() as transaction:
            return transaction.runs.groups(limit=MOST_GROUPS)

    def page(
        self,
        *,
        limit: int = 50,
        cursor: str | None = None,
        states: Sequence[RunState] = (),
        q: str | None = None,
        group: str | None = None,
        tag: str | None = None,
        sort: Sort = "-created",
    ) -> tuple[list[Run], str | None]:
        """In an order, the newest first unless said."""
        with self._database.transaction() as transaction:
            return transaction.runs.page(
                limit=limit, cursor=cursor, states=states, q=q, group=group, tag=tag, sort=sort
            )

    def get(self, run_id: str) -> Run:
        """Raise NotFoundError where nothing has this id."""
        with self._database.transaction() as transaction:
            return transaction.runs.get(run_id)

    def several(self, run_ids: Sequence[str]) -> list[Run]:
        """In this order; NotFoundError where one is not there."""
        with self._database.transaction() as transaction:
            return named_runs(transaction, run_ids)

    def change(self, run_id: str, changes: RunChanges) -> Run:
        """Give it another name, other tags, other notes; what is None stays."""
        with self._database.transaction() as transaction:
            transaction.runs.get(run_id)
            transaction.runs.change(run_id, changes)
            return transaction.runs.get(run_id)

    def delete(self, run_id: str) -> None:
        """Forget it once it has ended."""
        with self._database.transaction() as transaction:
            if transaction.runs.lends_weights(run_id):
                raise ConflictError(
                    f"A run that has not ended starts from the weights of run {run_id}. Stop that first."
                )
            transaction.runs.delete(run_id)

    def cancel(self, run_id: str) -> Run:
        """Stop it, keeping what is there: at once while it waits, at its next batch while it runs."""
        events: list[Event] = []
        with self._database.transaction() as transaction:
            # Asked first and looked at then: with its row held nobody lets the run wait or end in between.
            transaction.runs.request_cancel(run_id)
            run = transaction.runs.get(run_id)
            if run.is_terminal:
                raise ConflictError(f"Run {run_id} is {run.state.value} already; there is nothing to stop.")
            if run.state in WAITING:
                events = [
                    transaction.runs.move(
                        run_id, RunState.STOPPED, attempt=run.attempt, reason="stopped before it started"
                    )
                ]
            run = transaction.runs.get(run_id)
        self._event_log.append(events)
        return run

    def move(
        self,
        run_id: str,
        state: RunState,
        *,
        attempt: int,
        reason: str | None = None,
        error: str | None = None,
        crashed: bool = False,
    ) -> Event:
        """Change its state as the lifecycle allows, and tell who watches."""
        with self._database.transaction() as transaction:
            event = transaction.runs.move(run_id, state, attempt=attempt, reason=reason, error=error, crashed=crashed)
        self._event_log.append([event])
        return event

    def _refuse_what_cannot_fit(self, requests: Sequence[RunRequest]) -> None:
        """Each architecture with each configuration once; before the transaction, since tables may have to be built."""
        asked = {
            (request.architecture, repr(request.configuration.model_copy(update={"seed": 0}))): request
            for request in requests
        }
        for request in asked.values():
            with self._database.transaction() as transaction:
                stored = transaction.architectures.get(request.architecture)
            if stored.stops_at is None:
                self._plans.refuse_what_cannot_fit(stored, request.configuration)
        for request in {(request.architecture, request.start_from): request for request in requests}.values():
            self._starts.refuse_what_cannot_start(request)

    def _run(self, request: RunRequest, stored: StoredArchitecture, dataset: Dataset) -> Run:
        assert dataset.version is not None
        name = request.name or _usual_name(stored.architecture.name, dataset.name)
        return Run(
            id=self._new_id(),
            name=name,
            state=RunState.QUEUED,
            architecture_id=stored.id,
            dataset_id=dataset.id,
            version_id=dataset.version.id,
            configuration=request.configuration,
            tags=request.tags,
            group=request.group,
            start_from=request.start_from,
            progress=Progress(epochs=request.configuration.epochs),
            created_at=self._clock(),
        )


def _usual_name(architecture: str, dataset: str) -> str:
    return f"{architecture} on {dataset}"[:200]


def _name(names: Mapping[str, str], variant: Variant) -> str:
    """The name that was asked for, or the usual one, and what differs behind it; what differs is never cut off."""
    request, label = variant.request, variant.label
    architecture, dataset = names[request.architecture], names[request.dataset]
    own = [name for path, name in (("architecture", architecture), ("dataset", dataset)) if path in variant.differs]
    behind = ", ".join([*(own if request.name else []), *([label] if label else [])])
    name = request.name or _usual_name(architecture, dataset)
    return f"{name[: max(20, 197 - len(behind))]} · {behind}"[:200] if behind else name


def _trainable(transaction: Transaction, architecture_id: str, dataset_id: str) -> tuple[StoredArchitecture, Dataset]:
    stored, dataset = transaction.architectures.get(architecture_id), transaction.datasets.get(dataset_id)
    _refuse_what_cannot_train(stored, dataset)
    return stored, dataset


def _refuse_what_cannot_train(stored: StoredArchitecture, dataset: Dataset) -> None:
    if stored.stops_at is not None:
        detail = (
            f"{stored.architecture.name} cannot be completed: building stops at {stored.stops_at.call} "
            f"({stored.stops_at.kind}). {stored.stops_at.message} Choose or make one that is complete."
        )
        raise InvalidError(detail, errors=[FieldError("architecture", "is not complete")])
    refuse_untrainable(stored.architecture)
    if dataset.state is not DatasetState.READY or dataset.version is None:
        detail = f"Dataset {dataset.name} is {dataset.state.value}. Wait until it is ready, or commit it first."
        raise InvalidError(detail, errors=[FieldError("dataset", "is not ready")])
    units = _output_units(stored)
    classes = len(dataset.version.classes)
    if units is not None and units != classes:
        detail = (
            f"{stored.architecture.name} ends with {units} outputs and {dataset.name} has {classes} classes. "
            f"Make the architecture with {classes} classes."
        )
        raise InvalidError(detail, errors=[FieldError("architecture", f"expected {classes} outputs, has {units}")])


def _output_units(stored: StoredArchitecture) -> int | None:
    definition = stored.architecture
    last = next((call for call in definition.calls if call.id == definition.outputs[0]), None)
    units = None if last is None else definition.layer(last.layer).config.get("units")
    return units if isinstance(units, int) else None
