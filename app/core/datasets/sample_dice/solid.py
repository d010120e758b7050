"""Where rays meet a cube with rounded edges."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.datasets.sample_dice.vectors import Floats, Vector

STEPS = 4
_LEVEL = np.float32(1e-6)
_CLOSE = 0.03
"""Of the rounding's radius: as near as rays that graze it come in so many steps."""


@dataclass(frozen=True)
class Meeting:
    """The rays (flat indices) that meet the body; there: the points, the outward normals and the rays, as (3, hits)."""

    rays: NDArray[np.intp]
    points: Floats
    normals: Floats
    directions: Floats


def meet(eye: Vector, directions: Floats, rounding: float) -> Meeting:
    """Follow rays from the eye (in the cube's axes; directions are (3, rays)) to a cube from -1 to 1.

    Each ray first enters the cube with sharp edges. Where that is on a flat part of a side, it has arrived; elsewhere
    Newton's steps along the ray reach the rounding: the distance to a convex body is convex along a ray, so they come
    closer from outside and never overshoot.
    """
    origin = np.array(eye, dtype=np.float32)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1 / directions
        near = (-1 - origin) * inverse
        far = (1 - origin) * inverse
    enter, leave = np.minimum(near, far), np.maximum(near, far)
    entry = np.maximum(np.maximum(enter[0], enter[1]), enter[2])
    exit_ = np.minimum(np.minimum(leave[0], leave[1]), leave[2])
    rays = np.flatnonzero((entry < exit_) & (entry > 0))
    directions = directions.take(rays, axis=1)
    points = directions * entry.take(rays)
    points += origin
    x, y, z = np.abs(points) > np.float32(1 - rounding)
    rounded = np.flatnonzero((x & y) | (y & z) | (z & x))
    if len(rounded):
        reached, misses = _refined(points.take(rounded, axis=1), directions.take(rounded, axis=1), rounding)
        for axis in range(3):
            points[axis][rounded] = reached[axis]
        if len(misses):
            met = np.ones(len(rays), dtype=bool)
            met[rounded.take(misses)] = False
            kept = np.flatnonzero(met)
            rays, points, directions = rays.take(kept), points.take(kept, axis=1), directions.take(kept, axis=1)
    return Meeting(rays, points, _normals(points, rounding), directions)


def _normals(points: Floats, rounding: float) -> Floats:
    normals = np.copysign(np.maximum(np.abs(points) - np.float32(1 - rounding), 0), points)
    normals /= np.sqrt(normals[0] * normals[0] + normals[1] * normals[1] + normals[2] * normals[2])
    return normals


def _refined(points: Floats, directions: Floats, rounding: float) -> tuple[Floats, NDArray[np.intp]]:
    """The points moved along their rays to the rounding, and the indices of those that pass it by."""
    # A ray comes to the rounding in the part of space where it entered: mirrored there, no sign has to be looked after.
    signs = np.copysign(np.float32(1), points)
    points, directions = points * signs, directions * signs
    inner, radius = np.float32(1 - rounding), np.float32(rounding)
    for _ in range(STEPS):
        outward, length = _beside(points, inner)
        outward *= directions
        slope = outward[0] + outward[1] + outward[2]
        # A ray that moves away from the body has passed it.
        step = np.where(slope < -_LEVEL, (radius - length) * length, 0) / np.minimum(slope, -_LEVEL)
        points += step * directions
    # Those that left that part of space have missed, too.
    _, length = _beside(np.abs(points), inner)
    return points * signs, np.flatnonzero(length >= np.float32(rounding * (1 + _CLOSE)))


def _beside(points: Floats, inner: np.float32) -> tuple[Floats, Floats]:
    """How far points are outside of the cube without its rounding, along each axis and altogether."""
    outward = points - inner
    np.maximum(outward, 0, out=outward)
    return outward, np.sqrt(outward[0] * outward[0] + outward[1] * outward[1] + outward[2] * outward[2])
