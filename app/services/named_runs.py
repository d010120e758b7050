"""Runs that somebody has named, all of them or none."""

from collections.abc import Sequence

from app.core.ports import Transaction
from app.core.runs.run import Run


def named_runs(transaction: Transaction, run_ids: Sequence[str]) -> list[Run]:
    """In this order; NotFoundError that names the first that is not there."""
    found = transaction.runs.several(run_ids)
    there = {run.id for run in found}
    for run_id in run_ids:
        if run_id not in there:
            transaction.runs.get(run_id)
    return found
