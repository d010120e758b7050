"""Pairs the calls of two architectures by what they are and how they are connected; names do not count.

Both are laid out in an order that follows the connections, and the cheapest way of turning one sequence into the other is
found by dynamic programming (Needleman and Wunsch 1970). Labels of the neighbourhood (Weisfeiler and Leman 1968) tell
apart layers that are written alike. Pairs never cross, so that any mixture of both definitions still has an order.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.core.architectures.graph import COMMUTATIVE, Graph

Pair: TypeAlias = tuple[str | None, str | None]
Numbers: TypeAlias = NDArray[np.float32]

LEFT_OUT = 1.0
"""What a call without a partner costs."""
_FIRST_CHANGE, _FURTHER_CHANGE, _MOST_CHANGES = 0.45, 0.2, 1.3
_NEIGHBOUR_WEIGHTS = (0.07, 0.22)
_LARGEST_TABLE = 6_000_000


@dataclass(frozen=True)
class Alignment:
    """All calls of both sides as rows; a call without a partner stands alone in its row."""

    pairs: tuple[Pair, ...]

    @property
    def right_of(self) -> dict[str, str]:
        """Partners by the left id."""
        return {left: right for left, right in self.pairs if left is not None and right is not None}

    @property
    def lone(self) -> int:
        """How many calls have no partner."""
        return sum(None in pair for pair in self.pairs)

    @property
    def left_of(self) -> dict[str, str]:
        """Partners by the right id."""
        return {right: left for left, right in self.pairs if left is not None and right is not None}


def alignments(left: Graph, right: Graph) -> list[Alignment]:
    """Candidates, most of the time one: by order of listing or as the outputs need the calls, by kinds or by neighbours.

    Which one is best shows when the edits are counted that each leaves.
    """
    found: dict[tuple[Pair, ...], float] = {}
    orders = ((list(left.nodes), list(right.nodes)), (left.by_depth(), right.by_depth()))
    for left_ids, right_ids in orders:
        for weight in _NEIGHBOUR_WEIGHTS:
            cost, pairs = _align(left, right, left_ids, right_ids, weight=weight)
            found.setdefault(tuple(pairs), cost)
            if cost <= 0:
                return [Alignment(tuple(pairs))]
    return [Alignment(pairs) for pairs in found]


@dataclass(frozen=True)
class _Side:
    ids: list[str]
    kinds: list[str]
    settings: list[str]
    labels: NDArray[np.int64]  # (calls, kinds of neighbourhood)


def _align(
    left: Graph, right: Graph, left_ids: list[str], right_ids: list[str], *, weight: float
) -> tuple[float, list[Pair]]:
    numbers: dict[Any, int] = {}
    sides = _side(left, left_ids, numbers), _side(right, right_ids, numbers)
    start, end = _equal_ends(*sides)
    middle = [
        _Side(side.ids[start:stop], side.kinds[start:stop], side.settings[start:stop], side.labels[start:stop])
        for side in sides
        for stop in [len(side.ids) - end]
    ]
    cost, pairs = _cheapest(middle[0], middle[1], left, right, weight)
    before = list(zip(left_ids[:start], right_ids[:start], strict=True))
    after = list(zip(left_ids[len(left_ids) - end :], right_ids[len(right_ids) - end :], strict=True))
    return cost, [*before, *pairs, *after]


def _side(graph: Graph, ids: list[str], numbers: dict[Any, int]) -> _Side:
    def number(key: Any) -> int:
        return numbers.setdefault(key, len(numbers))

    nodes = graph.nodes
    consumers: dict[str, list[str]] = defaultdict(list)
    for node in nodes.values():
        for source, _ in node.sources:
            consumers[source].append(node.id)
    kind = {name: number(node.kind) for name, node in nodes.items()}
    exact = {name: number((node.kind, node.settings_text)) for name, node in nodes.items()}
    columns = []
    for first in (kind, exact):
        up, down = first, first
        for _ in range(2):
            up = {name: number(("up", first[name], _sources(graph, name, up))) for name in nodes}
            down = {
                name: number(("down", first[name], tuple(sorted(down[c] for c in consumers[name])))) for name in nodes
            }
            columns += [up, down]
    labels = np.array([[column[name] for column in columns] for name in ids], dtype=np.int64).reshape(
        len(ids), len(columns)
    )
    return _Side(ids, [nodes[name].kind for name in ids], [nodes[name].settings_text for name in ids], labels)


def _sources(graph: Graph, name: str, labels: dict[str, int]) -> tuple[int, ...]:
    found = [labels[source] for source, _ in graph.nodes[name].sources]
    return tuple(sorted(found) if graph.nodes[name].kind in COMMUTATIVE else found)


def _equal_ends(left: _Side, right: _Side) -> tuple[int, int]:
    """How many calls from the start, and from the end, are written and connected alike."""
    most = min(len(left.ids), len(right.ids))

    def alike(a: int, b: int) -> bool:
        return left.settings[a] == right.settings[b] and bool((left.labels[a] == right.labels[b]).all())

    start = 0
    while start < most and alike(start, start):
        start += 1
    end = 0
    while end < most - start and alike(-1 - end, -1 - end):
        end += 1
    return start, end


def _cheapest(
    left: _Side, right: _Side, left_graph: Graph, right_graph: Graph, weight: float
) -> tuple[float, list[Pair]]:
    if not left.ids or not right.ids:
        alone: list[Pair] = [*((name, None) for name in left.ids), *((None, name) for name in right.ids)]
        return LEFT_OUT * len(alone), alone
    if len(left.ids) * len(right.ids) > _LARGEST_TABLE:
        return _by_blocks(left, right)
    costs = _costs(left, right, left_graph, right_graph)
    for column in range(left.labels.shape[1]):
        differs = left.labels[:, None, column] != right.labels[None, :, column]
        costs += differs * np.float32(weight if column < 4 else weight / 4)
    totals = _totals(costs)
    return float(totals[-1, -1]), _walk_back(left, right, costs, totals)


def _costs(left: _Side, right: _Side, left_graph: Graph, right_graph: Graph) -> Numbers:
    """What each pair costs; infinite for two kinds, which are never partners."""
    settings: dict[tuple[str, str], float] = {}
    costs = np.full((len(left.ids), len(right.ids)), np.inf, dtype=np.float32)
    for i, (kind, written, name) in enumerate(zip(left.kinds, left.settings, left.ids, strict=True)):
        for j, other in enumerate(right.kinds):
            if other != kind:
                continue
            key = (written, right.settings[j])
            if key not in settings:
                one, two = left_graph.nodes[name].setting_texts, right_graph.nodes[right.ids[j]].setting_texts
                settings[key] = _changes(one, two)
            costs[i, j] = settings[key]
    return costs


def _changes(left: dict[str, str], right: dict[str, str]) -> float:
    count = sum(left.get(key) != right.get(key) for key in left.keys() | right.keys())
    return min(_MOST_CHANGES, _FIRST_CHANGE + _FURTHER_CHANGE * (count - 1)) if count else 0.0


def _totals(costs: Numbers) -> Numbers:
    rows, columns = costs.shape
    steps = np.arange(columns + 1, dtype=np.float32) * LEFT_OUT
    totals = np.empty((rows + 1, columns + 1), dtype=np.float32)
    totals[0] = steps
    for row in range(1, rows + 1):
        best = totals[row - 1] + LEFT_OUT
        best[1:] = np.minimum(best[1:], totals[row - 1, :-1] + costs[row - 1])
        # Going on along the row costs one step each: a running minimum over what is left after taking the steps off.
        totals[row] = np.minimum.accumulate(best - steps) + steps
    return totals


def _walk_back(left: _Side, right: _Side, costs: Numbers, totals: Numbers) -> list[Pair]:
    row, column = costs.shape
    pairs: list[Pair] = []
    while row or column:
        here = totals[row, column]
        if row and column and abs(totals[row - 1, column - 1] + costs[row - 1, column - 1] - here) < 1e-3:
            row, column = row - 1, column - 1
            pairs.append((left.ids[row], right.ids[column]))
        elif column and abs(totals[row, column - 1] + LEFT_OUT - here) < 1e-3:
            column -= 1
            pairs.append((None, right.ids[column]))
        else:
            row -= 1
            pairs.append((left.ids[row], None))
    return pairs[::-1]


def _by_blocks(left: _Side, right: _Side) -> tuple[float, list[Pair]]:
    """For very long networks: equal stretches are found, and what lies between is paired in order where kinds agree."""
    matcher = SequenceMatcher(None, _keys(left), _keys(right), autojunk=False)
    pairs: list[Pair] = []
    for tag, start, stop, other_start, other_stop in matcher.get_opcodes():
        ours, theirs = left.ids[start:stop], right.ids[other_start:other_stop]
        alike = len(ours) == len(theirs) and left.kinds[start:stop] == right.kinds[other_start:other_stop]
        if tag == "equal" or alike:
            pairs += zip(ours, theirs, strict=True)
        else:
            pairs += [*((name, None) for name in ours), *((None, name) for name in theirs)]
    return LEFT_OUT * sum(None in pair for pair in pairs), pairs


def _keys(side: _Side) -> Sequence[tuple[str, str]]:
    return list(zip(side.kinds, side.settings, strict=True))
