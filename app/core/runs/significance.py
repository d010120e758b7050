"""Whether two networks that answered the same images can be told apart.

McNemar's test (1947) looks only at the images on which one is right and the other is not; up to MOST_EXACT of them its
p-value is exact (two-sided binomial), beyond that from chi-squared with Edwards's correction for continuity (1948). The
interval of the difference is Efron's percentile bootstrap over the images, always drawn with the same seed. Where several
runs are held against one baseline, p-values are raised by Holm's method (1979), so that many runs are not many lucky draws.

The p-value decides whether a difference is shown. The bootstrap is known to be narrow where few images are right in one
only (five of five are p = 0.06, and no drawing ever meets a sixth the other way round), and it is of one comparison alone:
where it leaves out 0 and the p-value shows nothing, the words say so.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.core.runs.predicted import Integers, Predicted

MOST_EXACT = 1_000
DRAWS = 10_000
LEVEL = 0.05


@dataclass(frozen=True)
class Pairs:
    """The places, in the left and in the right predictions, of the images that both answered.

    Images are the same where their bytes and their class are; one that a split holds several times counts once.
    """

    left: Integers
    right: Integers


@dataclass(frozen=True)
class McNemar:
    """On how many images both are right, only the left one, only the right one, neither; and the p-value."""

    both: int
    only_left: int
    only_right: int
    neither: int

    @property
    def images(self) -> int:
        """All of them."""
        return self.both + self.only_left + self.only_right + self.neither

    @property
    def is_exact(self) -> bool:
        """Whether the p-value is that of the binomial distribution."""
        return self.only_left + self.only_right <= MOST_EXACT

    @property
    def p_value(self) -> float:
        """The probability of so lopsided a disagreement, or more, between networks that are equally often right."""
        few, many = sorted((self.only_left, self.only_right))
        total = few + many
        if total == 0:
            return 1.0
        if self.is_exact:
            tail = sum(math.comb(total, count) for count in range(few + 1))
            return min(1.0, tail / (1 << (total - 1)))
        statistic = max(0, many - few - 1) ** 2 / total
        # The upper tail of chi-squared with one degree of freedom.
        return math.erfc(math.sqrt(statistic / 2))


def common_images(left: Predicted, right: Predicted) -> Pairs:
    """What both answered."""
    here, there = left.first_places, right.first_places
    keys = [key for key in here if key in there]
    return Pairs(
        left=np.array([here[key] for key in keys], np.int64), right=np.array([there[key] for key in keys], np.int64)
    )


def mcnemar(left: Predicted, right: Predicted, pairs: Pairs) -> McNemar:
    """The four counts."""
    ours, theirs = left.correct[pairs.left], right.correct[pairs.right]
    return McNemar(
        both=int((ours & theirs).sum()),
        only_left=int((ours & ~theirs).sum()),
        only_right=int((~ours & theirs).sum()),
        neither=int((~ours & ~theirs).sum()),
    )


def bootstrap_interval(counts: McNemar, *, seed: int = 0) -> tuple[float, float]:
    """The 95 % interval of accuracy(right) - accuracy(left).

    To draw images again is to draw the four counts from a multinomial distribution. Where the two were never right and
    wrong at once, drawing knows no spread: the interval is then what an event that did not happen in so many images may
    still have as a probability (exact, 97.5 % on each side).
    """
    images = counts.images
    if counts.only_left + counts.only_right == 0:
        bound = 1 - (LEVEL / 2) ** (1 / images)
        return -bound, bound
    shares = np.array([counts.only_left, counts.only_right, counts.both + counts.neither]) / images
    drawn = np.random.default_rng(seed).multinomial(images, shares, size=DRAWS)
    low, high = np.quantile((drawn[:, 1] - drawn[:, 0]) / images, [LEVEL / 2, 1 - LEVEL / 2])
    return float(low), float(high)


def holm(p_values: Sequence[float]) -> list[float]:
    """Raised so that of all of them together at most one in twenty times any is below 0.05 by chance."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    raised, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        raised[place] = largest
    return raised


def representation(counts: McNemar, *, p_adjusted: float, comparisons: int, split: str) -> dict[str, Any]:
    """The test as the REST contract shows it, with what it means in plain words."""
    images = counts.images
    difference = (counts.only_right - counts.only_left) / images
    low, high = bootstrap_interval(counts)
    return {
        "split": split,
        "images": images,
        "accuracy": (counts.both + counts.only_right) / images,
        "baseline_accuracy": (counts.both + counts.only_left) / images,
        "difference": difference,
        "interval": [low, high],
        "both_right": counts.both,
        "only_baseline_right": counts.only_left,
        "only_this_right": counts.only_right,
        "both_wrong": counts.neither,
        "p_value": counts.p_value,
        "p_adjusted": p_adjusted,
        "test": "McNemar, exact" if counts.is_exact else "McNemar, chi-squared with continuity correction",
        "is_shown": p_adjusted < LEVEL,
        "words": words(counts, p_adjusted=p_adjusted, comparisons=comparisons, split=split, interval=(low, high)),
    }


def words(counts: McNemar, *, p_adjusted: float, comparisons: int, split: str, interval: tuple[float, float]) -> str:
    """What the counts mean, without flattering anybody."""
    images = f"{counts.images:,} {split} image{'' if counts.images == 1 else 's'}"
    apart = counts.only_left + counts.only_right
    if apart == 0:
        return f"Cannot be told apart on {images}: each image is right in both or wrong in both."
    points = 100 * (counts.only_right - counts.only_left) / counts.images
    which = f"{abs(points):.1f} percentage points {'better' if points > 0 else 'worse'} than the baseline"
    only = (
        f"{counts.only_right:,} {'is' if counts.only_right == 1 else 'are'} right only here, "
        f"{counts.only_left:,} only in the baseline"
    )
    several = f", raised for {comparisons} comparisons" if comparisons > 1 else ""
    p_text = f"p = {p_adjusted:.2g}{several}" if p_adjusted >= 1e-4 else f"p < 0.0001{several}"
    if p_adjusted < LEVEL:
        return f"Shown on these {images}: {which}; {only} ({p_text})."
    if points == 0:
        return f"Cannot be told apart on {images}: as many are right in both; {only} ({p_text})."
    # Two-sided, five of five is p = 0.0625 still.
    needed = " Where fewer than 6 images are right in one only, nothing can be shown." if apart < 6 else ""
    return f"Cannot be told apart on {images}: {which}, as chance alone does too; {only} ({p_text}).{needed}{_why_both(counts, interval)}"


def _why_both(counts: McNemar, interval: tuple[float, float]) -> str:
    """Why an interval can leave out 0 where nothing is shown."""
    if interval[0] <= 0 <= interval[1]:
        return ""
    if counts.p_value < LEVEL:
        return " The interval leaves out 0, but it is of this comparison alone; p counts all of them."
    return " The interval leaves out 0, but a bootstrap is narrow where few images are right in one only; p is not."
