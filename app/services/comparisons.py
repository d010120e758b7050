"""Use cases of runs side by side."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from app.core.errors import InvalidError
from app.core.ports import Database
from app.core.runs.comparison import Epochs, RunHistory, asked_of, compare
from app.core.runs.request import MOST_RUNS_AT_ONCE
from app.core.runs.run import EventKind
from app.services.named_runs import named_runs

KEPT_RUNS = 256


class ComparisonService:
    """Compares runs. What their epochs came to is read once for as long as nothing happens in them."""

    def __init__(self, *, database: Database) -> None:
        self._database = database
        self._epochs = lru_cache(maxsize=KEPT_RUNS)(self._read)

    def asked(self, run_ids: Sequence[str]) -> list[dict[str, Any]]:
        """What was asked of each of the runs, by setting."""
        return [asked_of(history) | {"group": history.run.group} for history in self._histories(run_ids)]

    def compare(
        self, run_ids: Sequence[str], *, baseline: str | None = None, with_epochs: bool = True
    ) -> dict[str, Any]:
        """Runs side by side, with their epochs or without; the baseline is the one of that id, or else the first."""
        if not 1 <= len(run_ids) <= MOST_RUNS_AT_ONCE:
            raise InvalidError("Name the runs to compare: ?runs=ID,ID,...")
        found = self._histories(list(dict.fromkeys(run_ids)))
        if with_epochs:
            found = [replace(history, epochs=self._epochs(history.run.id, history.run.last_seq)) for history in found]
        return compare(found, baseline=baseline)

    def _histories(self, run_ids: Sequence[str]) -> list[RunHistory]:
        with self._database.transaction() as transaction:
            runs = named_runs(transaction, run_ids)
            architectures = {of: transaction.architectures.summary(of) for of in {run.architecture_id for run in runs}}
            datasets = {of: transaction.datasets.get(of).name for of in {run.dataset_id for run in runs}}
        return [
            RunHistory(
                run=run,
                architecture=architectures[run.architecture_id].name,
                style=architectures[run.architecture_id].style.value,
                dataset=datasets[run.dataset_id],
            )
            for run in runs
        ]

    def _read(self, run_id: str, last_seq: int) -> Epochs:
        """Up to that event; it is what makes an entry of the cache another one."""
        with self._database.transaction() as transaction:
            events = transaction.runs.events(run_id, kinds=(EventKind.EPOCH,))
        # Computed outside: on SQLite nobody else writes while a transaction is open.
        return Epochs.of([event for event in events if event.seq <= last_seq])
