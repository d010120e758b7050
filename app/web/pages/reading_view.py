"""What was read from a source, as a page shows it: findings in order, and the source with their lines marked."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.core.architectures.reading import Finding, NotUnderstood, Place
from app.web.highlighting import Piece, highlighted

SEVERITIES = ("error", "warning", "note")
TONES = {"error": "bad", "warning": "warn", "note": "note"}
MOST_LINES = 5_000


@dataclass(frozen=True)
class SourceLine:
    """A line, what it is marked as, and the anchors of what is said about it."""

    number: int
    pieces: list[Piece]
    tone: str
    anchors: tuple[str, ...]


@dataclass(frozen=True)
class SourceCell:
    """A cell, or everything (`number` is None)."""

    number: int | None
    lines: list[SourceLine]


@dataclass(frozen=True)
class Said:
    """A finding or something that was not understood, with the anchor it is linked by."""

    anchor: str
    entry: Finding | NotUnderstood
    where: str
    line: str


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """What breaks a training first, then what changes its result, then what is worth knowing; each by place."""
    return sorted(findings, key=lambda entry: (SEVERITIES.index(entry.severity), *_position(entry.place)))


def said(entries: Sequence[Finding | NotUnderstood], prefix: str) -> list[Said]:
    """Each with the anchor of its own and of its line, and its place in words."""
    return [
        Said(f"{prefix}-{number}", entry, where=place_text(entry.place), line=line_anchor(entry.place))
        for number, entry in enumerate(entries, start=1)
    ]


def place_text(place: Place | None) -> str:
    """`cell 3, line 12`, or `line 12` where there are no cells."""
    if place is None:
        return ""
    return f"line {place.line}" if place.cell is None else f"cell {place.cell}, line {place.line}"


def line_anchor(place: Place | None) -> str:
    """The id of the line in the source as it is shown."""
    if place is None:
        return ""
    return f"line-{place.line}" if place.cell is None else f"cell-{place.cell}-line-{place.line}"


def marked(cells: Iterable[tuple[int | None, str]], entries: Iterable[Said]) -> list[SourceCell]:
    """The source's cells (number and text), each line with the tone of the worst that is said about it."""
    about: dict[str, list[Said]] = defaultdict(list)
    for entry in entries:
        about[entry.line].append(entry)
    shown: list[SourceCell] = []
    left = MOST_LINES
    for number, text in cells:
        pieces = highlighted(text)[:left]
        left -= len(pieces)
        lines = [_line(number, place, line, about) for place, line in enumerate(pieces, start=1)]
        if lines:
            shown.append(SourceCell(number, lines))
    return shown


def _line(cell: int | None, number: int, pieces: list[Piece], about: dict[str, list[Said]]) -> SourceLine:
    entries = about.get(line_anchor(Place(cell=cell, line=number)), [])
    found = [entry.entry.severity for entry in entries if isinstance(entry.entry, Finding)]
    worst = min(found, key=SEVERITIES.index, default=None)
    tone = TONES[worst] if worst else "passed" if entries else ""
    return SourceLine(number, pieces, tone, tuple(entry.anchor for entry in entries))


def _position(place: Place | None) -> tuple[int, int]:
    return (0, 0) if place is None else (place.cell or 0, place.line)
