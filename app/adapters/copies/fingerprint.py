"""What is kept of an image to find its copies: a small gray picture, a few places in it, what lies around them."""

import functools
from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Gray: TypeAlias = NDArray[Any]
"""uint8 (height, width)."""
Floats: TypeAlias = NDArray[np.float32]

LONGER_SIDE = 160
"""Pixels of the small picture's longer side; a die that fills a tenth of it still shows its pips."""
PLACES = 3
"""The middle, and up to two places where most happens: they move along when an image is shifted."""
ANGLES = 64
RINGS = 26
WINDOW = 22
INNER_RADIUS, OUTER_RADIUS = 3.0, 50.0
RING_RATIO = (OUTER_RADIUS / INNER_RADIUS) ** (1 / RINGS)
MIDDLE_SHIFT = (RINGS - WINDOW) // 2
"""Windows of rings shifted by this many see the content RING_RATIO ** shift times larger or smaller."""
QUERY_SHIFTS = (0, -2, -1, 1, 2)
PLACES_AT_OTHER_SCALES = 2
"""The middle and the busiest place are also looked for where an image was cropped or shrunk."""
TURN_FREQUENCIES = 17
"""Of ANGLES // 2 + 1: finer waves along the angle change how well two rings agree by less than a hundredth."""
FREQUENCIES = 8
BANDS = WINDOW // 2
"""Rings that a key tells apart: two neighbours together."""
KEY_LENGTH = FREQUENCIES * BANDS
MARKS = 200
"""Pixels with a gradient by which one image is laid over another, of the picture at half its size."""
HALF = LONGER_SIDE // 2
_CELL = 4
_LEAST_STEEPNESS = 0.5
_BUSY_WITHIN = 9
_SQUARE_3 = np.ones((3, 3), np.uint8)
_SQUARE_5 = np.ones((5, 5), np.uint8)
_SQUARE_9 = np.ones((9, 9), np.uint8)

RECORD = np.dtype(
    [
        ("picture", np.uint8, (LONGER_SIDE, LONGER_SIDE)),
        ("half", np.uint8, (HALF, HALF)),
        ("height", np.int16),
        ("width", np.int16),
        ("enlarged", np.float32),
        ("places", np.float32, (PLACES, 2)),
        ("rings", np.uint8, (PLACES, ANGLES, RINGS)),
        ("keys", np.float16, (len(QUERY_SHIFTS), PLACES, KEY_LENGTH)),
        ("found", np.int8),
        ("marks", np.uint8, (MARKS, 2)),
        ("slopes", np.float16, (MARKS, 2)),
        ("marked", np.int16),
    ]
)
"""One image. Pixels are 1 to 255 in `picture` and in `half` of its size, 0 where there is no image; (x, y) in `places`, `marks`, `slopes`."""


def shrunk(pixels: Gray) -> Gray:
    """Decoded pixels, uint8 (height, width) or (height, width, 3), with the longer side at LONGER_SIDE."""
    height, width = pixels.shape[:2]
    factor = LONGER_SIDE / max(height, width)
    size = (max(8, round(width * factor)), max(8, round(height * factor)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)


def fingerprint(record: NDArray[np.void], small: Gray, *, longer_side: int) -> None:
    """Fill in a RECORD of zeros for a shrunk image in gray, whose longer side was that many pixels."""
    smooth = cv2.blur(small, (3, 3))
    fill = _fill(small)
    half = _Half.of(smooth, fill)
    record["height"], record["width"] = height, width = small.shape
    record["enlarged"] = max(1.0, LONGER_SIDE / longer_side)
    np.maximum(smooth, 1, out=record["picture"][:height, :width])
    if fill is not None:
        record["picture"][:height, :width][fill > 0] = 0
    record["half"][: height // 2, : width // 2] = half.pixels
    places = [((width - 1) / 2, (height - 1) / 2), *_busy_places(half)]
    record["found"] = len(places)
    record["places"][: len(places)] = places
    rings = polar_samples(smooth, places)
    record["rings"][: len(places)] = rings
    record["keys"][:, : len(places)] = keys(rings.astype(np.float32))
    _mark(record, half)


def polar_samples(smooth: Gray, places: Any) -> Gray:
    """uint8 (places, ANGLES, RINGS): the picture around each place, rings at growing distances; it goes on as it ends."""
    xs, ys = np.asarray(places, np.float32).T[:, :, None]
    samples = cv2.remap(smooth, xs + _AROUND[0], ys + _AROUND[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return samples.reshape(-1, ANGLES, RINGS)


def spectra(samples: Floats) -> NDArray[np.complex64]:
    """The lowest of the Fourier transforms of each ring along the angle: (..., TURN_FREQUENCIES, RINGS)."""
    # Real numbers go in: their products with cosines and sines are half of what complex ones would cost.
    both = _COSINES_AND_SINES @ samples
    return np.asarray(both[..., : len(_WAVES), :] + 1j * both[..., len(_WAVES) :, :], np.complex64)


def windowed(transformed: NDArray[np.complex64], start: int) -> NDArray[np.complex64]:
    """A window of rings from `start` without their mean, each weighted by its area; (..., frequencies, WINDOW)."""
    window = transformed[..., start : start + WINDOW].copy()
    # The mean over angles and areas stands in the lowest frequency alone.
    window[..., 0, :] -= (window[..., 0, :] @ _AREAS)[..., None]
    window *= _ROOTS
    return window


def keys(samples: Floats) -> Floats:
    """(shifts, places, KEY_LENGTH), unit vectors; zeros for places that are not asked for at that shift.

    The magnitudes of a Fourier transform along the angle do not change when the image is rotated or mirrored.
    """
    # All of it is linear until the magnitudes are taken, so that each part is one product of matrices.
    real, imaginary = (part @ samples for part in _LOWEST)
    power = (real @ _TO_BANDS) ** 2 + (imaginary @ _TO_BANDS) ** 2
    power[:, 0] = (real[:, 0] @ _TO_BANDS_WITHOUT_MEAN) ** 2
    by_shift = power.reshape(len(samples), FREQUENCIES, len(QUERY_SHIFTS), BANDS).transpose(2, 0, 1, 3)
    made = np.sqrt(by_shift).reshape(len(QUERY_SHIFTS), len(samples), KEY_LENGTH)
    made /= np.sqrt(np.einsum("spk,spk->sp", made, made))[:, :, None] + 1e-6
    made[1:, PLACES_AT_OTHER_SCALES:] = 0
    return made


def _to_bands(*, without_mean: bool) -> Floats:
    """(RINGS, shifts * BANDS): from rings to the bands of a window of them for each of QUERY_SHIFTS."""
    every = []
    for shift in QUERY_SHIFTS:
        window = np.eye(RINGS, dtype=np.float32)[:, MIDDLE_SHIFT + shift :][:, :WINDOW]
        if without_mean:
            window = window - (window @ _AREAS)[:, None]
        every.append((window * _ROOTS).reshape(RINGS, BANDS, 2).sum(axis=2))
    return np.concatenate(every, axis=1)


_WAVES = np.exp(-2j * np.pi / ANGLES * np.outer(np.arange(TURN_FREQUENCIES), np.arange(ANGLES))).astype(np.complex64)
_COSINES_AND_SINES = np.concatenate([_WAVES.real, _WAVES.imag])
_AREAS = np.exp(np.arange(WINDOW) * np.log(RING_RATIO)).astype(np.float32)
_AREAS /= _AREAS.sum()
_ROOTS = np.sqrt(_AREAS)
_LOWEST = (np.ascontiguousarray(_WAVES[:FREQUENCIES].real), np.ascontiguousarray(_WAVES[:FREQUENCIES].imag))
_TO_BANDS, _TO_BANDS_WITHOUT_MEAN = _to_bands(without_mean=False), _to_bands(without_mean=True)
_RADII = INNER_RADIUS * RING_RATIO ** np.arange(RINGS)
_TURNS = 2 * np.pi / ANGLES * np.arange(ANGLES)
_AROUND = (
    np.stack([np.outer(np.cos(_TURNS), _RADII), np.outer(np.sin(_TURNS), _RADII)]).reshape(2, -1).astype(np.float32)
)


def _fill(small: Gray) -> Gray | None:
    """Black or white that reaches into the corners: what is left beside an image that was rotated or shifted."""
    fill = None
    corners = [int(small[y, x]) for y in (0, -1) for x in (0, -1)]
    for low, high in ((0, 6), (249, 255)):
        if not any(low <= corner <= high for corner in corners):
            continue
        _, areas = cv2.connectedComponents(cv2.inRange(small, low, high), connectivity=4)
        reached = {int(area) for area in areas[[0, 0, -1, -1], [0, -1, 0, -1]]} - {0}
        of_this = np.isin(areas, list(reached)).astype(np.uint8)
        fill = of_this if fill is None else fill | of_this
    return None if fill is None else cv2.dilate(fill, _SQUARE_5)


@dataclass(frozen=True)
class _Half:
    """The picture at half its size, 0 where it has no image, and how steep it is: per pixel across, down, and in all."""

    pixels: Gray
    across: NDArray[Any]
    down: NDArray[Any]
    slope: NDArray[Any]
    near_fill: Gray | None

    @classmethod
    def of(cls, smooth: Gray, fill: Gray | None) -> "_Half":
        """Of a blurred picture and where it was filled up."""
        size = (smooth.shape[1] // 2, smooth.shape[0] // 2)
        pixels = np.maximum(cv2.resize(smooth, size, interpolation=cv2.INTER_AREA), 1)
        across, down = (cv2.Sobel(pixels, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1)))
        slope, near_fill = cv2.magnitude(across, down), None
        if fill is not None:
            near_fill = cv2.resize(cv2.dilate(fill, _SQUARE_5), size, interpolation=cv2.INTER_NEAREST)
            pixels[cv2.resize(fill, size, interpolation=cv2.INTER_NEAREST) > 0] = 0
        return cls(pixels, across, down, slope, near_fill)


def _busy_places(half: _Half) -> list[tuple[float, float]]:
    busy = half.slope
    if half.near_fill is not None:
        busy = np.where(half.near_fill > 0, np.float32(0), busy)
    for _ in range(3):  # as good as Gauss's bell, at a fraction of its cost
        busy = cv2.blur(busy, (_BUSY_WITHIN, _BUSY_WITHIN))
    margin = max(2, min(busy.shape) // 10)
    inner = busy[margin:-margin, margin:-margin]
    ys, xs = np.nonzero(inner >= cv2.dilate(busy, _SQUARE_9)[margin:-margin, margin:-margin])
    strongest = np.argsort(-inner[ys, xs], kind="stable")[: PLACES - 1]
    return [(2.0 * float(xs[i] + margin) + 0.5, 2.0 * float(ys[i] + margin) + 0.5) for i in strongest]


def _mark(record: NDArray[np.void], half: _Half) -> None:
    """Note the steepest pixel of each cell, of the MARKS steepest cells, away from where the image ends."""
    slope = half.slope
    if half.near_fill is None:
        slope[[0, -1]] = slope[:, [0, -1]] = 0
    else:
        slope[cv2.erode(half.pixels, _SQUARE_3, borderType=cv2.BORDER_CONSTANT, borderValue=0) == 0] = 0
    cells = _cells(*slope.shape)
    of_cells = slope.ravel()[cells]
    best = of_cells.argmax(axis=1)
    each = np.arange(len(cells))
    steepness = of_cells[each, best]
    chosen = np.argsort(-steepness, kind="stable")[:MARKS]
    chosen = chosen[: np.count_nonzero(steepness[chosen] > _LEAST_STEEPNESS)]  # the steepest stand first
    pixels = cells[chosen, best[chosen]]
    count, marks, slopes = len(chosen), record["marks"], record["slopes"]
    record["marked"] = count
    marks[:count, 1], marks[:count, 0] = np.divmod(pixels, slope.shape[1])
    slopes[:count, 0], slopes[:count, 1] = half.across.ravel()[pixels], half.down.ravel()[pixels]


@functools.lru_cache(maxsize=64)
def _cells(height: int, width: int) -> NDArray[np.int64]:
    """Which pixels, counted row by row, are in each square of _CELL by _CELL: (cells, pixels)."""
    rows, columns = height // _CELL, width // _CELL
    pixels = np.arange(height * width).reshape(height, width)[: rows * _CELL, : columns * _CELL]
    squares = pixels.reshape(rows, _CELL, columns, _CELL).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(squares.reshape(rows * columns, _CELL * _CELL))
