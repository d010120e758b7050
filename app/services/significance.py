"""Use cases of results held against each other: is a difference real, and on which images do two runs disagree?"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from app.core.datasets.dataset import Split
from app.core.errors import InvalidError, NotFoundError
from app.core.ports import Database
from app.core.runs.evaluation import per_class, shown
from app.core.runs.predicted import Predicted
from app.core.runs.repeats import repeats
from app.core.runs.run import Run
from app.core.runs.significance import McNemar, Pairs, common_images, holm, mcnemar, representation
from app.services.evaluations import Cell, EvaluationService

KEPT_COUNTS = 1_000
PREFERRED = (Split.TEST, Split.VALIDATION)


class SignificanceService:
    """Compares what runs answered for the images that they have in common."""

    def __init__(self, *, database: Database, evaluations: EvaluationService) -> None:
        self._database = database
        self._evaluations = evaluations
        self._counted = lru_cache(maxsize=KEPT_COUNTS)(self._tested)

    def of(self, run_ids: Sequence[str]) -> dict[str, Any]:
        """`significance` of each run but the first against the first, by id, and `repeats`."""
        runs = self._runs(run_ids)
        tested: dict[str, tuple[Split, McNemar]] = {}
        refused: dict[str, str] = {}
        files = [self._evaluations.file_of(run) for run in runs]
        for run, file in zip(runs[1:], files[1:], strict=True):
            found = None if files[0] is None or file is None else self._counted(files[0], file)
            if found is None:
                refused[run.id] = self._why_not(runs[0], run)
            else:
                tested[run.id] = found
        adjusted = holm([counts.p_value for _, counts in tested.values()])
        significance: dict[str, Any] = {
            run_id: representation(counts, p_adjusted=raised, comparisons=len(tested), split=split.value)
            for (run_id, (split, counts)), raised in zip(tested.items(), adjusted, strict=True)
        }
        significance |= {run_id: {"images": 0, "is_shown": None, "words": why} for run_id, why in refused.items()}
        return {
            "significance": {run.id: significance[run.id] for run in runs[1:]},
            "repeats": repeats(runs),
        }

    def classes(self, run_ids: Sequence[str], split: Split) -> dict[str, Any]:
        """`{"split", "images", "left", "right"}`: each class and the confusion matrix of two runs on their common images."""
        left, right, pairs = self._pair(run_ids, split)
        sides = {"left": left.only(pairs.left), "right": right.only(pairs.right)}
        return {
            "split": split.value,
            "images": len(pairs.left),
            **{
                name: {
                    "classes": list(side.classes),
                    "per_class": per_class(side),
                    "confusion_matrix": side.matrix.tolist(),
                }
                for name, side in sides.items()
            },
        }

    def disagreements(self, run_ids: Sequence[str], split: Split, *, offset: int = 0, limit: int = 50) -> Cell:
        """The images that two runs take for different classes: first those that the left one alone knows, then the right one.

        An item has what `left` and `right` took it for, with the probabilities.
        """
        left, right, pairs = self._pair(run_ids, split)
        answers = [np.array(found.classes, dtype=np.str_)[found.predicted] for found in (left, right)]
        apart = np.flatnonzero(answers[0][pairs.left] != answers[1][pairs.right])
        lost, won = left.correct[pairs.left[apart]], right.correct[pairs.right[apart]]
        sureness = np.maximum(left.confidence[pairs.left[apart]], right.confidence[pairs.right[apart]])
        apart = apart[np.lexsort((-sureness, -won.astype(int), -lost.astype(int)))]
        items = [
            _disagreement(left, int(pairs.left[place]), right, int(pairs.right[place]))
            for place in apart[offset : offset + limit]
        ]
        return Cell(items=items, offset=offset, total=len(apart))

    def _pair(self, run_ids: Sequence[str], split: Split) -> tuple[Predicted, Predicted, Pairs]:
        if len(run_ids) != 2:
            raise InvalidError(f"{len(run_ids)} different runs are named; two are held against each other: ?runs=ID,ID")
        left, right = (self._of(run, split) for run in self._runs(run_ids))
        return left, right, common_images(left, right)

    def _tested(self, baseline: str, other: str) -> tuple[Split, McNemar] | None:
        """The split on which the runs of two files are compared, and the counts; None without a common image."""
        try:
            left, right = self._evaluations.opened(baseline), self._evaluations.opened(other)
        except NotFoundError:
            return None
        for split in PREFERRED:
            if split in left and split in right:
                pairs = common_images(left[split], right[split])
                if len(pairs.left):
                    return split, mcnemar(left[split], right[split], pairs)
        return None

    def _of(self, run: Run, split: Split) -> Predicted:
        there = self._evaluations.predicted(run)
        if split not in there:
            why = self._evaluations.why_missing(run) or f"It has answers for {' and '.join(there)} images."
            raise NotFoundError(f"Run {run.name!r} has no answers for {split.value} images. {why}")
        return there[split]

    def _runs(self, run_ids: Sequence[str]) -> list[Run]:
        with self._database.transaction() as transaction:
            return [transaction.runs.get(run_id) for run_id in dict.fromkeys(run_ids)]

    def _why_not(self, baseline: Run, run: Run) -> str:
        for one, what in ((baseline, "The baseline"), (run, "This run")):
            why = self._evaluations.why_missing(one)
            if why is not None:
                return f"{what} cannot be tested. {why}"
        return "The two were measured on no image in common: train both on the same data set to tell them apart."


def _disagreement(left: Predicted, here: int, right: Predicted, there: int) -> dict[str, Any]:
    ours, theirs = shown(left, here), shown(right, there)
    sides = {
        name: {"predicted": side["predicted"], "probability": side["probability"]}
        for name, side in (("left", ours), ("right", theirs))
    }
    return {"digest": ours["digest"], "path": ours["path"], "class": ours["class"], **sides}
