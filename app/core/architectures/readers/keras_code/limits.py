"""How much of a source is followed: more than people write, and no more than a moment's work."""

from collections.abc import Callable
from typing import TypeVar

from app.core.architectures.architecture import LARGEST_LAYER_COUNT

Result = TypeVar("Result")

LONGEST_SOURCE = 2_000_000  # bytes
MOST_LINES = 40_000
MOST_MARKS = 250_000  # brackets, quotes and the like: what it costs to find where statements end
MOST_TOKENS = 400_000
MOST_TOKENS_IN_A_STATEMENT = 120_000
MOST_NODES = 200_000  # of the syntax tree
MOST_STEPS = 300_000
LONGEST_SECONDS = 1.2
MORE_SECONDS = 0.4  # to put together what was followed until then
DEEPEST_CALL = 40
MOST_LAYERS = 2 * LARGEST_LAYER_COUNT  # in all networks of a source together
MOST_CALLS = 4 * LARGEST_LAYER_COUNT
MOST_OPEN_PARTS = 16  # inputs of a network that nobody described
MOST_DEFINITIONS = 100
MOST_CALLS_DEFINED = 4 * LARGEST_LAYER_COUNT  # in all definitions of a source together
MOST_RECORDS = 3_000
MOST_NOTES = 300
MOST_ROUNDS = 20_000  # of one loop
MOST_ALIKE = 100  # calls in the rounds of one loop over what is written out, if they make no layers
LARGEST_CONTAINER = 100_000
LONGEST_STRING = 100_000
LARGEST_INTEGER_BITS = 256
MOST_ALLOCATED = 2_000_000  # entries (and eight characters count as one) made by a source, all together
LARGEST_VALUE = 20_000  # entries of an argument, all levels together
DEEPEST_VALUE = 24
LONGEST_TEXT = 200  # of what is quoted from a source


class LimitReachedError(Exception):
    """The source asks for more than is followed; what was read until here stands."""


class Budget:
    """Counts what following a source costs. `clock` tells seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._deadline = clock() + LONGEST_SECONDS
        self._steps = 0
        self._allocated = 0

    def step(self) -> None:
        """One piece of the source was looked at."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise LimitReachedError(f"it takes more than {MOST_STEPS:,} steps")
        if self._steps % 128 == 0:
            self.check_time()

    def check_time(self) -> None:
        """Raise where the time is over."""
        if self._clock() > self._deadline:
            raise LimitReachedError("it takes too long")

    def allocate(self, size: int) -> None:
        """Something of so many entries is made."""
        self._allocated += size
        if self._allocated > MOST_ALLOCATED:
            raise LimitReachedError(f"it makes more than {MOST_ALLOCATED:,} values")

    def allocate_text(self, length: int) -> None:
        """A text of so many characters is made."""
        self.allocate(length // 8 + 1)

    def extend(self) -> None:
        """The time for following is over or not needed; some is left for putting things together."""
        self._deadline = self._clock() + MORE_SECONDS
        self._steps = self._allocated = 0

    def without_counting(self, work: Callable[[], Result]) -> Result:
        """Do what is not the source's doing; its time does not count."""
        start = self._clock()
        try:
            return work()
        finally:
            self._deadline += self._clock() - start
