"""Two graphs whose calls have partners, and the places at which tensors are taken."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from app.core.architectures.alignment import Alignment
from app.core.architectures.graph import COMMUTATIVE, Graph, Node, Source

Slot = tuple[str | None, int | None]
"""Where a tensor is taken: a paired call by its left id (None: the network's outputs), and which of its inputs (None: all)."""


@dataclass(frozen=True)
class Pairing:
    """Two graphs and who is whose partner."""

    left: Graph
    right: Graph
    alignment: Alignment

    @cached_property
    def right_of(self) -> dict[str, str]:
        """Partners by the left id."""
        return self.alignment.right_of

    @cached_property
    def left_of(self) -> dict[str, str]:
        """Partners by the right id."""
        return self.alignment.left_of

    @cached_property
    def row_of(self) -> dict[tuple[str, str], int]:
        """The row of a call by ("left" or "right", id)."""
        rows = enumerate(self.alignment.pairs)
        return {
            (side, name): row for row, pair in rows for side, name in zip(("left", "right"), pair, strict=True) if name
        }

    @cached_property
    def layer_pairs(self) -> dict[tuple[str, str], list[str]]:
        """Layers that partners use, with the left ids of those partners."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for left, right in self.right_of.items():
            one, two = self.left.nodes[left].layer, self.right.nodes[right].layer
            if one is not None and two is not None:
                found[one, two].append(left)
        return found

    def slots(self) -> Iterable[tuple[Slot, Source | None, Source | None]]:
        """Every place that takes a tensor on both sides, with what it takes (None: all of its inputs at once)."""
        for left, right in self.right_of.items():
            one, two = self.left.nodes[left], self.right.nodes[right]
            yield from self._slots(left, one.sources, self._in_our_order(one, two))
        yield from self._slots(None, self.left.outputs, self.right.outputs)

    def same(self, left: Source, right: Source) -> bool:
        """Whether two sources are partners."""
        return self.right_of.get(left[0]) == right[0] and left[1] == right[1]

    def _slots(
        self, name: str | None, left: tuple[Source, ...], right: tuple[Source, ...]
    ) -> Iterable[tuple[Slot, Source | None, Source | None]]:
        if len(left) == len(right):
            yield from (((name, place), one, two) for place, (one, two) in enumerate(zip(left, right, strict=True)))
        else:
            yield (name, None), None, None

    def _in_our_order(self, left: Node, right: Node) -> tuple[Source, ...]:
        """The right's inputs; where order does not matter, partners of the left's inputs first take their places."""
        return matched(left, right, self) if left.kind in COMMUTATIVE else right.sources


def matched(left: Node, right: Node, pairing: Pairing) -> tuple[Source, ...]:
    """The right's inputs in an order in which as many as possible face their partners."""
    if len(left.sources) != len(right.sources):
        return right.sources
    rest = list(right.sources)
    placed: list[Source | None] = []
    for source in left.sources:
        partner = next((other for other in rest if pairing.same(source, other)), None)
        placed.append(partner)
        if partner is not None:
            rest.remove(partner)
    return tuple(rest.pop(0) if source is None else source for source in placed)
