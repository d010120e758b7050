"""Noise that repeats without a seam, made once, and the patterns of grounds and bodies made of it."""

from functools import cache

import numpy as np

from app.core.datasets.sample_dice.draws import Draws
from app.core.datasets.sample_dice.vectors import Floats

SIDE = 256
_OCTAVES = (4, 8, 16, 32, 64)


@cache
def clouds() -> Floats:
    """Soft noise of many sizes, from 0 to 1, mean near 0.5; (SIDE, SIDE), repeats."""
    total = np.zeros((SIDE, SIDE), dtype=np.float32)
    strength = 1.0
    for cells in _OCTAVES:
        total += np.float32(strength) * (_stretched(Draws(cells).grid(cells, cells)) - np.float32(0.5))
        strength /= 2
    held: Floats = np.clip(np.float32(0.5) + total * np.float32(0.75), 0, 1)
    return held


@cache
def grains() -> Floats:
    """Fine noise from 0 to 1, one cell a grain."""
    return Draws(SIDE).grid(SIDE, SIDE)


def looked_up(texture: Floats, x: Floats, y: Floats) -> Floats:
    """The texture at places counted in its cells, between cells linearly."""
    left, top = np.floor(x), np.floor(y)
    right_share, lower_share = x - left, y - top
    column, row = left.astype(np.int32) & (SIDE - 1), top.astype(np.int32) & (SIDE - 1)
    next_column, next_row = (column + 1) & (SIDE - 1), (row + 1) & (SIDE - 1)
    flat = texture.reshape(-1)
    row, next_row = row * SIDE, next_row * SIDE
    upper = flat.take(row + column)
    upper += right_share * (flat.take(row + next_column) - upper)
    lower = flat.take(next_row + column)
    lower += right_share * (flat.take(next_row + next_column) - lower)
    upper += lower_share * (lower - upper)
    return upper


def wave(x: Floats) -> Floats:
    """A smooth wave from 0 to 1 with period 1: what a sine would do, by exact arithmetic."""
    part = np.abs(x - np.floor(x) - np.float32(0.5)) * 2
    return smooth(part)


def smooth(x: Floats) -> Floats:
    """From 0 to 1 with level ends; x is held in that range."""
    held = np.clip(x, 0, 1)
    return held * held * (3 - 2 * held)


def _stretched(cells: Floats) -> Floats:
    count = len(cells)
    place = np.arange(SIDE, dtype=np.float32) * np.float32(count / SIDE)
    index = place.astype(np.int32)
    share = smooth(place - index)
    rows = cells[index] * (1 - share)[:, None] + cells[(index + 1) % count] * share[:, None]
    return rows[:, index] * (1 - share) + rows[:, (index + 1) % count] * share
