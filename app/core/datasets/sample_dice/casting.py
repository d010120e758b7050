"""Which scenes and shots there are: everything is drawn from (seed, scene, shot), so each can be made on its own."""

import math
from functools import lru_cache

from app.core.datasets.sample_dice.colourings import COLOURINGS, Finish, linear
from app.core.datasets.sample_dice.die import lying
from app.core.datasets.sample_dice.draws import Draws
from app.core.datasets.sample_dice.scene import (
    Body,
    Lamp,
    Lighting,
    Marking,
    Optics,
    Pattern,
    Scene,
    Shape,
    Shot,
    Surface,
)
from app.core.datasets.sample_dice.vectors import Vector, mixed, scaled, times, unit

_SCENE, _SHOT, _SENSOR, _ORDER = range(4)
_PATTERNS = (
    *(Pattern.FELT,) * 4,
    *(Pattern.WOOD,) * 3,
    *(Pattern.PAPER,) * 2,
    *(Pattern.CLOTH,) * 2,
    Pattern.PLAIN,
    Pattern.MARBLE,
    Pattern.STONE,
)
_FELTS = (
    (0.02, 0.30, 0.20),
    (0.02, 0.42, 0.30),
    (0.45, 0.05, 0.09),
    (0.06, 0.16, 0.42),
    (0.16, 0.16, 0.18),
    (0.30, 0.10, 0.35),
)
_WOODS = ((0.74, 0.58, 0.40), (0.55, 0.36, 0.21), (0.36, 0.22, 0.13), (0.83, 0.74, 0.61), (0.66, 0.62, 0.57))
_PAPERS = ((0.93, 0.92, 0.89), (0.80, 0.78, 0.72), (0.62, 0.65, 0.70), (0.25, 0.27, 0.31), (0.86, 0.80, 0.68))
_LEAST_HEIGHT = 0.75
"""Sine of the camera's least height: from there on the side on top is also the one that faces the camera most."""


@lru_cache(maxsize=64)
def scene(seed: int, number: int) -> Scene:
    """The scene of this number; the colourings come in turn, in an order of the seed's own."""
    draws = Draws(seed, _SCENE, number)
    turn, place = divmod(number, len(COLOURINGS))
    colouring = Draws(seed, _ORDER, turn).shuffled(COLOURINGS)[place]
    is_clear = colouring.finish is Finish.CLEAR
    # Casino dice are cut sharp with flush pips; others are round with hollow ones.
    is_sharp = draws.chance(0.8 if is_clear else 0.3)
    body = Body(
        colouring=colouring,
        rounding=draws.uniform(0.04, 0.1) if is_sharp else draws.uniform(0.14, 0.38),
        pip_radius=draws.uniform(0.2, 0.27) if is_sharp else draws.uniform(0.14, 0.22),
        pip_distance=draws.uniform(0.53, 0.63) if is_sharp else draws.uniform(0.44, 0.54),
        pip_depth=0.0 if is_sharp else draws.uniform(0.25, 0.7),
        gloss=draws.uniform(0.2, 0.5) if colouring.finish is Finish.WOOD else draws.uniform(0.6, 1.0),
        density=draws.uniform(0.7, 4.0),
        grain=(draws.uniform(0, 256), draws.uniform(0, 256), draws.uniform(0, 256)),
        is_printed=is_sharp and draws.chance(0.7 if is_clear else 0.15),
        frost=draws.uniform(0.2, 1.0) if is_clear and draws.chance(0.6) else 0.0,
    )
    return Scene(number, body, _surface(draws), _marking(draws), _lighting(draws), _optics(draws))


def shot(seed: int, scene_number: int, number: int, value: int) -> Shot:
    """The shot of this number in a scene: a die that shows `value`, anyhow turned, from above, from anywhere."""
    draws = Draws(seed, _SHOT, scene_number, number)
    tilt = draws.uniform(0.01, 0.09) if draws.chance(0.12) else 0.0
    rotation = lying(value, turn=draws.turn(), tilt=(*draws.turn(), tilt))
    low = _LEAST_HEIGHT + 2 * tilt if draws.chance(0.55) else 0.93
    sine = draws.uniform(low, 1.0)
    flat = math.sqrt(1 - sine * sine)
    azimuth = draws.turn()
    return Shot(
        value=value,
        rotation=rotation,
        place=(draws.uniform(-6, 6), draws.uniform(-6, 6)),
        towards_camera=(flat * azimuth[0], flat * azimuth[1], sine),
        roll=draws.turn() if draws.chance(0.6) else (1.0, 0.0),
        distance=draws.uniform(5.5, 9) if draws.chance(0.4) else draws.uniform(9, 30),
        fill=draws.uniform(0.8, 1.03) if draws.chance(0.7) else draws.uniform(0.5, 0.8),
        shift=(draws.uniform(-0.8, 0.8), draws.uniform(-0.8, 0.8)),
        noise=(seed, _SENSOR, scene_number, number),
    )


def _surface(draws: Draws) -> Surface:
    pattern = draws.choice(_PATTERNS)
    if pattern is Pattern.FELT:
        first, contrast = draws.choice(_FELTS), draws.uniform(0.35, 0.65)
    elif pattern is Pattern.WOOD:
        first, contrast = draws.choice(_WOODS), draws.uniform(0.35, 0.75)
    elif pattern is Pattern.PAPER:
        first, contrast = draws.choice(_PAPERS), draws.uniform(0.55, 0.9)
    else:
        first, contrast = _any_colour(draws), draws.uniform(0.4, 0.85)
    light = linear(first)
    return Surface(
        pattern=pattern,
        first=scaled(light, contrast),
        second=scaled(light, 1.15),
        scale=draws.uniform(4.0, 8.0),
        turn=draws.turn(),
        offset=(draws.uniform(0, 256), draws.uniform(0, 256)),
    )


def _any_colour(draws: Draws) -> Vector:
    gray = draws.uniform(0.15, 0.95)
    hue = (draws.uniform(0.1, 0.95), draws.uniform(0.1, 0.95), draws.uniform(0.1, 0.95))
    return mixed((gray, gray, gray), hue, draws.uniform(0.1, 0.8))


def _marking(draws: Draws) -> Marking | None:
    if not draws.chance(0.35):
        return None
    return Marking(
        shape=draws.choice(tuple(Shape)),
        turn=draws.turn(),
        distance=draws.uniform(1.0, 6.0),
        width=draws.uniform(0.2, 1.2),
        surface=_surface(draws),
    )


def _lighting(draws: Draws) -> Lighting:
    warmth = draws.uniform(-1, 1)
    tint: Vector = (1 + 0.12 * warmth, 1.0, 1 - 0.16 * warmth)
    softness = draws.uniform(0.04, 0.2) if draws.chance(0.4) else draws.uniform(0.2, 0.9)
    key = Lamp(_from_above(draws, 0.4), scaled(tint, draws.uniform(0.8, 2.4)), softness)
    second = draws.uniform(0.15, 0.8) if draws.chance(0.5) else 0.0
    fill = Lamp(_from_above(draws, 0.35), scaled((1.0, 1.0, 1.03), second), draws.uniform(0.2, 0.9))
    sky = scaled(times((1.0, 1.0, 1.02), tint), draws.uniform(0.25, 0.7))
    window = draws.uniform(3.0, 12.0) if draws.chance(0.25) else draws.uniform(0.0, 2.0)
    return Lighting((key, fill), sky, _from_above(draws, 0.6), window)


def _from_above(draws: Draws, least_height: float) -> Vector:
    height = draws.uniform(least_height, 0.98)
    x, y = draws.turn()
    flat = math.sqrt(1 - height * height)
    return unit((x * flat, y * flat, height))


def _optics(draws: Draws) -> Optics:
    return Optics(
        blur=draws.uniform(0.3, 0.9) if draws.chance(0.75) else draws.uniform(0.9, 1.9),
        sharpening=draws.uniform(0.2, 1.5) if draws.chance(0.5) else 0.0,
        noise=draws.uniform(0.004, 0.018) if draws.chance(0.8) else draws.uniform(0.018, 0.04),
        vignetting=draws.uniform(0.0, 0.25),
        exposure=draws.uniform(0.75, 1.9),
        contrast=draws.uniform(0.95, 1.5),
        balance=(draws.uniform(0.94, 1.06), 1.0, draws.uniform(0.94, 1.06)),
    )
