"""Arithmetic of three numbers in plain floats: few of them are needed for a picture, and they must be exact."""

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
"""Always float32: numbers beside an array are Python's or float32 themselves. NumPy's types cannot follow that."""

Vector: TypeAlias = tuple[float, float, float]
Rotation: TypeAlias = tuple[Vector, Vector, Vector]
"""The rows of a rotation matrix."""


def dot(a: Vector, b: Vector) -> float:
    """The inner product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    """The outer product."""
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def scaled(a: Vector, factor: float) -> Vector:
    """The vector times a number."""
    return (a[0] * factor, a[1] * factor, a[2] * factor)


def added(a: Vector, b: Vector) -> Vector:
    """The sum."""
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def times(a: Vector, b: Vector) -> Vector:
    """The product, component by component: light on a colour."""
    return (a[0] * b[0], a[1] * b[1], a[2] * b[2])


def mixed(a: Vector, b: Vector, share: float) -> Vector:
    """Between a (share 0) and b (share 1)."""
    return added(scaled(a, 1 - share), scaled(b, share))


def unit(a: Vector) -> Vector:
    """The direction of it."""
    return scaled(a, 1 / math.sqrt(dot(a, a)))


def applied(rotation: Rotation, a: Vector) -> Vector:
    """The rotated vector."""
    return (dot(rotation[0], a), dot(rotation[1], a), dot(rotation[2], a))


def transposed(rotation: Rotation) -> Rotation:
    """The rotation back."""
    (a, b, c), (d, e, f), (g, h, i) = rotation
    return ((a, d, g), (b, e, h), (c, f, i))


def after(second: Rotation, first: Rotation) -> Rotation:
    """One rotation, then another, as one."""
    columns = transposed(first)
    return (
        (dot(second[0], columns[0]), dot(second[0], columns[1]), dot(second[0], columns[2])),
        (dot(second[1], columns[0]), dot(second[1], columns[1]), dot(second[1], columns[2])),
        (dot(second[2], columns[0]), dot(second[2], columns[1]), dot(second[2], columns[2])),
    )
