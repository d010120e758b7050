"""A die: which value lies on which side, where its pips are, how it lies on a table.

A die is a cube with sides of length 2 about its own origin, its edges rounded. Opposite faces add up to seven, and 1, 2
and 3 run counter-clockwise about their common corner, as on dice of the West.
"""

import numpy as np

from app.core.datasets.sample_dice.vectors import Rotation, Vector, after, dot

FACES = (1, 6, 2, 5, 3, 4)
"""The values on the sides +x, -x, +y, -y, +z, -z."""

_PATTERNS = {
    1: ("...", ".*.", "..."),
    2: ("*..", "...", "..*"),
    3: ("*..", ".*.", "..*"),
    4: ("*.*", "...", "*.*"),
    5: ("*.*", ".*.", "*.*"),
    6: ("*.*", "*.*", "*.*"),
}
PIPS = np.array([[[spot == "*" for spot in row] for row in _PATTERNS[value]] for value in FACES])
"""(side, row, column): whether a pip is at that place of a side's three by three."""

_TO_TOP: dict[int, Rotation] = {
    0: ((0, 1, 0), (0, 0, 1), (1, 0, 0)),
    1: ((0, -1, 0), (0, 0, 1), (-1, 0, 0)),
    2: ((0, 0, 1), (1, 0, 0), (0, 1, 0)),
    3: ((0, 0, -1), (1, 0, 0), (0, -1, 0)),
    4: ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    5: ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
}
"""The rotation that brings a side to the top."""


def lying(value: int, *, turn: tuple[float, float], tilt: tuple[float, float, float]) -> Rotation:
    """The rotation of a die that shows `value` on top, turned about the vertical, then tilted.

    `tilt` is the cosine and sine of the horizontal axis it is tilted about, and the tangent of half the angle.
    """
    cosine, sine = turn
    turned: Rotation = ((cosine, -sine, 0.0), (sine, cosine, 0.0), (0.0, 0.0, 1.0))
    return after(_tilted(*tilt), after(turned, _TO_TOP[FACES.index(value)]))


def top_value(rotation: Rotation, towards: Vector = (0.0, 0.0, 1.0)) -> int:
    """The value of the side that points most in a direction."""
    columns = [(rotation[0][axis], rotation[1][axis], rotation[2][axis]) for axis in range(3)]
    heights = [sign * dot(column, towards) for column in columns for sign in (1, -1)]
    return FACES[heights.index(max(heights))]


def resting_height(rotation: Rotation, rounding: float) -> float:
    """How high the middle of a die is that touches the table."""
    x, y, z = rotation[2]
    return (1 - rounding) * (abs(x) + abs(y) + abs(z)) + rounding


def _tilted(x: float, y: float, half: float) -> Rotation:
    # Rodrigues' formula with the angle as the tangent of its half, which needs no sine.
    cosine = (1 - half * half) / (1 + half * half)
    sine = 2 * half / (1 + half * half)
    rest = 1 - cosine
    return (
        (cosine + x * x * rest, x * y * rest, y * sine),
        (x * y * rest, cosine + y * y * rest, -x * sine),
        (-y * sine, x * sine, cosine),
    )
