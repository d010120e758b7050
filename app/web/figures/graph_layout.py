"""Where the calls of a network stand: columns by depth, the longest path straight along the ground, branches above it.

Depths are longest paths, as in layered graph drawing (Sugiyama, Tagawa and Toda 1981). What is not on the longest path is
cut into straight stretches; each lies as low as what stands beneath allows, short ones first, so that a long connection
passes over the short ones instead of crossing them. In a chain this is one row of boxes.
"""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

TRACK = 0.045
"""How far above its level a connection runs: through the front of the smallest box."""
_GAP, _LINE_GAP = 0.12, 0.075

Inputs = Sequence[Sequence[int]]
"""For each call the calls that it takes, all of them earlier in the list."""


@dataclass(frozen=True)
class Wire:
    """A connection that is not just from one neighbour to the next: up from its source, along, down to its targets."""

    source: int
    targets: tuple[int, ...]
    level: float


@dataclass(frozen=True)
class GraphLayout:
    """Column and level of each call; `steps` are neighbours on one level."""

    columns: tuple[int, ...]
    levels: tuple[float, ...]
    steps: tuple[tuple[int, int], ...]
    wires: tuple[Wire, ...]
    top: float

    @property
    def width(self) -> int:
        """How many columns there are."""
        return max(self.columns) + 1


def lay_out(inputs: Inputs, heights: Sequence[float]) -> GraphLayout:
    """Places for calls whose boxes are `heights` high."""
    depths = _depths(inputs)
    return _Placing(inputs, _columns(inputs, depths), heights, _stretches(inputs, depths)).layout()


def in_one_row(inputs: Inputs, columns: Sequence[int], heights: Sequence[float]) -> GraphLayout:
    """All calls on the ground in columns that are given, with wires for what is not between neighbours."""
    return _Placing(inputs, list(columns), heights, [list(range(len(inputs)))]).layout()


def _depths(inputs: Inputs) -> list[int]:
    depths: list[int] = []
    for sources in inputs:
        depths.append(1 + max((depths[source] for source in sources), default=-1))
    return depths


def _columns(inputs: Inputs, depths: list[int]) -> list[int]:
    """Depths, but a further input stands just before the first call that takes it."""
    first: dict[int, int] = {}
    for sources, depth in zip(inputs, depths, strict=True):
        for source in sources:
            first[source] = min(first.get(source, depth), depth)
    return [
        first[number] - 1 if not sources and number in first else depth
        for number, (sources, depth) in enumerate(zip(inputs, depths, strict=True))
    ]


def _stretches(inputs: Inputs, depths: list[int]) -> list[list[int]]:
    """The longest path first, then what remains, from the deepest call on."""
    taken: set[int] = set()
    found = []
    for end in sorted(range(len(inputs)), key=lambda number: (-depths[number], number)):
        if end in taken:
            continue
        stretch = [end]
        while (before := _before(stretch[-1], inputs, depths)) is not None and before not in taken:
            stretch.append(before)
        taken.update(stretch)
        found.append(stretch[::-1])
    return found


def _before(number: int, inputs: Inputs, depths: list[int]) -> int | None:
    return next((source for source in inputs[number] if depths[source] == depths[number] - 1), None)


@dataclass
class _Item:
    """A stretch of calls, or a lone connection (no calls), between its ends, counted in half columns."""

    start: int
    end: int
    after: set[int]
    calls: list[int] = field(default_factory=list)
    entry: int | None = None
    exits: list[int] = field(default_factory=list)

    @property
    def key(self) -> tuple[int, int]:
        return self.end - self.start, self.start


class _Placing:
    def __init__(
        self, inputs: Inputs, columns: list[int], heights: Sequence[float], stretches: list[list[int]]
    ) -> None:
        self._inputs, self._columns, self._heights = inputs, columns, heights
        self._stretches = stretches
        self._stretch_of = {call: number for number, stretch in enumerate(stretches) for call in stretch}
        self._next = {one: two for stretch in stretches for one, two in itertools.pairwise(stretch)}
        self._levels = [0.0] * len(inputs)
        self._steps: list[tuple[int, int]] = []
        self._wires: list[Wire] = []
        # How high it is built over each half column: a call leaves upward from its right half and is reached on its left.
        self._skyline = np.zeros(2 * (max(columns) + 1))

    def layout(self) -> GraphLayout:
        self._stand(self._stretches[0], 0.0)
        self._place_all(self._items())
        return GraphLayout(
            tuple(self._columns),
            tuple(self._levels),
            tuple(self._steps),
            tuple(self._wires),
            float(self._skyline.max()),
        )

    def _place_all(self, items: list[_Item]) -> None:
        """The shortest first, but none before what it hangs on."""
        number_of = {self._stretch_of[item.calls[0]]: number for number, item in enumerate(items) if item.calls}
        waiting = [{number_of[stretch] for stretch in item.after if stretch in number_of} for item in items]
        followers: dict[int, list[int]] = defaultdict(list)
        for number, others in enumerate(waiting):
            for other in others:
                followers[other].append(number)
        ready = [(*item.key, number) for number, item in enumerate(items) if not waiting[number]]
        heapq.heapify(ready)
        while ready:
            number = heapq.heappop(ready)[-1]
            self._place(items[number])
            for other in followers[number]:
                waiting[other].discard(number)
                if not waiting[other]:
                    heapq.heappush(ready, (*items[other].key, other))

    def _items(self) -> list[_Item]:
        items = {}
        for number, stretch in enumerate(self._stretches[1:], start=1):
            head, tail = stretch[0], stretch[-1]
            items[number] = _Item(2 * self._columns[head], 2 * self._columns[tail] + 1, set(), calls=stretch)
        tracks: dict[int, list[int]] = defaultdict(list)
        for target, sources in enumerate(self._inputs):
            for source in dict.fromkeys(sources):
                self._sort_in(source, target, items, tracks)
        lone = [
            _Item(
                2 * self._columns[source] + 1,
                max(2 * self._columns[target] for target in targets),
                {self._stretch_of[call] for call in (source, *targets)},
                entry=source,
                exits=targets,
            )
            for source, targets in tracks.items()
        ]
        return [*items.values(), *lone]

    def _sort_in(self, source: int, target: int, items: dict[int, _Item], tracks: dict[int, list[int]]) -> None:
        """A connection is a step along its stretch, the way into one, the way out of one, or a line of its own."""
        start, end = self._columns[source], self._columns[target]
        if start >= end:
            return
        from_, to = self._stretch_of[source], self._stretch_of[target]
        if self._next.get(source) == target:
            self._steps.append((source, target))
        elif to in items and items[to].calls[0] == target and items[to].entry is None and start == end - 1:
            items[to].entry = source
            items[to].start = 2 * start + 1
            items[to].after.add(from_)
        elif from_ in items and items[from_].calls[-1] == source:
            items[from_].exits.append(target)
            items[from_].end = max(items[from_].end, 2 * end)
        else:
            tracks[source].append(target)

    def _stand(self, calls: list[int], level: float) -> None:
        for call in calls:
            self._levels[call] = level
            halves = slice(2 * self._columns[call], 2 * self._columns[call] + 2)
            self._skyline[halves] = np.maximum(self._skyline[halves], level + self._heights[call])

    def _place(self, item: _Item) -> None:
        halves = slice(item.start, item.end + 1)
        level = float(self._skyline[halves].max()) + (_GAP if item.calls else _LINE_GAP)
        self._skyline[halves] = level + TRACK
        self._stand(item.calls, level)
        if not item.calls and item.entry is not None:
            self._wires.append(Wire(item.entry, tuple(item.exits), level))
            return
        if item.entry is not None:
            self._wires.append(Wire(item.entry, (item.calls[0],), level))
        if item.exits:
            self._wires.append(Wire(item.calls[-1], tuple(item.exits), level))
