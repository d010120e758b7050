"""Why two architectures differ: every suspected cause is applied to the left, alone and with others, and looked at.

For each cause two networks are built: the left with it alone, and the left with all others. What remains different in the
second is what only this cause explains; together with what it removes by itself it is what the cause claims. Effects on
the parameters are measured by applying the causes one after another, so that they add up.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from app.core.architectures.alignment import alignments
from app.core.architectures.architecture import Architecture, Style
from app.core.architectures.edits import edits_between
from app.core.architectures.graph import graph_of
from app.core.architectures.layer_table import LayerTable
from app.core.architectures.mixture import Mixer, Mixture
from app.core.architectures.observation import SHAPE_FIELDS, Field, Observation, Observer, differing
from app.core.architectures.pairing import Pairing
from app.core.architectures.suspects import suspects_of

TablesOf: TypeAlias = Callable[[Sequence[Architecture]], list[LayerTable]]
"""Builds several architectures without weights and tells their layer tables."""

MOST_ROWS = 60_000
"""The search builds no more than this many rows; a thousand take about a second where layers are alike."""


@dataclass(frozen=True)
class Trial:
    """One mixture that was built: what remains different from the right, and what it amounts to."""

    remaining: frozenset[Field]
    table: LayerTable
    rows: dict[str, int]

    @property
    def stops_at_row(self) -> int | None:
        """The aligned row at which building stops."""
        return None if self.table.failure is None else self.rows[self.table.failure.call]


@dataclass
class Investigation:
    """Both sides, the suspects, and all trials by the set of applied suspects (their numbers)."""

    left: Architecture
    right: Architecture
    tables_of: TablesOf
    trials: dict[frozenset[int], Trial] = field(default_factory=dict)
    cut: str | None = None

    def __post_init__(self) -> None:
        self.left_table, self.right_table = self.tables_of([self.left, self.right])
        left, right = graph_of(self.left, self.left_table), graph_of(self.right, self.right_table)
        pairings = [Pairing(left, right, alignment) for alignment in alignments(left, right)]
        weighed = [
            (edits, suspects_of(edits, pairing), pairing) for pairing in pairings for edits in [edits_between(pairing)]
        ]
        # The smallest change of definition: the fewest causes and calls without a partner, then the fewest edits.
        edits, self.suspects, self.pairing = min(
            weighed, key=lambda found: (len(found[1]) + found[2].alignment.lone, len(found[0]))
        )
        self._mixer = Mixer(self.left, self.right, self.pairing)
        self._observer = Observer(self.pairing, list(edits))
        self.seen_left = self._look(self.left, self.left_table, "left")
        self.seen_right = self._look(self.right, self.right_table, "right")
        self.differing = differing(self.seen_left, self.seen_right)
        rows = {name: self.pairing.row_of["left", name] for name in left.nodes}
        self.trials[frozenset()] = Trial(frozenset(self.differing), self.left_table, rows)

    @property
    def everything(self) -> frozenset[int]:
        """All suspects."""
        return frozenset(range(len(self.suspects)))

    def mixture(self, chosen: Iterable[int], *, style: Style = Style.FUNCTIONAL) -> Mixture:
        """The left with these suspects' edits."""
        edits = [edit for number in sorted(chosen) for edit in self.suspects[number].edits]
        return self._mixer.mix(edits, style=style)

    def run(self) -> None:
        """Make the trials: all, all but one, one after another, one alone; as many as the bound allows, in this order."""
        everything = self.everything
        numbers = sorted(everything)
        wanted = [
            everything,
            *(everything - {number} for number in numbers),
            *(frozenset(numbers[:count]) for count in range(1, len(numbers))),
            *(frozenset({number}) for number in numbers),
        ]
        self.build(wanted)

    def build(self, wanted: Iterable[frozenset[int]]) -> None:
        """Make those of the trials that were not made before."""
        new = list(dict.fromkeys(chosen for chosen in wanted if chosen not in self.trials))
        room = MOST_ROWS // max(1, len(self.pairing.alignment.pairs)) - len(self.trials)
        if len(new) > room:
            self.cut = (
                f"{len(self.suspects)} causes were found in networks of {len(self.pairing.alignment.pairs)} rows; "
                f"of {len(new)} trials only the first {max(room, 1)} were made"
            )
            new = new[: max(room, 1)]
        mixtures = [self.mixture(chosen) for chosen in new]
        tables = self.tables_of([mixture.architecture for mixture in mixtures])
        for chosen, mixture, table in zip(new, mixtures, tables, strict=True):
            seen = self._observer.observe(mixture.architecture, table, mixture.rows)
            self.trials[chosen] = Trial(frozenset(differing(seen, self.seen_right)), table, mixture.rows)

    def claims(self, number: int) -> set[Field]:
        """What remains without this suspect, and what it removes by itself."""
        without = self.trials.get(self.everything - {number})
        alone = self.trials.get(frozenset({number}))
        claimed = set(without.remaining & self.differing) if without else set()
        return claimed | (self.differing - alone.remaining if alone else set())

    def verified(self, number: int) -> bool:
        """Whether with all suspects nothing remains, and without this one something does."""
        everything, without = self.trials.get(self.everything), self.trials.get(self.everything - {number})
        return everything is not None and not everything.remaining and without is not None and bool(without.remaining)

    def effect(self, number: int) -> int | None:
        """Parameters that it adds to the left with all suspects before it."""
        return self._step(frozenset(range(number)), frozenset(range(number + 1)))

    def effect_alone(self, number: int) -> int | None:
        """Parameters that it adds to the left as it is."""
        return self._step(frozenset(), frozenset({number}))

    def smallest_set(self) -> tuple[int, ...]:
        """The fewest suspects found that make all shapes and parameters equal."""
        sizes = {entry for entry in self.differing if entry[1] in SHAPE_FIELDS}
        if not sizes:
            return ()
        needed = {number for number in self.everything if self._leaves_shapes(self.everything - {number})}
        rest = [number for number in sorted(self.everything) if self.claims(number) & sizes and number not in needed]
        for extra in [None, *rest]:
            needed |= set() if extra is None else {extra}
            self.build([frozenset(needed)])
            if not self._leaves_shapes(frozenset(needed)):
                return tuple(sorted(needed))
        return tuple(sorted(needed))

    def _leaves_shapes(self, chosen: frozenset[int]) -> bool:
        trial = self.trials.get(chosen)
        return trial is None or any(name in SHAPE_FIELDS for _, name in trial.remaining)

    def _step(self, before: frozenset[int], after: frozenset[int]) -> int | None:
        one, two = self.trials.get(before), self.trials.get(after)
        if one is None or two is None:
            return None
        start, end = one.table.totals.parameters, two.table.totals.parameters
        return None if start is None or end is None else end - start

    def _look(self, architecture: Architecture, table: LayerTable, side: str) -> Observation:
        rows = {name: self.pairing.row_of[side, name] for name in graph_of(architecture, table).nodes}
        return self._observer.observe(architecture, table, rows)
