"""Classes that can be told by brightness or colour alone, so that nothing else need be learned about them."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.core.datasets.dataset import Finding, ImageRecord, Split
from app.core.datasets.findings import Listed, shown
from app.core.values import JsonObject

TELLING = 0.95
"""Of 100 pairs of an image of the class and another one, so many have the larger value on the same side."""
LEAST_IMAGES = 10
SHOWN_OF_EACH = 6
Measure: TypeAlias = Callable[[ImageRecord], float]


def told_by_appearance(images: Sequence[ImageRecord], classes: Sequence[str]) -> list[Listed]:
    """Of the training images, those that know their brightness and colour."""
    known = [image for image in images if image.split is Split.TRAIN and image.mean_color is not None]
    if not known:
        return []
    labels = np.array([image.class_name for image in known])
    found = []
    for rule, what, measures in (
        ("class_told_by_brightness", "brightness", {"brightness": _brightness}),
        ("class_told_by_color", "colour", {"red against green": _redness, "yellow against blue": _yellowness}),
    ):
        evidence = [
            entry
            for measured, measure in measures.items()
            for entry in _telling(known, labels, classes, np.array([measure(image) for image in known]), measured)
        ]
        if evidence:
            found.append(Listed(_finding(rule, what, evidence)))
    return found


def _telling(
    images: Sequence[ImageRecord],
    labels: NDArray[np.str_],
    classes: Sequence[str],
    values: NDArray[np.float64],
    measured: str,
) -> list[JsonObject]:
    ranks = _ranks(values)
    found: list[JsonObject] = []
    # Of two classes, what tells the one tells the other.
    for name in classes if len(classes) > 2 else classes[:1]:
        mine = labels == name
        count, others = int(mine.sum()), int((~mine).sum())
        if min(count, others) < LEAST_IMAGES:
            continue
        # The Mann-Whitney statistic: the share of pairs in which the image of the class has the larger value.
        share = (float(ranks[mine].sum()) - count * (count - 1) / 2) / (count * others)
        if max(share, 1 - share) < TELLING:
            continue
        examples: list[JsonObject] = [shown(images[index]) for index in np.flatnonzero(mine)[:SHOWN_OF_EACH]]
        found.append(
            {
                "class": name,
                "measure": measured,
                "share": round(max(share, 1 - share), 3),
                "mean": round(float(values[mine].mean()), 1),
                "mean_of_others": round(float(values[~mine].mean()), 1),
                "images": list(examples),
            }
        )
    return found


def _finding(rule: str, what: str, evidence: Sequence[JsonObject]) -> Finding:
    strongest = max(evidence, key=lambda entry: float(str(entry["share"])))
    names = list(dict.fromkeys(str(entry["class"]) for entry in evidence))
    return Finding(
        rule=rule,
        severity="warning",
        message=f"The {what} of the whole image tells {' and '.join(map(repr, names[:5]))} from the other classes: in "
        f"{100 * float(str(strongest['share'])):.0f} of 100 pairs for {strongest['class']!r} "
        f"({strongest['measure']} {strongest['mean']} on average, {strongest['mean_of_others']} in the others).",
        effect=f"A network may learn the {what} instead of what is shown, and will fail on images taken in other light.",
        evidence=tuple(evidence),
    )


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 0; equal values share their mean rank."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts) - 1
    return np.asarray((last - (counts - 1) / 2)[places], np.float64)


def _brightness(image: ImageRecord) -> float:
    return image.brightness or 0.0


def _redness(image: ImageRecord) -> float:
    red, green, _ = image.mean_color or (0, 0, 0)
    return red - green


def _yellowness(image: ImageRecord) -> float:
    red, green, blue = image.mean_color or (0, 0, 0)
    return (red + green) / 2 - blue
