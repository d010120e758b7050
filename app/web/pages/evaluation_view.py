"""What a run's page shows of its evaluation."""

from dataclasses import dataclass
from typing import Any

from app.core.datasets.dataset import Dataset, Split
from app.core.runs.learning import Symptom
from app.core.runs.run import Run
from app.services.bundle import ServiceBundle
from app.web.pages.matrix_view import MOST_TABLE_CLASSES, MatrixRow, Shown, matrix_rows

MISTAKES_SHOWN = 24


@dataclass(frozen=True)
class SplitView:
    """One split: its evaluation as the REST contract has it, and its matrix as a table where that is not too large."""

    split: Split
    found: dict[str, Any]
    rows: list[MatrixRow] | None

    @property
    def name(self) -> str:
        """The split's name."""
        return self.split.value


@dataclass(frozen=True)
class EvaluationView:
    """All splits, what is wrong with the network, and why single images are missing where they are."""

    splits: list[SplitView]
    symptoms: list[Symptom]
    missing: str | None
    shown: Shown
    mistakes_shown: int = MISTAKES_SHOWN


def evaluation_view(services: ServiceBundle, run: Run, shown: Shown) -> EvaluationView | None:
    """None where the run has no evaluation."""
    evaluations = services.evaluations.of(run)
    if not evaluations:
        return None
    missing = services.evaluations.why_missing(run)
    splits = [
        SplitView(split, found, _rows(run, split, found, shown, has_images=missing is None))
        for split, found in evaluations.items()
    ]
    symptoms = list(services.evaluations.symptoms(run, evaluations))
    return EvaluationView(splits=splits, symptoms=symptoms, missing=missing, shown=shown)


def image_address(dataset: Dataset, run: Run) -> str:
    """Where an image of a run's version is looked at: on its page, or as it is where the newest version may lack it."""
    is_newest = dataset.version is not None and dataset.version.id == run.version_id
    return f"/datasets/{dataset.id}/images/" if is_newest else f"/api/v1/datasets/{dataset.id}/images/"


def _rows(run: Run, split: Split, found: dict[str, Any], shown: Shown, *, has_images: bool) -> list[MatrixRow] | None:
    classes = found.get("classes", [])
    if not classes or len(classes) > MOST_TABLE_CLASSES:
        return None
    address = f"/runs/{run.id}/predicted?split={split.value}" if has_images else None
    return matrix_rows(classes, found["confusion_matrix"], shown=shown, address=address)
