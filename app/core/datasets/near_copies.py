"""Copies of one photograph: which image is which one, turned how, and the groups that they make."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Resemblance:
    """What makes one image of another: mirrored left to right first, then turned by degrees counter-clockwise.

    `scale` is how many times larger the content becomes, both seen with the same longer side.
    """

    degrees: float
    mirrored: bool
    scale: float

    @property
    def reversed(self) -> "Resemblance":
        """What makes the first image of the second."""
        return Resemblance(self.degrees if self.mirrored else -self.degrees % 360, self.mirrored, 1 / self.scale)

    def then(self, following: "Resemblance") -> "Resemblance":
        """What both make, one after the other."""
        turned = -self.degrees if following.mirrored else self.degrees
        return Resemblance(
            (following.degrees + turned) % 360, self.mirrored != following.mirrored, self.scale * following.scale
        )

    @property
    def text(self) -> str:
        """In words; empty where place, size and direction are the same."""
        degrees = round(self.degrees) % 360
        words = ["mirrored"] if self.mirrored else []
        if min(degrees, 360 - degrees) > 1:
            words.append(f"turned by {degrees}°")
        if not 0.97 < self.scale < 1.03:
            words.append(f"content {self.scale:.2f} times as large")
        return ", ".join(words)


UNCHANGED = Resemblance(0, mirrored=False, scale=1)


@dataclass(frozen=True)
class CopyPair:
    """Two images, by digest, that were laid over each other and agree."""

    left: str
    right: str
    how: Resemblance


class CopyGraph:
    """All pairs that were found, and what follows from them: a copy of a copy is a copy."""

    def __init__(self, pairs: Iterable[CopyPair]) -> None:
        self._ways: dict[str, dict[str, Resemblance]] = defaultdict(dict)
        for pair in pairs:
            self._ways[pair.left][pair.right] = pair.how
            self._ways[pair.right][pair.left] = pair.how.reversed

    def groups(self, digests: Iterable[str]) -> list[list[str]]:
        """Groups of two and more, in the order of their first member; images that are not asked for only connect."""
        wanted = list(dict.fromkeys(digests))
        number: dict[str, int] = {}
        groups: dict[int, list[str]] = {}
        for digest in wanted:
            if digest not in self._ways:
                continue
            if digest not in number:
                number.update(dict.fromkeys([digest, *(other for other, _ in self.ways(digest))], len(groups)))
                groups[len(groups)] = []
            groups[number[digest]].append(digest)
        return [group for group in groups.values() if len(group) > 1]

    def ways(self, digest: str) -> Iterator[tuple[str, Resemblance]]:
        """Every copy of an image, the nearest in pairs first, with what makes it of this one.

        Told one by one: whoever looks for one copy in a group of thousands need not follow all of them.
        """
        found = {digest}
        waiting = deque([(digest, UNCHANGED)])
        while waiting:
            here, so_far = waiting.popleft()
            for there, how in self._ways.get(here, {}).items():
                if there not in found:
                    found.add(there)
                    way = so_far.then(how)
                    waiting.append((there, way))
                    yield there, way


class Union:
    """Which of `count` things belong together, as pairs come to be known."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def root(self, member: int) -> int:
        """The one that stands for the member's group."""
        while self._parents[member] != member:
            self._parents[member] = self._parents[self._parents[member]]
            member = self._parents[member]
        return member

    def join(self, left: int, right: int) -> None:
        """Make one group of two."""
        roots = sorted((self.root(left), self.root(right)))
        self._parents[roots[1]] = roots[0]

    def groups(self) -> list[Sequence[int]]:
        """The groups of two and more."""
        members: dict[int, list[int]] = defaultdict(list)
        for member in range(len(self._parents)):
            members[self.root(member)].append(member)
        return [group for group in members.values() if len(group) > 1]
