"""Random numbers that come out the same everywhere: from raw bits, whose stream NumPy guarantees, by exact arithmetic."""

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Chosen = TypeVar("Chosen")
_LOW_HALVES = np.uint64(0x0000FFFF0000FFFF)
_HALF = np.uint64(16)
_WORD = np.uint64(32)
_LOW_WORD = np.uint64(0xFFFFFFFF)
_MEAN_OF_FOUR = 2 * 65535.0
_DEVIATION_OF_FOUR = 37837.2
"""Of the sum of four uniform 16-bit numbers: sqrt(4 / 12) * 65536."""


class Draws:
    """A stream of random numbers that follows from a key of integers."""

    def __init__(self, *key: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence(key))

    def uniform(self, low: float, high: float) -> float:
        """A number between low and high."""
        return low + (high - low) * ((int(self._bits.random_raw()) >> 11) * 2.0**-53)

    def chance(self, probability: float) -> bool:
        """True this often."""
        return self.uniform(0, 1) < probability

    def choice(self, options: Sequence[Chosen]) -> Chosen:
        """One of them, each equally often."""
        return options[min(int(self.uniform(0, len(options))), len(options) - 1)]

    def shuffled(self, options: Sequence[Chosen]) -> list[Chosen]:
        """All of them in another order."""
        rest = list(options)
        return [rest.pop(min(int(self.uniform(0, len(rest))), len(rest) - 1)) for _ in range(len(rest))]

    def turn(self) -> tuple[float, float]:
        """Cosine and sine of any angle: a point of the unit disc, moved out to its rim."""
        while True:
            x, y = self.uniform(-1, 1), self.uniform(-1, 1)
            square = x * x + y * y
            if 0.01 < square <= 1:
                length = math.sqrt(square)
                return x / length, y / length

    def bell(self, *shape: int) -> NDArray[np.float32]:
        """Nearly normal numbers of mean 0 and deviation 1, within ±3.5: sums of four uniform ones."""
        count = int(np.prod(shape))
        raw = np.asarray(self._bits.random_raw(count), dtype=np.uint64)
        pairs = (raw & _LOW_HALVES) + ((raw >> _HALF) & _LOW_HALVES)
        sums = ((pairs & _LOW_WORD) + (pairs >> _WORD)).astype(np.float32)
        return ((sums - np.float32(_MEAN_OF_FOUR)) / np.float32(_DEVIATION_OF_FOUR)).reshape(shape)

    def grid(self, *shape: int) -> NDArray[np.float32]:
        """Uniform numbers from 0 to 1."""
        raw = np.asarray(self._bits.random_raw(int(np.prod(shape))), dtype=np.uint64)
        return ((raw >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)).reshape(shape)
