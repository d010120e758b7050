"""What runs will take before they start, told from layer tables, workers and the runs before."""

from collections.abc import Callable, Collection, Sequence
from itertools import pairwise

from app.core.architectures.architecture import StoredArchitecture
from app.core.architectures.layer_table import LayerTable
from app.core.datasets.dataset import Split, Version
from app.core.errors import FieldError, InvalidError, NotFoundError, UnavailableError
from app.core.ports import Database, Transaction
from app.core.runs.configuration import Configuration
from app.core.runs.device_request import DeviceOffer, DeviceRequest
from app.core.runs.lifecycle import RunState
from app.core.runs.plan import Pace, TrainingPlan, pace_of, plan_of, too_large
from app.core.runs.request import RunRequest
from app.core.runs.run import Event, EventKind, Run

RUNS_LOOKED_AT = 50


class PlanService:
    """Estimates; where something is not known, it says nothing rather than a guess."""

    def __init__(
        self, *, database: Database, layer_table: Callable[[str], LayerTable], alive_within_seconds: float
    ) -> None:
        self._database = database
        self._layer_table = layer_table
        self._alive_within_seconds = alive_within_seconds

    def plan(self, request: RunRequest) -> TrainingPlan:
        """What this run would take; InvalidError where its dataset has no version yet."""
        table = self._layer_table(request.architecture)
        return self.plan_of(
            table, request.dataset, configuration=request.configuration, architecture_id=request.architecture
        )

    def plan_of(
        self, table: LayerTable, dataset_id: str, *, configuration: Configuration, architecture_id: str | None = None
    ) -> TrainingPlan:
        """The same for a layer table, whether its architecture is kept (under that id) or not."""
        with self._database.transaction() as transaction:
            dataset = transaction.datasets.get(dataset_id)
            if dataset.version is None:
                raise InvalidError(
                    f"Dataset {dataset.name} is {dataset.state.value}: wait until it is ready.",
                    errors=[FieldError("dataset", "is not ready")],
                )
            offers = self._offers(transaction, configuration.device)
        return plan_of(
            configuration,
            table,
            images=_training_images(dataset.version, configuration),
            device_memory_bytes=_largest(offers, configuration.device),
            pace=self._pace(architecture_id, kinds={offer.kind for offer in offers}),
        )

    def refuse_what_cannot_fit(self, stored: StoredArchitecture, configuration: Configuration) -> None:
        """InvalidError where one step needs more memory than any device has that works here and that it may have."""
        with self._database.transaction() as transaction:
            memory = _largest(self._offers(transaction, configuration.device), configuration.device)
        if memory is None:
            return
        try:
            table = self._layer_table(stored.id)
        except UnavailableError:
            return  # the inspector is away: the trainer will see for itself
        plan = plan_of(configuration, table, images=1, device_memory_bytes=memory, pace=None)
        reason = too_large(stored.architecture.name, configuration, plan)
        if reason is not None:
            raise InvalidError(reason, errors=[FieldError("configuration.batch_size", "does not fit into memory")])

    def batch_that_fits(self, run: Run) -> int | None:
        """The largest batch that a run's network should have room for here; None where that is not known."""
        try:
            with self._database.transaction() as transaction:
                memory = _largest(self._offers(transaction, run.configuration.device), run.configuration.device)
            if memory is None:
                return None
            table = self._layer_table(run.architecture_id)
        except (NotFoundError, UnavailableError):
            return None
        plan = plan_of(run.configuration, table, images=1, device_memory_bytes=memory, pace=None)
        return plan.largest_batch_size

    def _offers(self, transaction: Transaction, asked: DeviceRequest) -> list[DeviceOffer]:
        """What those workers have that can train what is asked for."""
        workers = transaction.workers.all(alive_within_seconds=self._alive_within_seconds)
        return [worker.offer for worker in workers if worker.trains and worker.offer.meets(asked)]

    def _pace(self, architecture_id: str | None, *, kinds: Collection[str]) -> Pace | None:
        """The newest finished run of the same architecture, else any: then costs are compared.

        Of another kind of device than it will train on (where that is known) a run tells nothing.
        """
        with self._database.transaction() as transaction:
            finished, _ = transaction.runs.page(limit=RUNS_LOOKED_AT, states=(RunState.FINISHED,))
            runs = [run for run in finished if not kinds or run.computed_by.get("device") in {None, *kinds}]
            run = next((run for run in runs if run.architecture_id == architecture_id), next(iter(runs), None))
            if run is None:
                return None
            epochs = transaction.runs.events(run.id, kinds=(EventKind.EPOCH,))
            images = _images_of(transaction, run)
        same = run.architecture_id == architecture_id
        macs = None if same else self._layer_table(run.architecture_id).totals.macs
        return pace_of(_durations(epochs), images=images, macs=macs, run_name=run.name)


def _largest(offers: Sequence[DeviceOffer], asked: DeviceRequest) -> int | None:
    """Bytes of each device of the largest of them; None where that is not known."""
    return max((offer.bytes_of_each(asked) for offer in offers), default=0) or None


def _training_images(version: Version, configuration: Configuration) -> int:
    counts = {split: sum(classes.values()) for split, classes in version.splits.items()}
    train, validation = counts.get(Split.TRAIN, 0), counts.get(Split.VALIDATION, 0)
    if configuration.validation_split is None:
        return train
    return round((train + validation) * (1 - configuration.validation_split))


def _images_of(transaction: Transaction, run: Run) -> int:
    version = transaction.datasets.get(run.dataset_id).version
    return 0 if version is None else _training_images(version, run.configuration)


def _durations(epochs: Sequence[Event]) -> list[float]:
    """Seconds of each epoch: times count from an attempt's start, so only neighbours of one attempt are compared."""
    found = []
    for before, after in pairwise(epochs):
        one, two = before.payload.get("time"), after.payload.get("time")
        if before.attempt == after.attempt and isinstance(one, int | float) and isinstance(two, int | float):
            found.append(float(two - one))
    return found
