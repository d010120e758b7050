"""What the comparison page shows of the question whether differences are real."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from fastapi import Request

from app.core.datasets.dataset import Split
from app.core.runs.run import Run
from app.services.bundle import ServiceBundle
from app.services.evaluations import Cell
from app.web.pages.evaluation_view import image_address
from app.web.pages.matrix_view import MOST_TABLE_CLASSES, MatrixRow, difference_rows

DISAGREEMENTS_SHOWN = 18
MEASURES = {
    "test_accuracy": "test accuracy",
    "test_loss": "test cross-entropy",
    "validation_accuracy": "validation accuracy",
    "validation_loss": "validation cross-entropy",
}


@dataclass(frozen=True)
class TestedRun:
    """A run, what the test against the baseline came to, and the address that opens it in detail, where there is one."""

    run: Run
    found: dict[str, Any]
    address: str | None


@dataclass(frozen=True)
class ClassLine:
    """A class with its entry in both runs; `change` is that of its recall."""

    name: str
    left: dict[str, Any]
    right: dict[str, Any]
    change: float | None


@dataclass(frozen=True)
class PairView:
    """The baseline and one other run on the images that both answered."""

    left: Run
    right: Run
    split: Split
    images: int
    lines: list[ClassLine]
    matrix: list[MatrixRow] | None
    disagreements: Cell
    image_address: str

    @property
    def query(self) -> str:
        """The two runs and the split, as addresses have them."""
        return urlencode({"runs": f"{self.left.id},{self.right.id}", "split": self.split.value}, safe=",")


@dataclass(frozen=True)
class SignificanceView:
    """All runs against the first, groups of repeats, and one pair in detail."""

    tested: list[TestedRun]
    repeats: list[dict[str, Any]]
    measures: dict[str, str]
    names: dict[str, str]
    pair: PairView | None


def significance_view(
    request: Request, services: ServiceBundle, runs: Sequence[Run], *, pair: str
) -> SignificanceView | None:
    """None where there is one run only; `pair` is the id of the run that is shown in detail, else the second one."""
    found = tested_runs(services, runs)
    if found is None:
        return None
    possible = [entry for entry in found.tested if entry.found["images"]]
    chosen = next((entry for entry in possible if entry.run.id == pair), possible[0] if possible else None)
    return replace(
        found,
        tested=[replace(entry, address=_address(request, entry.run.id)) for entry in found.tested],
        pair=None if chosen is None else tested_pair(services, runs[0], chosen, shown=DISAGREEMENTS_SHOWN),
    )


def tested_runs(services: ServiceBundle, runs: Sequence[Run]) -> SignificanceView | None:
    """All runs against the first, with no pair in detail and no way to one; None where there is one run only."""
    if len(runs) < 2:
        return None
    found = services.significance.of([run.id for run in runs])
    return SignificanceView(
        tested=[TestedRun(run, found["significance"][run.id], address=None) for run in runs[1:]],
        repeats=found["repeats"],
        measures=MEASURES,
        names={run.id: run.name for run in runs},
        pair=None,
    )


def pair_view(services: ServiceBundle, left: Run, right: Run, *, split: Split, shown: int, offset: int = 0) -> PairView:
    """Two runs on the images of a split that both answered."""
    ids = [left.id, right.id]
    found = services.significance.classes(ids, split)
    return PairView(
        left=left,
        right=right,
        split=split,
        images=found["images"],
        lines=_lines(found),
        matrix=_matrix(found),
        disagreements=services.significance.disagreements(ids, split, offset=offset, limit=shown),
        image_address=image_address(services.datasets.get(left.dataset_id), left),
    )


def tested_pair(services: ServiceBundle, baseline: Run, entry: TestedRun, *, shown: int) -> PairView:
    """A pair in detail, of the images of its test: where two have no test image in common, both are of validation."""
    return pair_view(services, baseline, entry.run, split=Split(entry.found["split"]), shown=shown)


def _address(request: Request, run_id: str) -> str:
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "pair"]
    return f"?{urlencode([*kept, ('pair', run_id)], safe=',')}#pair"


def _lines(found: dict[str, Any]) -> list[ClassLine]:
    theirs = {entry["class"]: entry for entry in found["right"]["per_class"]}
    return [
        ClassLine(
            name=entry["class"],
            left=entry,
            right=theirs[entry["class"]],
            change=_minus(theirs[entry["class"]]["recall"], entry["recall"]),
        )
        for entry in found["left"]["per_class"]
        if entry["class"] in theirs
    ]


def _minus(value: float | None, other: float | None) -> float | None:
    return None if value is None or other is None else value - other


def _matrix(found: dict[str, Any]) -> list[MatrixRow] | None:
    left, right = found["left"], found["right"]
    if left["classes"] != right["classes"] or len(left["classes"]) > MOST_TABLE_CLASSES:
        return None
    return difference_rows(left["classes"], left["confusion_matrix"], right["confusion_matrix"])
