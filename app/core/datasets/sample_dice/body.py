"""How a die looks where a ray meets it: pips, light, gloss, and what is seen through a clear one.

Everything is in the die's own axes; light is linear.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.datasets.sample_dice.colourings import Finish, linear
from app.core.datasets.sample_dice.die import FACES, PIPS
from app.core.datasets.sample_dice.scene import Body, Lighting
from app.core.datasets.sample_dice.solid import Meeting
from app.core.datasets.sample_dice.textures import clouds, grains, looked_up, smooth
from app.core.datasets.sample_dice.vectors import (
    Floats,
    Rotation,
    Vector,
    applied,
    dot,
    mixed,
    scaled,
    times,
    transposed,
)

_PIPS = PIPS.reshape(-1).astype(np.float32)
_REFRACTION = 1 / 1.5
_MIRRORED = {Finish.WOOD: 0.02, Finish.METAL: 0.55}


@dataclass(frozen=True)
class Surroundings:
    """What reaches the die: the light of the scene and the ground's colour, in the die's axes."""

    up: Vector
    height: float
    lamps: tuple[tuple[Vector, Vector, float], ...]
    sky: Vector
    ground: Vector
    window: Vector
    window_light: float

    @classmethod
    def around(cls, rotation: Rotation, height: float, lighting: Lighting, ground: Vector) -> "Surroundings":
        """Seen by a die that is rotated like this, its middle at a height."""
        back = transposed(rotation)
        lamps = tuple((applied(back, lamp.towards), lamp.colour, lamp.softness) for lamp in lighting.lamps)
        lit = times(ground, mixed(lighting.sky, lighting.lamps[0].colour, 0.4))
        return cls(
            (rotation[2][0], rotation[2][1], rotation[2][2]),
            height,
            lamps,
            lighting.sky,
            lit,
            applied(back, lighting.window),
            lighting.window_light,
        )


@dataclass(frozen=True)
class _Spots:
    """The side that each point lies on, and how much of a pip is there (0 to 1), with the offset from its middle."""

    side: NDArray[np.int32]
    share: Floats
    offset: Floats


def shaded(body: Body, meeting: Meeting, around: Surroundings) -> Floats:
    """The light that comes from each meeting point to the eye, as (3, points)."""
    spots = _spots(body, meeting.points)
    normals = _dented(meeting.normals, spots, body) if body.pip_depth else meeting.normals
    length = np.sqrt(_dot(meeting.directions, meeting.directions))
    rays = meeting.directions / length
    facing = -_dot(rays, normals)
    mirrored = rays + 2 * facing * normals
    marks = _print(meeting.points, spots) if body.is_printed else np.zeros_like(facing)
    light = _albedo(body, meeting.points, spots, marks) * _arriving(meeting.points, normals, around)
    if body.colouring.finish is Finish.CLEAR:
        inside = _through(body, meeting, rays, around)
        flat = np.abs(meeting.normals).max(axis=0)
        frosted = smooth((1 - flat) * 8) * np.float32(0.6 * body.frost)
        light = inside + np.maximum(spots.share, np.maximum(marks, frosted)) * (light - inside)
    fresnel = _fresnel(facing, _MIRRORED.get(body.colouring.finish, 0.04))
    if body.colouring.finish is Finish.METAL:
        fresnel = fresnel * (1 - spots.share)
    return light * (1 - fresnel) + fresnel * _mirror(mirrored, around, body.gloss)


def _spots(body: Body, points: Floats) -> _Spots:
    x, y, z = points
    along_x, along_y, along_z = np.abs(points)
    on_z = along_z > np.maximum(along_x, along_y)
    on_x = (along_x > along_y) & ~on_z
    offset = np.empty((2, points.shape[1]), dtype=np.float32)
    offset[0] = np.where(on_x, y, np.where(on_z, x, z))
    offset[1] = np.where(on_x, z, np.where(on_z, y, x))
    outward = np.where(on_x, x, np.where(on_z, z, y))
    side = np.where(on_x, np.int32(0), np.where(on_z, np.int32(4), np.int32(2))) + (outward < 0)
    places = np.clip(np.rint(offset * np.float32(1 / body.pip_distance)), -1, 1)
    offset -= places * np.float32(body.pip_distance)
    row, column = places.astype(np.int32)
    is_pip = _PIPS.take(side * 9 + (row * 3 + column + 4))
    radius = np.sqrt(offset[0] * offset[0] + offset[1] * offset[1])
    share = np.clip((np.float32(body.pip_radius) - radius) * 40 + np.float32(0.5), 0, 1) * is_pip
    offset *= np.float32(1 / body.pip_radius)
    return _Spots(side, share, offset)


def _dented(normals: Floats, spots: _Spots, body: Body) -> Floats:
    """A pip is a hollow: its walls lean towards its middle."""
    hollow = np.flatnonzero(spots.share)
    if not len(hollow):
        return normals
    axis = spots.side.take(hollow) // 2
    part = normals.take(hollow, axis=1)
    leaning = np.float32(body.pip_depth) * spots.offset.take(hollow, axis=1)
    for number in range(3):
        first, second = axis == (number + 2) % 3, axis == (number + 1) % 3
        part[number] -= np.where(first, leaning[0], np.where(second, leaning[1], np.float32(0)))
    part /= np.sqrt(_dot(part, part))
    bent = normals.copy()
    for number in range(3):
        bent[number][hollow] = part[number]
    return bent


def _albedo(body: Body, points: Floats, spots: _Spots, marks: Floats) -> Floats:
    colouring = body.colouring
    base: Floats = np.array(linear(colouring.body), dtype=np.float32)[:, None]
    if colouring.finish in {Finish.MARBLED, Finish.WOOD}:
        base = base * _swirls(body, points)
    pips = np.array(linear(colouring.pips), dtype=np.float32)[:, None]
    if colouring.one is not None:
        one = np.array(linear(colouring.one), dtype=np.float32)[:, None]
        pips = np.where(spots.side == FACES.index(1), one, pips)
    if colouring.finish is Finish.CLEAR:
        # Light that comes out of a clear body's scratches and edges is hardly tinted.
        base = base * np.float32(0.5) + np.float32(0.4)
    base = base + marks * (np.float32(0.5) - base)
    return base + spots.share * (pips - base)


def _swirls(body: Body, points: Floats) -> Floats:
    x, y, z = (points[axis] * np.float32(18) + np.float32(body.grain[axis]) for axis in range(3))
    if body.colouring.finish is Finish.WOOD:
        fine = looked_up(grains(), x * np.float32(0.4), (y + z) * np.float32(2.5))
        return np.float32(0.72) + np.float32(0.25) * fine + np.float32(0.3) * looked_up(clouds(), x, (y + z) * 3)
    bent = looked_up(clouds(), x + z, y - z)
    return np.float32(0.6) + np.float32(3.2) * smooth(looked_up(clouds(), x + 40 * bent, y + z) * 2 - np.float32(0.75))


def _print(points: Floats, spots: _Spots) -> Floats:
    """Small print about the middle of a side, as casinos put on theirs."""
    axis = spots.side // 2
    x, y, z = points
    on_x, on_y = axis == 0, axis == 1
    u, v = np.where(on_x, y, np.where(on_y, z, x)), np.where(on_x, z, np.where(on_y, x, y))
    radius = np.sqrt(u * u + v * v)
    is_ring = (spots.side == FACES.index(1)) & (np.abs(radius - np.float32(0.44)) < np.float32(0.12))
    is_sign = (
        (spots.side != FACES.index(1)) & (spots.side < 6) & (np.maximum(np.abs(u), np.abs(v) * 2) < np.float32(0.3))
    )
    letters = looked_up(grains(), u * 11 + spots.side * 20, v * 11) > np.float32(0.42)
    marks: Floats = ((is_ring | is_sign) & letters).astype(np.float32)
    return marks


def _arriving(points: Floats, normals: Floats, around: Surroundings) -> Floats:
    """Diffuse light: from the sky above, back from the ground, from each lamp where it shines; (3, points)."""
    upwards = _along(normals, around.up) * np.float32(0.5) + np.float32(0.5)
    height = _along(points, around.up) + np.float32(around.height)
    open_ = np.minimum(np.float32(0.35) + height * np.float32(0.5), 1)
    open_ += upwards * (1 - open_)
    lit = [np.maximum(_along(normals, towards), 0) for towards, _, _ in around.lamps]
    result = np.empty_like(normals)
    for channel in range(3):
        light = upwards * np.float32(around.sky[channel] - around.ground[channel]) + np.float32(around.ground[channel])
        light *= open_
        for shining, (_, colour, _) in zip(lit, around.lamps, strict=True):
            light += shining * np.float32(colour[channel])
        result[channel] = light
    return result


def _mirror(mirrored: Floats, around: Surroundings, gloss: float) -> Floats:
    """What a glossy body mirrors: sky and ground, the lamps, a window."""
    upwards = smooth(_along(mirrored, around.up) * 2 + np.float32(0.5))
    glare = np.zeros_like(upwards)
    for towards, colour, softness in around.lamps:
        width = 0.02 + 0.1 * softness + 0.25 * (1 - gloss)
        lobe = np.clip((_along(mirrored, towards) - np.float32(1 - width)) * np.float32(1 / width), 0, 1)
        glare += lobe * lobe * np.float32(max(colour) * min(0.35 / width, 8.0))
    pane = np.clip((_along(mirrored, around.window) - np.float32(0.8)) * np.float32(10), 0, 1)
    glare += pane * np.float32(around.window_light)
    return np.stack(
        [
            glare
            + upwards * np.float32(around.sky[channel] - around.ground[channel])
            + np.float32(around.ground[channel])
            for channel in range(3)
        ]
    )


def _fresnel(facing: Floats, head_on: float) -> Floats:
    # Schlick's approximation.
    rest = 1 - np.clip(facing, 0, 1)
    square = rest * rest
    return np.float32(head_on) + np.float32(1 - head_on) * square * square * rest


def _through(body: Body, meeting: Meeting, rays: Floats, around: Surroundings) -> Floats:
    """What is seen inside a clear body: the far side, its pips from behind, tinted by the way through."""
    bent = _refracted(rays, meeting.normals)
    with np.errstate(divide="ignore", invalid="ignore"):
        way = np.where(bent == 0, np.float32(1e3), (np.copysign(np.float32(1), bent) - meeting.points) / bent)
    length = np.maximum(np.minimum(np.minimum(way[0], way[1]), way[2]), 0)
    ends = meeting.points + length * bent
    spots = _spots(body, ends)
    glow = _glow(ends, spots.side, around)
    tint, pips = linear(body.colouring.body), linear(body.colouring.pips)
    result: Floats = np.empty_like(ends)
    for channel in range(3):
        light = around.sky[channel] + around.lamps[0][1][channel]
        seen = glow * np.float32(light)
        seen += spots.share * (np.float32(0.3 * pips[channel] * light) - seen)
        # Each length of the way takes the same part of the light; 1 / (1 + x)² follows the exponential closely.
        thinned = 1 + length * np.float32(body.density * (1 / math.sqrt(max(tint[channel], 0.004)) - 1) / 4)
        result[channel] = seen / (thinned * thinned) + np.float32(0.03 * tint[channel] * light)
    return result


def _refracted(rays: Floats, normals: Floats) -> Floats:
    into = -_dot(rays, normals)
    beyond = np.sqrt(np.maximum(1 - np.float32(_REFRACTION * _REFRACTION) * (1 - into * into), 0))
    return np.float32(_REFRACTION) * rays + (np.float32(_REFRACTION) * into - beyond) * normals


def _glow(ends: Floats, side: NDArray[np.int32], around: Surroundings) -> Floats:
    """How bright each place of the far sides is from inside: light gathers at the foot that is turned off the lamp."""
    towards = around.lamps[0][0]
    level = scaled(around.up, -dot(towards, around.up))
    flat = (towards[0] + level[0], towards[1] + level[1], towards[2] + level[2])
    sides = []
    for number in range(6):
        sign = 1 - 2 * (number % 2)
        upward, lit = sign * around.up[number // 2], sign * towards[number // 2]
        sides.append(0.22 + 0.16 * upward + 0.55 * max(0.0, -lit) * (1 - abs(upward)))
    away = -_along(ends, flat) * np.float32(1.3)
    low = np.float32(1.1) - (_along(ends, around.up) + np.float32(around.height))
    gathered = smooth(away - np.float32(0.15)) * smooth(low)
    x, y, z = np.abs(ends)
    edge = smooth((x + y + z) * 2 - np.float32(4.4))
    return np.array(sides, dtype=np.float32).take(side) + np.float32(1.1) * gathered + np.float32(0.15) * edge


def _dot(a: Floats, b: Floats) -> Floats:
    product: Floats = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    return product


def _along(a: Floats, direction: Vector) -> Floats:
    x, y, z = direction
    product: Floats = a[0] * np.float32(x) + a[1] * np.float32(y) + a[2] * np.float32(z)
    return product
