"""The images of a run: those of its dataset's version, divided again where the run asks for it."""

from collections.abc import Sequence

from app.core.datasets.dataset import ImageRecord
from app.core.datasets.group_splits import validated_anew
from app.core.runs.run import Run


def images_of(run: Run, images: Sequence[ImageRecord]) -> list[ImageRecord]:
    """In the order of the version's, in which a run takes those of each split."""
    asked = run.configuration
    if asked.validation_split is None:
        return list(images)
    return validated_anew(images, asked.validation_split, seed=asked.seed)
