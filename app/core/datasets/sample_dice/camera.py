"""A camera with perspective that looks down on a die."""

from dataclasses import dataclass

import numpy as np

from app.core.datasets.sample_dice.scene import Shot
from app.core.datasets.sample_dice.vectors import (
    Floats,
    Rotation,
    Vector,
    added,
    applied,
    cross,
    dot,
    scaled,
    transposed,
    unit,
)

_CORNERS = [(x, y, z) for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)]


@dataclass(frozen=True)
class Camera:
    """Where it is, its axes in the world (right, down, ahead), its focal length and the axis' place, in pixels."""

    eye: Vector
    axes: Rotation
    focal: float
    middle: tuple[float, float]

    def directions(self, rows: Floats, columns: Floats, *, seen_from: Rotation | None = None) -> Floats:
        """Rays through (row, column) places, as (3, rows, columns); the component ahead of the camera is 1.

        In the world's axes, or in those of something rotated by `seen_from`.
        """
        right, down, ahead = self.axes
        if seen_from is not None:
            back = transposed(seen_from)
            right, down, ahead = applied(back, right), applied(back, down), applied(back, ahead)
        across = (columns - np.float32(self.middle[1])) * np.float32(1 / self.focal)
        along = (rows - np.float32(self.middle[0])) * np.float32(1 / self.focal)
        rays = np.empty((3, len(rows), len(columns)), dtype=np.float32)
        for axis in range(3):
            line = along * np.float32(down[axis]) + np.float32(ahead[axis])
            np.add.outer(line, across * np.float32(right[axis]), out=rays[axis])
        return rays

    def seen(self, point: Vector) -> tuple[float, float]:
        """(row, column) of a point."""
        right, down, ahead = (dot(axis, added(point, scaled(self.eye, -1))) for axis in self.axes)
        return self.middle[0] + self.focal * down / ahead, self.middle[1] + self.focal * right / ahead


def corners(shot: Shot, middle: Vector) -> list[Vector]:
    """The corners of the die's cube in the world."""
    return [added(middle, applied(shot.rotation, corner)) for corner in _CORNERS]


def placed(shot: Shot, middle: Vector, *, height: int, width: int) -> Camera:
    """The camera of a shot of a die with its middle there, in a frame of this size."""
    ahead = scaled(shot.towards_camera, -1)
    eye = added(middle, scaled(shot.towards_camera, shot.distance))
    level = (0.0, 1.0, 0.0) if abs(ahead[2]) > 0.999 else (0.0, 0.0, 1.0)
    right = unit(cross(ahead, level))
    down = cross(ahead, right)
    cosine, sine = shot.roll
    axes = (
        added(scaled(right, cosine), scaled(down, sine)),
        added(scaled(right, -sine), scaled(down, cosine)),
        ahead,
    )
    points = [Camera(eye, axes, 1.0, (0.0, 0.0)).seen(corner) for corner in corners(shot, middle)]
    lows = [min(point[axis] for point in points) for axis in range(2)]
    highs = [max(point[axis] for point in points) for axis in range(2)]
    spans = [high - low for low, high in zip(lows, highs, strict=True)]
    focal = shot.fill * min(height / spans[0], width / spans[1])
    centre = [
        size / 2 + shift * (size - focal * span) / 2 - focal * (low + high) / 2
        for size, shift, span, low, high in zip((height, width), shot.shift, spans, lows, highs, strict=True)
    ]
    return Camera(eye, axes, focal, (centre[0], centre[1]))


def outline(camera: Camera, points: list[Vector], *, height: int, width: int) -> tuple[slice, slice]:
    """The rows and columns of the frame that hold these points."""
    places = [camera.seen(point) for point in points]
    bounds = []
    for axis, size in enumerate((height, width)):
        low = min(place[axis] for place in places)
        high = max(place[axis] for place in places)
        bounds.append(slice(max(0, min(size, int(low) - 1)), max(0, min(size, int(high) + 2))))
    return bounds[0], bounds[1]
