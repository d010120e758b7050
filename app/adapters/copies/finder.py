"""Candidates by near keys, verified round by round, the likeliest of each image first."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import faiss
import numpy as np
from numpy.typing import NDArray

from app.adapters.copies.fingerprint import KEY_LENGTH, PLACES, PLACES_AT_OTHER_SCALES, QUERY_SHIFTS
from app.adapters.copies.verification import Candidate
from app.core.datasets.near_copies import Resemblance, Union

NEIGHBOURS = 4
ROUNDS = 8
LEAST_SIMILARITY = 0.96
"""Of keys: one copy in a hundred is found by another way only, of distinct photographs every other pair is spared."""
MOST_REFUSALS = 6
"""Two groups that were told apart so often are not tried again: photographs of one scene ask for it all the time."""
LONELY = 2
"""Two images that were each told apart so often from what is likeliest, and have no copy yet, are not compared."""
LEAST_PAIRS_AT_ONCE, MOST_PAIRS_AT_ONCE, BATCHES_OF_A_WAVE = 32, 256, 8
"""Many pairs together cost less each; few batches leave cores without work. By the wave's size, never by the cores."""
LEAST_IN_WAVE, IMAGES_PER_WAVE_PAIR = 256, 8
"""How many pairs are verified before what follows from them is used: by the number of images, never by the cores."""
_PROBED, _MOST_LOOKED_AT = 4, 3_000
"""Lists and keys that are looked at for one: thousands of equal images share a list, and would cost their square."""
_EXACT_BELOW = 5_000

_NEAR = np.dtype(
    [
        ("left", np.int64),
        ("right", np.int64),
        ("left_place", np.int64),
        ("right_place", np.int64),
        ("shift", np.int64),
        ("similarity", np.float64),
    ]
)

Verify: TypeAlias = Callable[[Iterable[Sequence[Candidate]]], Iterator[list[Resemblance | None]]]
"""Verifies batches, answered in their order."""


@dataclass(frozen=True)
class FoundPair:
    """Two rows and how the first one's image becomes the second one's."""

    left: int
    right: int
    how: Resemblance


def find_copies(
    records: NDArray[np.void], rows: NDArray[np.int64], verify: Verify, tell: Callable[[int, int], None]
) -> list[FoundPair]:
    """Enough pairs among the rows to connect each group; `tell` hears of rounds done of rounds to do."""
    candidates = candidates_of(records, rows)
    search = _Search(len(records))
    found: list[FoundPair] = []
    for number, of_round in enumerate(candidates):
        tell(number, ROUNDS)
        waiting = iter(of_round)
        while wave := search.next_wave(waiting):
            size = min(MOST_PAIRS_AT_ONCE, max(LEAST_PAIRS_AT_ONCE, -(-len(wave) // BATCHES_OF_A_WAVE)))
            batches = [wave[start : start + size] for start in range(0, len(wave), size)]
            answers = (how for matches in verify(batches) for how in matches)
            for candidate, how in zip(wave, answers, strict=True):
                search.learn(candidate, is_copy=how is not None)
                if how is not None:
                    found.append(FoundPair(candidate.left, candidate.right, how))
    tell(ROUNDS, ROUNDS)
    return found


class _Search:
    """What is known so far: who belongs together, which pairs were tried, how often two groups were told apart."""

    def __init__(self, count: int) -> None:
        self._groups = Union(count)
        self._in_wave = max(LEAST_IN_WAVE, count // IMAGES_PER_WAVE_PAIR)
        self._tried: set[tuple[int, int]] = set()
        self._refused: Counter[tuple[int, int]] = Counter()
        self._refusals: Counter[int] = Counter()
        self._with_copy: set[int] = set()

    def next_wave(self, waiting: Iterator[Candidate]) -> list[Candidate]:
        """The next pairs that may tell something new."""
        wave: list[Candidate] = []
        for candidate in waiting:
            # First what costs least and most often ends it.
            if self._is_lonely(candidate.left) and self._is_lonely(candidate.right):
                continue
            pair = (min(candidate.left, candidate.right), max(candidate.left, candidate.right))
            roots = self._roots(candidate)
            if pair in self._tried or roots[0] == roots[1] or self._refused[roots] >= MOST_REFUSALS:
                continue
            self._tried.add(pair)
            wave.append(candidate)
            if len(wave) == self._in_wave:
                break
        return wave

    def learn(self, candidate: Candidate, *, is_copy: bool) -> None:
        """Take note of an answer."""
        if is_copy:
            self._groups.join(candidate.left, candidate.right)
            self._with_copy |= {candidate.left, candidate.right}
        else:
            self._refused[self._roots(candidate)] += 1
            self._refusals.update((candidate.left, candidate.right))

    def _is_lonely(self, image: int) -> bool:
        return image not in self._with_copy and self._refusals[image] >= LONELY

    def _roots(self, candidate: Candidate) -> tuple[int, int]:
        left, right = self._groups.root(candidate.left), self._groups.root(candidate.right)
        return min(left, right), max(left, right)


def candidates_of(records: NDArray[np.void], rows: NDArray[np.int64]) -> list[list[Candidate]]:
    """For each round, what is likeliest for each image among what was not its turn before; the likeliest of all first."""
    found = records["found"][rows]
    if len(rows) < 2:
        return []
    owner, place = np.repeat(rows, found), np.concatenate([np.arange(count) for count in found])
    keys = np.ascontiguousarray(records["keys"][owner, 0, place], np.float32)
    telling = keys.any(axis=1)  # a blank image is like any other
    keys, owner, place = keys[telling], owner[telling], place[telling]
    if len(keys) < 2:
        return []
    index = _index(keys)
    near = np.concatenate([_nearest(index, records, owner, place, query=query) for query in range(len(QUERY_SHIFTS))])
    # The likeliest way to each other image, then the likeliest other images first.
    pair, unlikely = near["left"] * len(records) + near["right"], -near["similarity"]
    order = np.lexsort((unlikely, pair))
    best = order[np.flatnonzero(np.diff(pair[order], prepend=-1))]
    near = near[best[np.lexsort((unlikely[best], near["left"][best]))]]
    starts = np.searchsorted(near["left"], near["left"])
    turn = np.arange(len(near)) - starts
    # Whoever has a copy has found it before what merely looks alike has made him lonely.
    rounds = (near[turn == number] for number in range(ROUNDS))
    return [_candidates(of_round[np.argsort(-of_round["similarity"], kind="stable")]) for of_round in rounds]


def _candidates(near: NDArray[np.void]) -> list[Candidate]:
    columns = [near[name].tolist() for name in Candidate._fields]
    return list(map(Candidate._make, zip(*columns, strict=True)))


def _index(keys: NDArray[np.float32]) -> Any:
    if len(keys) < _EXACT_BELOW:
        index: Any = faiss.IndexFlatIP(KEY_LENGTH)
    else:
        lists = int(2 * np.sqrt(len(keys)))
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(KEY_LENGTH), KEY_LENGTH, lists, faiss.METRIC_INNER_PRODUCT)
        index.cp.min_points_per_centroid = 1
        index.cp.niter, index.cp.max_points_per_centroid = 4, 64
        index.nprobe = _PROBED
        index.max_codes = _MOST_LOOKED_AT
        index.train(keys)
    index.add(keys)
    return index


def _nearest(
    index: Any, records: NDArray[np.void], owner: NDArray[np.int64], place: NDArray[np.int64], *, query: int
) -> NDArray[np.void]:
    """For each place the nearest keys of other images, as _NEAR."""
    asking = np.flatnonzero(place < (PLACES_AT_OTHER_SCALES if QUERY_SHIFTS[query] else PLACES))
    keys = np.ascontiguousarray(records["keys"][owner[asking], query, place[asking]], np.float32)
    similarity, other = index.search(keys, min(NEIGHBOURS + PLACES, len(owner)))
    of_others = (other >= 0) & (similarity >= LEAST_SIMILARITY) & (owner[other] != owner[asking][:, None])
    of_others &= of_others.cumsum(axis=1) <= NEIGHBOURS
    rows, columns = np.nonzero(of_others)
    near = np.empty(len(rows), _NEAR)
    near["left"], near["left_place"] = owner[asking][rows], place[asking][rows]
    near["right"], near["right_place"] = owner[other[rows, columns]], place[other[rows, columns]]
    near["shift"], near["similarity"] = QUERY_SHIFTS[query], similarity[rows, columns]
    return near
