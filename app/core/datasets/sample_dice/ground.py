"""The ground: its patterns, what is printed on it, and the shadows that fall on it."""

import math

import numpy as np

from app.core.datasets.sample_dice.scene import Lamp, Marking, Pattern, Shape, Surface
from app.core.datasets.sample_dice.textures import clouds, grains, looked_up, smooth, wave
from app.core.datasets.sample_dice.vectors import Floats, Rotation, Vector


def colour(surface: Surface, x: Floats, y: Floats) -> Floats:
    """What it reflects at places on the ground, as (3, places)."""
    cosine, sine = surface.turn
    along = (
        x * np.float32(cosine * surface.scale) + y * np.float32(sine * surface.scale) + np.float32(surface.offset[0])
    )
    across = (
        y * np.float32(cosine * surface.scale) - x * np.float32(sine * surface.scale) + np.float32(surface.offset[1])
    )
    share = _PATTERNS[surface.pattern](along, across)
    result = np.empty((3, *x.shape), dtype=np.float32)
    for channel, (first, second) in enumerate(zip(surface.first, surface.second, strict=True)):
        np.multiply(share, np.float32(second - first), out=result[channel])
        result[channel] += np.float32(first)
    return result


def marked(marking: Marking, ground: Floats, x: Floats, y: Floats, *, pixel: float) -> Floats:
    """The ground with the marking on it; its edge is as soft as a pixel (in lengths of the ground)."""
    cosine, sine = marking.turn
    distance = x * np.float32(cosine) + y * np.float32(sine) - np.float32(marking.distance)
    if marking.shape is Shape.RING:
        beside = x * np.float32(sine) - y * np.float32(cosine)
        distance = np.sqrt(distance * distance + beside * beside) - np.float32(marking.distance)
    if marking.shape is not Shape.HALF:
        distance = np.float32(marking.width / 2) - np.abs(distance)
    share = np.clip(distance * np.float32(1 / pixel) + np.float32(0.5), 0, 1)
    if not share.any():
        return ground
    covered: Floats = ground + share * (colour(marking.surface, x, y) - ground)
    return covered


class Caster:
    """A cube on the ground, as it keeps light away."""

    def __init__(self, rotation: Rotation, middle: Vector, rounding: float) -> None:
        inner = 1 - rounding
        self._edges = [
            (rotation[0][axis] * inner, rotation[1][axis] * inner, rotation[2][axis] * inner) for axis in range(3)
        ]
        self._middle = middle
        self._rounding = rounding

    def shadow(self, lamp: Lamp, x: Floats, y: Floats, *, pixel: float) -> Floats:
        """From 0 (light) to 1 (the lamp is hidden); the farther what hides it, the softer."""
        distance = self.beside(lamp.towards, x, y)
        flat = max(1e-3, math.sqrt(lamp.towards[0] * lamp.towards[0] + lamp.towards[1] * lamp.towards[1]))
        away = (x - np.float32(self._middle[0])) * np.float32(-lamp.towards[0] / flat)
        away -= (y - np.float32(self._middle[1])) * np.float32(lamp.towards[1] / flat)
        blocked_at = np.clip((away + 1) * np.float32(lamp.towards[2] / flat), np.float32(0.15), np.float32(2.2))
        width = blocked_at * np.float32(lamp.softness) + np.float32(pixel)
        return smooth(np.float32(0.5) - distance / (2 * width))

    def beside(self, towards: Vector, x: Floats, y: Floats) -> Floats:
        """The distance of places on the ground from the die's outline as seen along a direction; negative inside.

        Seen from anywhere a cube is a polygon whose sides are parallel to its edges: three strips that overlap.
        """
        shift = self._middle[2] / towards[2]
        around_x = x - np.float32(self._middle[0] - towards[0] * shift)
        around_y = y - np.float32(self._middle[1] - towards[1] * shift)
        flat = [(ex - towards[0] / towards[2] * ez, ey - towards[1] / towards[2] * ez) for ex, ey, ez in self._edges]
        distance = np.full(x.shape, np.float32(-1e3))
        for ex, ey in flat:
            length = math.sqrt(ex * ex + ey * ey)
            if length < 1e-4:
                continue
            across, along = -ey / length, ex / length
            (ax, ay), (bx, by), (cx, cy) = flat
            reach = abs(across * ax + along * ay) + abs(across * bx + along * by) + abs(across * cx + along * cy)
            strip = np.abs(around_x * np.float32(across) + around_y * np.float32(along)) - np.float32(reach)
            distance = np.maximum(distance, strip)
        return distance - np.float32(self._rounding)

    def closeness(self, x: Floats, y: Floats) -> Floats:
        """How much of the sky the die hides: from 0 far away to 0.75 beneath it."""
        away = np.maximum(self.beside((0.0, 0.0, 1.0), x, y) + np.float32(0.12), 0) * np.float32(1 / 0.55)
        hidden: Floats = np.float32(0.75) / (1 + away * away * (1 + away))
        return hidden


def _plain(x: Floats, y: Floats) -> Floats:
    return looked_up(clouds(), x, y)


def _paper(x: Floats, y: Floats) -> Floats:
    return wave(x * np.float32(1 / 512)) + np.float32(0.06) * (looked_up(grains(), x * 5, y * 5) - np.float32(0.5))


def _felt(x: Floats, y: Floats) -> Floats:
    fibres = looked_up(grains(), x * 3, y * np.float32(4.5))
    crossing = looked_up(grains(), y * 2 + x, x * np.float32(3.5) - y)
    cloth: Floats = (
        np.float32(0.35) * fibres + np.float32(0.3) * crossing + np.float32(0.35) * looked_up(clouds(), x, y)
    )
    return cloth


def _cloth(x: Floats, y: Floats) -> Floats:
    weave = wave(x * np.float32(0.5)) * wave(y * np.float32(0.5))
    odd = wave(x * np.float32(0.5) + np.float32(0.5)) * wave(y * np.float32(0.5) + np.float32(0.5))
    return np.float32(0.55) * (weave + odd) + np.float32(0.35) * looked_up(grains(), x * 2, y * 2)


def _wood(x: Floats, y: Floats) -> Floats:
    # Boards are cut along the trunk: long grain that wanders slowly, wider here and narrower there, with fine pores.
    bent = y + 22 * looked_up(clouds(), x * np.float32(0.1), y * np.float32(0.3))
    rings = looked_up(clouds(), bent * np.float32(1.3) + 7, x * np.float32(0.04))
    streaks = looked_up(grains(), x * np.float32(0.12), bent * np.float32(1.7))
    pores = looked_up(grains(), x * np.float32(0.5), y * 4)
    grain: Floats = rings * np.float32(0.7) + streaks * np.float32(0.25) + pores * np.float32(0.15) - np.float32(0.05)
    return grain


def _marble(x: Floats, y: Floats) -> Floats:
    bent = looked_up(clouds(), x, y)
    vein = np.abs(looked_up(clouds(), x * np.float32(0.5) + 20 * bent, y * np.float32(0.5)) - np.float32(0.5))
    return 1 - smooth(vein * 7)


def _stone(x: Floats, y: Floats) -> Floats:
    speckles = looked_up(grains(), x * 2, y * 2) * looked_up(grains(), x + 90, y)
    return smooth(speckles * np.float32(2.2) - np.float32(0.35)) * np.float32(0.8) + np.float32(0.2) * looked_up(
        clouds(), x, y
    )


_PATTERNS = {
    Pattern.PLAIN: _plain,
    Pattern.PAPER: _paper,
    Pattern.FELT: _felt,
    Pattern.CLOTH: _cloth,
    Pattern.WOOD: _wood,
    Pattern.MARBLE: _marble,
    Pattern.STONE: _stone,
}
