"""Use cases of evaluations: everything that follows from what a run's best weights answered for each image."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from app.core.datasets.dataset import Split
from app.core.errors import NotFoundError
from app.core.ports import BlobStore, Database
from app.core.runs.evaluation import evaluate, shown
from app.core.runs.leaks import CONTRADICTING, caveats
from app.core.runs.learning import Symptom, symptoms
from app.core.runs.learning_reasons import Facts
from app.core.runs.lifecycle import RunState
from app.core.runs.predicted import PREDICTIONS, Predicted, read
from app.core.runs.run import Run
from app.core.runs.series import Wanted
from app.services.curves import CurveService

KEPT_FILES, KEPT_EVALUATIONS = 4, 16
EVALUATED = (Split.VALIDATION, Split.TEST)


@dataclass(frozen=True)
class Cell:
    """Images of a true class that were taken for a class, from place `offset` of `total`, the surest first."""

    items: list[dict[str, Any]]
    offset: int
    total: int

    @property
    def next(self) -> int | None:
        """The place where the next page begins; None at the end."""
        following = self.offset + len(self.items)
        return following if self.items and following < self.total else None


class EvaluationService:
    """Reads what was answered, and tells what follows from it. The files never change, so the newest are kept in memory."""

    def __init__(self, *, database: Database, blobs: BlobStore, curves: CurveService) -> None:
        self._database = database
        self._blobs = blobs
        self._curves = curves
        self._file = lru_cache(maxsize=KEPT_FILES)(self._opened)
        self._evaluated = lru_cache(maxsize=KEPT_EVALUATIONS)(lambda blob, split: evaluate(self._file(blob)[split]))

    def of(self, run: Run) -> dict[Split, dict[str, Any]]:
        """The evaluation of each split, `caveats` beside it; of a run without readable answers, what its row has."""
        there = self.predicted(run)
        blob = self.file_of(run)
        if not there or blob is None:
            return {split: dict(run.evaluation[split.value]) for split in EVALUATED if split.value in run.evaluation}
        with self._database.transaction() as transaction:
            version = transaction.datasets.version(run.version_id)
            listed = transaction.datasets.listed(run.version_id)
        return {
            split: {
                **self._evaluated(blob, split),
                "caveats": caveats(predicted, version, listed=listed, configuration=run.configuration),
            }
            for split, predicted in there.items()
        }

    def predicted(self, run: Run) -> dict[Split, Predicted]:
        """What was answered for each image, by split; empty where that is not there or cannot be read."""
        blob = self.file_of(run)
        try:
            return {} if blob is None else self.opened(blob)
        except NotFoundError:
            return {}

    def file_of(self, run: Run) -> str | None:
        """The key of the file with its answers, which never changes; None where there is none."""
        with self._database.transaction() as transaction:
            artifacts = transaction.runs.artifacts(run.id)
        return next((artifact.blob for artifact in artifacts if artifact.name == PREDICTIONS), None)

    def opened(self, blob: str) -> dict[Split, Predicted]:
        """What such a file holds; NotFoundError where it is gone or damaged."""
        return self._file(blob)

    def why_missing(self, run: Run) -> str | None:
        """Why there is nothing of single images; None where there is."""
        if self.predicted(run):
            return None
        if self.file_of(run) is not None:
            return f"{PREDICTIONS}, the file with its answers, is gone from the storage or damaged. Duplicate the run to have it measured again."
        if not run.is_terminal:
            return "It has not been evaluated yet; that comes at its end."
        if run.evaluation:
            return (
                "It was evaluated by an older version of Diceboard, which did not keep what was answered for each image. "
                "Duplicate the run to have pictures of each cell, calibration and tests against other runs."
            )
        return (
            "It was never evaluated: it ended before it had weights to keep, or the data set has nothing to test with."
        )

    def cell(
        self,
        run_id: str,
        split: Split,
        *,
        class_name: str | None = None,
        predicted: str | None = None,
        offset: int = 0,
        limit: int = 50,
    ) -> Cell:
        """The images of a true class (or of any) that were taken for a class (or any)."""
        found = self._split(run_id, split)
        places = found.cell(class_name, predicted)
        items = [shown(found, int(place)) for place in places[offset : offset + limit]]
        return Cell(items=items, offset=offset, total=len(places))

    def table(self, run_id: str, split: Split) -> Iterator[list[str]]:
        """The columns' names, then a row per image with the output of every class."""
        return self._split(run_id, split).rows()

    def symptoms(self, run: Run, evaluations: dict[Split, dict[str, Any]]) -> Sequence[Symptom]:
        """Whether it has learned anything, and why not."""
        known = {split.value: found for split, found in evaluations.items() if "confusion_matrix" in found}
        best = run.summary.get("accuracy", {}).get("best")
        brief = Facts(
            configuration=run.configuration,
            training_accuracy=float(best) if isinstance(best, int | float) else None,
            steps=run.progress.step,
            start_from=run.start_from,
        )
        # Only of a network with symptoms is the whole training looked through.
        if not symptoms(known, brief) and run.state is not RunState.DIVERGED:
            return []
        return symptoms(known, self._all_facts(run, brief))

    def _all_facts(self, run: Run, brief: Facts) -> Facts:
        with self._database.transaction() as transaction:
            version = transaction.datasets.version(run.version_id)
        curves = self._curves.of(run, Wanted(names=("loss", "batch_gradient_norm")))
        losses, norms = curves.get("loss"), curves.get("batch_gradient_norm")
        return replace(
            brief,
            epochs=[round(epoch) for epoch in losses.x] if losses else (),
            losses=losses.y if losses else (),
            gradient_norms=norms.y if norms else (),
            contradicting=sum(finding.images for finding in version.findings if finding.rule in CONTRADICTING),
        )

    def _split(self, run_id: str, split: Split) -> Predicted:
        with self._database.transaction() as transaction:
            run = transaction.runs.get(run_id)
        there = self.predicted(run)
        if split in there:
            return there[split]
        why = self.why_missing(run)
        if why is None:
            names = " and ".join(found.value for found in there) or "no"
            why = f"It was evaluated on {names} images."
        raise NotFoundError(f"Run {run_id} has no answers for {split.value} images. {why}")

    def _opened(self, blob: str) -> dict[Split, Predicted]:
        return read(self._blobs.get_bytes(blob))
