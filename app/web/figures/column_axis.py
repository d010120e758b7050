"""The axis that all parts of a diagram share: a column for each depth, and how it is seen as a whole where it is long."""

from collections.abc import Sequence
from html import escape
from typing import Any

from app.web.figures.palette import Theme

COLUMN_PIXELS = 22
LONGEST_LABEL = 24
_FEWEST, _MANY = 12, 60
_WIDEST_PIXELS = 24_000
_OVERVIEW_LABELS = 36


def column_axis(labels: Sequence[str], colours: Theme) -> dict[str, Any]:
    """The `xaxis`. Few columns are not stretched over a wide page: room is left on both sides."""
    count = len(labels)
    spare = max(0, _FEWEST - count) / 2
    step = max(1, -(-count * COLUMN_PIXELS // _WIDEST_PIXELS))
    places = list(range(0, count, step))
    return {
        "range": [-0.8 - spare, count - 0.2 + spare],
        **ticks(labels, places),
        "tickangle": -60,
        "tickfont": {"color": colours.muted, "size": 10 if count <= 40 else 9},
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
    }


def meta(labels: Sequence[str], marks: Sequence[int]) -> dict[str, Any]:
    """`layout.meta`: the width that keeps columns apart, and for a long axis what changes where all of it is seen at once.

    `marks` are the columns worth a label in the overview, most telling first.
    """
    count = len(labels)
    facts: dict[str, Any] = {"minimum_width": min(_WIDEST_PIXELS, max(320, COLUMN_PIXELS * count))}
    if count > _MANY:
        facts["overview"] = {"minimum_width": 640, "line_width": 0.5, "xaxis": ticks(labels, thinned(marks, count))}
    return facts


def ticks(labels: Sequence[str], places: Sequence[int]) -> dict[str, Any]:
    """Labels at some of the columns; what people named is escaped."""
    texts = [label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…" for label in labels]
    return {"tickvals": list(places), "ticktext": [escape(texts[place], quote=False) for place in places]}


def thinned(marks: Sequence[int], count: int) -> list[int]:
    """As many of the marks as can be read when `count` columns fill a page, none too near to another."""
    apart = max(1, count // _OVERVIEW_LABELS)
    chosen: list[int] = []
    for place in marks:
        if all(abs(place - other) >= apart for other in chosen):
            chosen.append(place)
    return sorted(chosen)
