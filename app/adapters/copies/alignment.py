"""Lays images over each other, many pairs at once: rotation and mirroring from the rings, then Gauss and Newton."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.adapters.copies.fingerprint import (
    ANGLES,
    HALF,
    MARKS,
    MIDDLE_SHIFT,
    RING_RATIO,
    WINDOW,
    Floats,
    spectra,
    windowed,
)

STEPS = 8
PATIENCE, HOPELESS = 6, 0.7
"""Pairs whose correlation is below this after so many steps, made with each fourth mark, are given up."""
_EACH = 4
_STILL = 0.03
"""Pixels at half the size: what moves less has arrived."""
LEAST_MARKS = 20
_DAMPING = np.diag([1e-3] * 4)


@dataclass(frozen=True)
class Turn:
    """For each pair: how well the rings agree (1 at best), radians, whether mirrored, and the ratio of sizes."""

    agreement: Floats
    angle: Floats
    mirrored: NDArray[np.bool_]
    scale: Floats


def turns(left: Floats, right: Floats, shifts: NDArray[np.int64]) -> Turn:
    """How `left` (pairs, ANGLES, RINGS) must be turned to become `right`, seen at the shifts of rings that are given."""
    of_left, of_right = (
        _unit(_windows(spectra(left), MIDDLE_SHIFT + shifts)),
        _unit(windowed(spectra(right), MIDDLE_SHIFT)),
    )
    plain = np.fft.irfft((of_right * of_left.conj()).sum(axis=2), ANGLES, axis=1)
    mirrored = np.fft.irfft((of_right * of_left).sum(axis=2), ANGLES, axis=1)
    both = np.concatenate([plain, mirrored], axis=1)
    best = both.argmax(axis=1)
    return Turn(
        agreement=both[np.arange(len(left)), best].astype(np.float32),
        angle=(best % ANGLES * (2 * np.pi / ANGLES)).astype(np.float32),
        mirrored=best >= ANGLES,
        scale=(RING_RATIO ** -shifts.astype(np.float64)).astype(np.float32),
    )


def first_guess(turn: Turn, left_place: Floats, right_place: Floats) -> NDArray[np.float64]:
    """(pairs, 2, 3): takes pixels of the left picture at half its size to those of the right one."""
    cosine, sine = turn.scale * np.cos(turn.angle), turn.scale * np.sin(turn.angle)
    sign = np.where(turn.mirrored, -1.0, 1.0)
    linear = np.stack([np.stack([cosine, -sine * sign], axis=1), np.stack([sine, cosine * sign], axis=1)], axis=1)
    from_place, to_place = (left_place - 0.5) / 2, (right_place - 0.5) / 2
    offset = to_place - np.einsum("pij,pj->pi", linear, from_place)
    return np.concatenate([linear, offset[:, :, None]], axis=2).astype(np.float64)


@dataclass(frozen=True)
class Halves:
    """Pictures at half their size: float32 (images, HALF, HALF), 0 where there is no image, and their marks."""

    pixels: Floats
    sizes: NDArray[np.int64]
    marks: NDArray[np.int64]
    slopes: Floats
    marked: NDArray[np.int64]


def refined(
    halves: Halves, left: NDArray[np.int64], right: NDArray[np.int64], guess: NDArray[np.float64]
) -> tuple[NDArray[np.float64], Floats]:
    """The transforms that fit best, and the correlation of the pixels under each right image's marks (-1: no fit).

    Similarity transforms, found by iteratively reweighted Gauss-Newton steps on brightness that is compared without
    its mean and contrast (Baker and Matthews 2004, forward compositional).
    """
    transforms, correlations = guess.copy(), np.full(len(guess), -1.0, np.float32)
    active = np.arange(len(guess))
    for each, steps, least in ((_EACH, PATIENCE, HOPELESS), (1, STEPS - PATIENCE, -1.0)):
        _follow(_Marks.of(halves, left, right, each=each), active, transforms, correlations, steps=steps)
        active = active[correlations[active] >= least]
        correlations[np.setdiff1d(np.arange(len(guess)), active)] = -1
    return transforms, correlations


@dataclass(frozen=True)
class _Marks:
    """What is compared of each pair: the marks of the right image, and what lies in the left one there."""

    halves: Halves
    left: NDArray[np.int64]
    sizes: NDArray[np.int64]
    places: NDArray[np.int64]
    present: NDArray[np.bool_]
    values: Floats
    jacobian: Floats
    """Derivatives of the brightness by scale, rotation, x and y: (pairs, marks, 4)."""

    @classmethod
    def of(cls, halves: Halves, left: NDArray[np.int64], right: NDArray[np.int64], *, each: int) -> "_Marks":
        """Each so many-th mark; they are sorted, so that each share of them has steep ones."""
        places, slopes, sizes = halves.marks[right, ::each], halves.slopes[right, ::each], halves.sizes[right]
        x, y = np.moveaxis(places - sizes[:, None, ::-1] / 2, 2, 0)
        across, down = slopes[:, :, 0], slopes[:, :, 1]
        jacobian = np.stack([across * x + down * y, down * x - across * y, across, down], axis=2).astype(np.float32)
        present = np.arange(0, MARKS, each) < halves.marked[right][:, None]
        values = halves.pixels[right[:, None], places[:, :, 1], places[:, :, 0]]
        return cls(halves, left, sizes, places, present, values, jacobian)


def _follow(
    marks: _Marks,
    active: NDArray[np.int64],
    transforms: NDArray[np.float64],
    correlations: Floats,
    *,
    steps: int,
) -> None:
    """Improve the transforms of the active pairs in place, each until it moves no more or fits no more."""
    least = LEAST_MARKS * marks.places.shape[1] // MARKS
    for _ in range(steps):
        if not len(active):
            return
        inverse, present = _inverse(transforms[active]), marks.present[active]
        sampled, seen = _sampled(marks.halves, marks.left[active], inverse, marks.places[active])
        seen &= present
        counts = seen.sum(axis=1)
        error, agreement = _errors(sampled, marks.values[active], seen, counts)
        fits = (counts >= least) & (4 * counts >= present.sum(axis=1))
        correlations[active] = np.where(fits, agreement, -1)
        step = _solved(marks.jacobian[active], error, seen, counts)
        transforms[active] = _composed(transforms[active], step, marks.sizes[active])
        moved = np.abs(step * np.array([HALF / 2, HALF / 2, 1, 1])).max(axis=1)
        active = active[fits & (moved > _STILL)]


def _windows(transformed: NDArray[np.complex64], starts: NDArray[np.int64]) -> NDArray[np.complex64]:
    """Of each pair the window that starts at its ring: (pairs, frequencies, WINDOW)."""
    windows = np.empty((*transformed.shape[:2], WINDOW), np.complex64)
    for start in np.unique(starts):
        windows[starts == start] = windowed(transformed[starts == start], start)
    return windows


def _unit(windows: NDArray[np.complex64]) -> NDArray[np.complex64]:
    """Scaled so that a window agrees with itself by 1; all but the lowest frequency stand for two each."""
    power = (windows.real**2 + windows.imag**2).sum(axis=2)
    energy = (2 * power.sum(axis=1) - power[:, 0]) / ANGLES
    return np.asarray(windows / (np.sqrt(energy)[:, None, None] + 1e-3), np.complex64)


def _sampled(
    halves: Halves, left: NDArray[np.int64], inverse: NDArray[np.float64], marks: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.bool_]]:
    x, y = np.moveaxis(np.matmul(marks, inverse[:, :, :2].transpose(0, 2, 1)) + inverse[:, None, :, 2], 2, 0)
    height, width = halves.sizes[left].T[:, :, None]
    inside = (x >= 0) & (y >= 0) & (x < width - 1) & (y < height - 1)
    x, y = np.where(inside, x, 0), np.where(inside, y, 0)
    column, row = x.astype(np.int64), y.astype(np.int64)
    right_share, lower_share = (x - column).astype(np.float32), (y - row).astype(np.float32)
    start = (left[:, None] * HALF + row) * HALF + column
    pixels = halves.pixels.reshape(-1)
    first, last = pixels[start], pixels[start + HALF + 1]
    upper = first * (1 - right_share) + pixels[start + 1] * right_share
    lower = pixels[start + HALF] * (1 - right_share) + last * right_share
    seen = inside & (first > 0) & (last > 0)
    return upper * (1 - lower_share) + lower * lower_share, seen


def _errors(
    sampled: Floats, values: Floats, seen: NDArray[np.bool_], counts: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    many = np.maximum(counts, 1)[:, None]
    sampled = np.where(seen, sampled - (sampled * seen).sum(axis=1, keepdims=True) / many, 0)
    values = np.where(seen, values - (values * seen).sum(axis=1, keepdims=True) / many, 0)
    of_sampled, of_values = np.linalg.norm(sampled, axis=1) + 1e-3, np.linalg.norm(values, axis=1) + 1e-3
    agreement = np.einsum("pm,pm->p", sampled, values) / (of_sampled * of_values)
    return sampled * (of_values / of_sampled)[:, None] - values, agreement.astype(np.float32)


def _solved(jacobian: Floats, error: Floats, seen: NDArray[np.bool_], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    limit = np.sqrt((error * error).sum(axis=1) / np.maximum(counts, 1))[:, None] * 1.5 + 1e-3
    weighted = jacobian * (np.minimum(1, limit / (np.abs(error) + 1e-6)) * seen)[:, :, None]
    normal = np.matmul(weighted.transpose(0, 2, 1), jacobian).astype(np.float64)
    normal += _DAMPING + normal * (np.eye(4) * 1e-3)
    gradient = np.matmul(weighted.transpose(0, 2, 1), error[:, :, None]).astype(np.float64)
    step = np.linalg.solve(normal, gradient)[:, :, 0]
    return np.asarray(np.clip(step, [-0.1, -0.15, -8, -8], [0.1, 0.15, 8, 8]))


def _composed(
    transforms: NDArray[np.float64], step: NDArray[np.float64], sizes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """A small similarity about the right image's middle, after the transform."""
    grow, turn = 1 + step[:, 0], step[:, 1]
    linear = np.stack([np.stack([grow, -turn], axis=1), np.stack([turn, grow], axis=1)], axis=1)
    middle = sizes[:, ::-1] / 2
    offset = step[:, 2:] + middle - np.einsum("pij,pj->pi", linear, middle)
    composed = np.matmul(linear, transforms)
    composed[:, :, 2] += offset
    return np.asarray(composed)


def _inverse(transforms: NDArray[np.float64]) -> NDArray[np.float64]:
    inverse = np.linalg.inv(transforms[:, :, :2])
    offset = -np.einsum("pij,pj->pi", inverse, transforms[:, :, 2])
    return np.asarray(np.concatenate([inverse, offset[:, :, None]], axis=2))
