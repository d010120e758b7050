"""Repetition in long networks: a unit of layers that comes again and again is shown once, with how many times."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.architectures.architecture import source_of
from app.core.architectures.layer_table import LayerTable, Row
from app.web.figures.palette import family_of

FEWEST_ROWS = 60
_LONGEST_UNIT = 40
_BEGIN_UNITS = ("convolution", "dense", "other")


@dataclass(frozen=True)
class Repetition:
    """Rows from `start` up to (not including) `end` of a folded table, which stand for `times` as many."""

    start: int
    end: int
    times: int


@dataclass(frozen=True)
class _Run:
    start: int
    length: int
    times: int

    @property
    def last(self) -> int:
        """Where its last copy begins."""
        return self.start + (self.times - 1) * self.length

    @property
    def end(self) -> int:
        """Where what follows begins."""
        return self.start + self.times * self.length


def sources_of(rows: Sequence[Row]) -> list[list[int]]:
    """For each row the rows that it takes, by their places in the table."""
    place = {row.call: number for number, row in enumerate(rows)}
    return [[place[source_of(name, place)[0]] for name in row.inputs] for row in rows]


def folded(table: LayerTable) -> tuple[LayerTable, tuple[Repetition, ...]]:
    """The table with each unit of a repetition once; as it is where it is short, or where nothing repeats.

    Copies are alike in kind, arguments, shapes and counts, and take one another in the same way.
    """
    rows = table.rows
    if len(rows) <= FEWEST_ROWS:
        return table, ()
    sources = sources_of(rows)
    signs = _signs(table, sources)
    runs = [run for run in _runs(signs, rows) if _is_closed(run, sources)]
    stands_for = list(range(len(rows)))
    for run in runs:
        for number in range(run.start + run.length, run.end):
            stands_for[number] = run.start + (number - run.start) % run.length
    kept = [number for number, other in enumerate(stands_for) if number == other]
    place = {number: new for new, number in enumerate(kept)}
    calls = {row.call: rows[stands_for[number]].call for number, row in enumerate(rows)}
    found = tuple(Repetition(place[run.start], place[run.start] + run.length, run.times) for run in runs)
    return table.model_copy(update={"rows": tuple(_redirected(rows[number], calls) for number in kept)}), found


def _signs(table: LayerTable, sources: Sequence[Sequence[int]]) -> list[int]:
    """A number for each row, the same for rows that could stand for one another."""
    uses = Counter(row.name for row in table.rows)
    numbers: dict[tuple[object, ...], int] = {}
    signs = []
    for place, row in enumerate(table.rows):
        is_single = uses[row.name] > 1 or (table.failure is not None and table.failure.call == row.call)
        config = json.dumps({key: value for key, value in row.config.items() if key != "seed"}, sort_keys=True)
        alike = (row.kind, config, str(row.output_shapes), row.parameters, row.macs, row.reached)
        sign = (*alike, *(place - source for source in sources[place]), place if is_single else -1)
        signs.append(numbers.setdefault(sign, len(numbers)))
    return signs


def _runs(signs: Sequence[int], rows: Sequence[Row]) -> list[_Run]:
    """Repetitions from left to right; of those that begin at a row, the one that saves most."""
    alike = [_alike(signs, length) for length in range(1, min(_LONGEST_UNIT, len(signs) // 2) + 1)]
    found, at = [], 0
    while at < len(signs):
        saved, shorter = max((counts[at] // length * length, -length) for length, counts in enumerate(alike, start=1))
        if saved < 2:
            at += 1
            continue
        run = _well_begun(at, -shorter, alike[-shorter - 1], rows)
        found.append(run)
        at = run.end
    return found


def _alike(signs: Sequence[int], length: int) -> list[int]:
    """For each row how many from there on are like the row that stands `length` behind them."""
    counts = [0] * (len(signs) + 1)
    for place in range(len(signs) - length - 1, -1, -1):
        counts[place] = counts[place + 1] + 1 if signs[place] == signs[place + length] else 0
    return counts


def _well_begun(at: int, length: int, alike: Sequence[int], rows: Sequence[Row]) -> _Run:
    """The same repetition, begun at a convolution rather than at the normalisation or activation before it."""
    copies = alike[at] // length
    for shift in range(length):
        is_as_long = alike[at + shift] // length == copies
        if is_as_long and family_of(rows[at + shift].kind) in _BEGIN_UNITS:
            return _Run(at + shift, length, copies + 1)
    return _Run(at, length, copies + 1)


def _is_closed(run: _Run, sources: Sequence[Sequence[int]]) -> bool:
    """Whether what follows takes results of the last copy only: a connection out of the middle would not be shown."""
    return not any(run.start <= source < run.last for taken in sources[run.end :] for source in taken)


def _redirected(row: Row, calls: dict[str, str]) -> Row:
    taken = []
    for name in row.inputs:
        source, _ = source_of(name, calls)
        taken.append(calls[source] + name.removeprefix(source))
    return row.model_copy(update={"inputs": tuple(taken)})
