"""Use cases of runs that may be the same to the last bit."""

from collections.abc import Mapping, Sequence

from app.core.ports import Database
from app.core.runs.columns import Points
from app.core.runs.twins import STEP_LOSS, Twin, may_be_twins, twin_of
from app.services.curves import CurveService


class TwinService:
    """Compares runs of which the same was asked."""

    def __init__(self, *, database: Database, curves: CurveService) -> None:
        self._database = database
        self._curves = curves

    def of(self, baseline: str, run_ids: Sequence[str], digests: Mapping[str, Sequence[str | None]]) -> list[Twin]:
        """Those of the runs of which the same was asked as of the baseline; `digests` are those of their weights."""
        with self._database.transaction() as transaction:
            first = transaction.runs.get(baseline)
            others = [run for run in transaction.runs.several(run_ids) if run.id != baseline]
        twins = [run for run in others if may_be_twins(first, run)]
        if not twins:
            return []
        losses: Mapping[str, Points] = self._curves.whole([baseline, *(run.id for run in twins)], STEP_LOSS)
        return [
            twin_of(run, digests=(digests[baseline], digests[run.id]), losses=(losses[baseline], losses[run.id]))
            for run in twins
        ]
