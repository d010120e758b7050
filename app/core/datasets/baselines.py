"""Two blunt instruments: the nearest training image by 16×16 gray pixels, and by the mean colour.

Neither recognises anything. Where they do as well as a network, the test may ask for memory or for colour, or the task
is easy: both are possible, and the figure alone does not say which.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from app.core.datasets.dataset import Baseline, Finding, ImageRecord, Split
from app.core.datasets.findings import Listed, pair
from app.core.intervals import wilson_interval
from app.core.values import JsonObject

MOST_TESTED, MOST_REMEMBERED = 2_000, 20_000
"""Larger splits are sampled, always the same way: the figure's interval says what that costs."""
SHOWN = 24
_WHAT = {"thumbnail": "16×16 gray pixels", "color": "the mean colour"}


def baselines(images: Sequence[ImageRecord], thumbnails: Mapping[str, bytes]) -> tuple[list[Baseline], list[Listed]]:
    """The figures on the test split (on validation where there is none), and a warning for those that do well."""
    split = Split.TEST if any(image.split is Split.TEST for image in images) else Split.VALIDATION
    tested = _sample([image for image in images if image.split is split and image.digest in thumbnails], MOST_TESTED)
    of_training = [image for image in images if image.split is Split.TRAIN and image.digest in thumbnails]
    remembered = _sample(of_training, MOST_REMEMBERED)
    if not tested or not remembered:
        return [], []
    chance = Counter(image.class_name for image in tested).most_common(1)[0][1] / len(tested)
    figures, found = [], []
    for kind in ("thumbnail", "color"):
        nearest, distances = _nearest(_features(tested, kind, thumbnails), _features(remembered, kind, thumbnails))
        right = [
            (distance, pair(remembered[index], image, f"nearest by {_WHAT[kind]}"))
            for image, index, distance in zip(tested, nearest, distances, strict=True)
            if remembered[index].class_name == image.class_name
        ]
        figure = _figure(kind, split, images=len(tested), correct=len(right), chance=chance)
        figures.append(figure)
        if does_well(figure):
            closest = [entry for _, entry in sorted(right, key=lambda item: item[0])[:SHOWN]]
            found.append(Listed(_finding(figure, closest)))
    return figures, found


def does_well(figure: Baseline) -> bool:
    """Whether it has come at least half the way from chance to everything, and surely above chance."""
    return figure.accuracy >= (1 + figure.chance) / 2 and figure.low > figure.chance


def rivals(figure: Baseline, accuracy: float) -> bool:
    """Whether a network of this accuracy on the same split is not clearly better than the blunt instrument.

    One that is no better than always answering the largest class has learned nothing: it says nothing about the split.
    """
    return figure.low > figure.chance and figure.chance < accuracy <= figure.high


def meaning(figure: Baseline) -> str:
    """What a figure says that is as good as a network's: one thing or the other."""
    asked = "memory of the training images" if figure.kind == "thumbnail" else "colour"
    return (
        f"Either this split tests {asked} rather than recognition, or the task is easy. A network's accuracy means little "
        "unless it is clearly above this figure."
    )


def _figure(kind: str, split: Split, *, images: int, correct: int, chance: float) -> Baseline:
    low, high = wilson_interval(correct, images)
    return Baseline(
        kind=kind,
        split=split,
        images=images,
        correct=correct,
        accuracy=correct / images,
        low=round(low, 4),
        high=round(high, 4),
        chance=round(chance, 4),
    )


def _finding(figure: Baseline, evidence: Sequence[JsonObject]) -> Finding:
    return Finding(
        rule=f"{figure.kind}_baseline",
        severity="warning",
        message=f"Answering with the class of the nearest training image by {_WHAT[figure.kind]} is right in "
        f"{figure.accuracy:.1%} of {figure.images:,} {figure.split.value} images ({figure.low:.1%} to {figure.high:.1%}; "
        f"always answering the largest class: {figure.chance:.1%}).",
        effect=meaning(figure),
        evidence=tuple(evidence),
    )


def _sample(images: Sequence[ImageRecord], most: int) -> Sequence[ImageRecord]:
    if len(images) <= most:
        return images
    chosen = np.random.default_rng(0).permutation(len(images))[:most]
    return [images[index] for index in np.sort(chosen)]


def _features(images: Sequence[ImageRecord], kind: str, thumbnails: Mapping[str, bytes]) -> NDArray[np.float32]:
    if kind == "color":
        return np.array([image.mean_color or (0, 0, 0) for image in images], np.float32)
    return np.stack([np.frombuffer(thumbnails[image.digest], np.uint8) for image in images]).astype(np.float32)


def _nearest(asked: NDArray[np.float32], known: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(index of the nearest known row, squared distance) of each row that is asked for."""
    lengths = (known * known).sum(axis=1)
    distances = lengths[None] - 2 * asked @ known.T
    nearest = distances.argmin(axis=1)
    return nearest, np.asarray(distances[np.arange(len(asked)), nearest] + (asked * asked).sum(axis=1), np.float32)
