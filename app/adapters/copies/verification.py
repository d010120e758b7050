"""Decides whether candidates are copies: laid over each other, they must differ nowhere by more than noise."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from app.adapters.copies.alignment import Halves, Turn, first_guess, refined, turns
from app.adapters.copies.fingerprint import Gray
from app.core.datasets.near_copies import Resemblance

LEAST_AGREEMENT = 0.85
LEAST_CORRELATION = 0.88
"""Copies agree by less in a hundredth of cases, most other pairs do: what costs more than these is kept for few."""
LEAST_OVERLAP = 0.25
SCALES = (0.66, 1.5)
MOST_DIFFERENT_PIXELS = 1
"""Of a spot that differs, in a picture of 160 pixels: less than a pip of a die that fills a tenth of the width."""
_DIFFERENCE, _SHARE_OF_CONTRAST, _SHARE_OF_SLOPE = 8, 0.12, 0.25
_SQUARE_3 = np.ones((3, 3), np.uint8)
_SQUARE_5 = np.ones((5, 5), np.uint8)
_LEVELS, _POWERS = np.arange(256.0), np.arange(5)[:, None]


class Candidate(NamedTuple):
    """Two images by their rows, the place in each, and by how many rings the left one's content is larger."""

    left: int
    right: int
    left_place: int
    right_place: int
    shift: int


def verified(records: NDArray[np.void], candidates: Sequence[Candidate]) -> list[Resemblance | None]:
    """For each candidate how the images match; None where they are no copies."""
    asked = np.array(candidates)
    turn, left_places, right_places = _turned(records, asked)
    plausible = np.flatnonzero(turn.agreement >= LEAST_AGREEMENT)
    rows, places = np.unique(asked[plausible, :2], return_inverse=True)
    left, right = places.reshape(-1, 2).T
    guesses = first_guess(turn, left_places, right_places)[plausible]
    transforms, correlations = refined(_halves(records, rows), left, right, guesses)
    scales = np.sqrt(np.abs(np.linalg.det(transforms[:, :, :2])))
    likely = (correlations >= LEAST_CORRELATION) & (scales > SCALES[0]) & (scales < SCALES[1])
    matches: list[Resemblance | None] = [None] * len(candidates)
    for number in np.flatnonzero(likely):
        index, transform = plausible[number], transforms[number]
        if is_copy(records[rows[left[number]]], records[rows[right[number]]], _doubled(transform)):
            mirrored = bool(turn.mirrored[index])
            # The transform mirrors top to bottom; half a turn makes that left to right. Pixels count downwards.
            turned = 180 * mirrored - np.degrees(np.arctan2(transform[1, 0], transform[0, 0]))
            # No more digits than mean something: the last ones depend on which pairs were verified together.
            matches[index] = Resemblance(round(float(turned % 360), 2) % 360, mirrored, round(float(scales[number]), 4))
    return matches


def is_copy(left: NDArray[np.void], right: NDArray[np.void], transform: NDArray[np.float64]) -> bool:
    """Whether the left picture, moved by the (2, 3) transform, differs from the right one by noise only."""
    of_left, of_right = pixels_of(left), pixels_of(right)
    height, width = of_right.shape
    moved = cv2.warpAffine(of_left, transform, (width, height), flags=cv2.INTER_LINEAR)
    both = cv2.erode(((moved > 0) & (of_right > 0)).astype(np.uint8), _SQUARE_5, borderValue=0)
    if cv2.countNonZero(both) < LEAST_OVERLAP * height * width:
        return False
    softness = float(max(left["enlarged"], right["enlarged"]))
    if softness > 1.5:  # a small image knows nothing of finer detail, whichever way it was made small
        size = 2 * round(softness) - 1
        moved, of_right = cv2.blur(moved, (size, size)), cv2.blur(of_right, (size, size))
    covers = _covers(transform, of_left.shape, of_right.shape)
    # Where one of them is overexposed, only the way towards it can be followed.
    if _overexposed(moved, both) > _overexposed(of_right, both):
        moved, of_right = of_right, moved
    return _differing(moved, of_right, both, covers=covers) <= MOST_DIFFERENT_PIXELS


def pixels_of(record: NDArray[np.void]) -> Gray:
    """The small picture of a RECORD, uint8 (height, width), 0 where there is no image."""
    return np.asarray(record["picture"][: record["height"], : record["width"]])


def _turned(
    records: NDArray[np.void], asked: NDArray[np.int64]
) -> tuple[Turn, NDArray[np.float32], NDArray[np.float32]]:
    """How each left image must be turned, and the places about which, (candidates, 2) in each of the two."""
    left, right, left_place, right_place, shifts = asked.T
    rings, places = records["rings"], records["places"]
    of_left, of_right = rings[left, left_place].astype(np.float32), rings[right, right_place].astype(np.float32)
    return turns(of_left, of_right, shifts), places[left, left_place], places[right, right_place]


def _halves(records: NDArray[np.void], rows: NDArray[np.int64]) -> Halves:
    # Field by field: the pictures at full size, most of a record, are only needed of pairs that fit.
    sizes = np.stack([records["height"][rows], records["width"][rows]], axis=1).astype(np.int64) // 2
    return Halves(
        records["half"][rows].astype(np.float32),
        sizes,
        records["marks"][rows].astype(np.int64),
        records["slopes"][rows].astype(np.float32),
        records["marked"][rows].astype(np.int64),
    )


def _doubled(transform: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same transform for the pictures at full size; pixels are counted by their middles."""
    doubled = transform.copy()
    doubled[:, 2] = 2 * transform[:, 2] + 0.5 - transform[:, :2] @ np.array([0.5, 0.5])
    return doubled


def _differing(first: Gray, second: Gray, both: Gray, *, covers: bool) -> int:
    """Pixels of the largest spot in which the images differ once the first is as bright as the second."""
    adapted = cv2.LUT(first, _brightness_map(first, second, both))
    shares = cv2.calcHist([second], [0], both, [256], [0, 256]).ravel().cumsum()
    contrast = float(np.searchsorted(shares, 0.98 * shares[-1]) - np.searchsorted(shares, 0.02 * shares[-1]))
    allowed = cv2.max(_slope(adapted), _slope(second)) * np.float32(_SHARE_OF_SLOPE)
    allowed += max(_DIFFERENCE, _SHARE_OF_CONTRAST * contrast)
    differs = ((cv2.absdiff(adapted, second) > allowed) & (both > 0)).astype(np.uint8)
    # Most copies end here; telling spots apart takes longer than all before.
    count = cv2.countNonZero(differs)
    return count if count <= MOST_DIFFERENT_PIXELS else _largest_spot(differs, both, covers=covers)


def _overexposed(image: Gray, both: Gray) -> int:
    return cv2.countNonZero(cv2.bitwise_and(cv2.inRange(image, 245, 255), both))


def _brightness_map(first: Gray, second: Gray, both: Gray) -> Gray:
    """What each brightness of the first image is in the second: the parabola that fits best, where it rises.

    A parabola follows gain, offset and gamma, and is too stiff to explain a moved object away.
    """
    # Each fourth pixel says enough about a curve of three numbers; of each brightness only the sums matter.
    there = np.flatnonzero(both[::2, ::2])
    x, y = (image[::2, ::2].ravel()[there] for image in (first, second))
    counts, sums = np.bincount(x, minlength=256), np.bincount(x, y, minlength=256)
    centre = float(counts @ _LEVELS) / len(there)
    powers = ((_LEVELS - centre) / 64) ** _POWERS
    moments = powers @ counts
    normal = moments[_POWERS[:3] + np.arange(3)]
    normal[[1, 2], [1, 2]] += 1e-5 * len(there)
    curve = np.linalg.solve(normal, powers[:3] @ sums) @ powers[:3]
    middle = round(centre)
    curve[middle:] = np.maximum.accumulate(curve[middle:])
    curve[: middle + 1] = np.minimum.accumulate(curve[middle::-1])[::-1]
    return np.asarray(np.clip(np.round(curve), 0, 255), np.uint8)


def _slope(image: Gray) -> NDArray[np.float32]:
    return np.asarray(cv2.morphologyEx(image, cv2.MORPH_GRADIENT, _SQUARE_3), np.float32)


def _largest_spot(differs: Gray, both: Gray, *, covers: bool) -> int:
    """Pixels of the largest spot that differs; those at the rim count only where the frames lie on each other.

    What rotating or shifting left at the rim (repeated or mirrored edges) is no difference of the photographs.
    """
    count, spots, facts, _ = cv2.connectedComponentsWithStats(differs, connectivity=8)
    if count == 1:
        return 0
    if not covers:
        rim = both - cv2.erode(both, _SQUARE_3, borderValue=0)
        facts[spots[rim > 0], cv2.CC_STAT_AREA] = 0
    return int(facts[1:, cv2.CC_STAT_AREA].max())


def _covers(transform: NDArray[np.float64], left: tuple[int, ...], right: tuple[int, ...]) -> bool:
    """Whether the corners of the one frame come to lie on those of the other, within 3 pixels."""
    corners = np.array([[x, y, 1] for y in (0, left[0] - 1) for x in (0, left[1] - 1)])
    moved = corners @ transform.T
    targets = np.array([[x, y] for y in (0, right[0] - 1) for x in (0, right[1] - 1)])
    distances = np.abs(moved[:, None] - targets[None]).sum(axis=2)
    return bool((distances.min(axis=0) < 3).all())
