"""Plotly traces of boxes, of the lines between them, and of words."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import cos, pi, sin
from typing import Any

from app.web.figures.boxes import Box, closed
from app.web.figures.graph_layout import TRACK, GraphLayout, Wire
from app.web.figures.palette import Theme, mixed

Point = tuple[float, float]

_FACE_STRENGTHS = (0.16, 0.3, 0.5)
_CORNER_WIDTH, _CORNER_HEIGHT = 0.16, 0.07


@dataclass(frozen=True)
class Look:
    """How a group of boxes is drawn: its colour, and whether it is there or only outlined."""

    colour: str
    dash: str = "solid"
    is_filled: bool = True


def box_traces(groups: Mapping[str, Sequence[Box]], looks: Mapping[str, Look], colours: Theme) -> list[dict[str, Any]]:
    """Three faces for each group, one entry in the legend. Faces are not transparent: lines pass behind."""
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "legendgroup": name,
            "showlegend": number == 0,
            **_points(*closed(box.faces()[number] for box in members)),
            "fill": "toself",
            "fillcolor": mixed(look.colour, colours.surface, strength if look.is_filled else 0),
            "line": {"color": look.colour, "width": 1.2, "dash": look.dash},
            "hoverinfo": "skip",
        }
        for name, members in groups.items()
        for look in [looks[name]]
        for number, strength in enumerate(_FACE_STRENGTHS)
    ]


def line_traces(
    boxes: Sequence[Box], layout: GraphLayout, colours: Theme, *, ground: float = 0.0
) -> list[dict[str, Any]]:
    """How calls are connected; nothing for a chain, where each box simply follows the one before.

    `ground` is how far from zero the lowest level is drawn.
    """
    if not layout.wires:
        return []
    steps = [[(boxes[one].x, _track(boxes[one])), (boxes[two].x, _track(boxes[two]))] for one, two in layout.steps]
    paths = [*steps, *(path for wire in layout.wires for path in _wire_paths(wire, boxes, ground))]
    line = {"color": mixed(colours.muted, colours.surface, 0.75), "width": 1.3}
    return [{**_path_trace(paths), "name": "connection", "showlegend": False, "line": line}]


def tie_traces(names: Sequence[str], boxes: Sequence[Box], colours: Theme) -> list[dict[str, Any]]:
    """Dashed ties between the calls of a shared layer; `names` are the boxes' layers."""
    calls: dict[str, list[Box]] = {}
    for name, box in zip(names, boxes, strict=True):
        calls.setdefault(name, []).append(box)
    paths = [
        _tie(one, two, number % 3)
        for number, members in enumerate(member for member in calls.values() if len(member) > 1)
        for one, two in itertools.pairwise(members)
    ]
    if not paths:
        return []
    line = {"color": colours.text, "width": 1.4, "dash": "dash"}
    return [{**_path_trace(paths), "name": "shared layer", "line": line}]


def text_trace(texts: Iterable[tuple[float, float, str, str]], colour: str, *, size: int = 11) -> list[dict[str, Any]]:
    """Words (x, y, text, where from that point), escaped; no trace where there are none."""
    found = list(texts)
    if not found:
        return []
    xs, ys, words, places = zip(*found, strict=True)
    return [
        {
            "type": "scatter",
            "mode": "text",
            **_points(xs, ys),
            "text": [escape(word, quote=False) for word in words],
            "textposition": list(places),
            "textfont": {"color": colour, "size": size},
            "showlegend": False,
            "hoverinfo": "skip",
            "cliponaxis": False,
        }
    ]


def hover_trace(boxes: Sequence[Box], facts: Sequence[Sequence[str]], template: str) -> dict[str, Any]:
    """One invisible marker for each box, as faces are skipped by the pointer."""
    return {
        "type": "scatter",
        "mode": "markers",
        # The arrow keys go from one of these to the next.
        "meta": "walk",
        "showlegend": False,
        **_points([box.x for box in boxes], [box.middle for box in boxes]),
        "marker": {"opacity": 0, "size": 18},
        "customdata": [list(entry) for entry in facts],
        "hovertemplate": template,
    }


def _points(xs: Sequence[float | None], ys: Sequence[float | None]) -> dict[str, Any]:
    return {
        "x": [None if x is None else round(x, 4) for x in xs],
        "y": [None if y is None else round(y, 4) for y in ys],
    }


def _path_trace(paths: Iterable[Sequence[Point]]) -> dict[str, Any]:
    xs: list[float | None] = []
    ys: list[float | None] = []
    for path in paths:
        xs += [*(x for x, _ in path), None]
        ys += [*(y for _, y in path), None]
    return {"type": "scatter", "mode": "lines", **_points(xs, ys), "hoverinfo": "skip"}


def _track(box: Box) -> float:
    return box.base - TRACK if box.hangs else box.base + TRACK


def _wire_paths(wire: Wire, boxes: Sequence[Box], ground: float) -> list[list[Point]]:
    source = boxes[wire.source]
    run = (-1 if source.hangs else 1) * (ground + wire.level + TRACK)
    paths = []
    for number in wire.targets:
        target = boxes[number]
        start = _end(source, run, 0.5)
        end = _end(target, run, -0.5)
        paths.append(_rounded([start, (start[0], run), (end[0], run), end]))
    return paths


def _end(box: Box, run: float, side: float) -> Point:
    """Where a wire meets a box: behind its front, right of the middle where it leaves and left of it where it arrives."""
    if abs(run - _track(box)) < 1e-9:
        return box.x, run
    return box.x + side * min(0.4, box.half_width), box.middle


def _rounded(path: list[Point]) -> list[Point]:
    """The path with its right angles as quarters of an ellipse."""
    found = [path[0]]
    for before, corner, after in zip(path, path[1:], path[2:], strict=False):
        along, away = _towards(corner, before), _towards(corner, after)
        if along == (0, 0) or away == (0, 0):
            found.append(corner)
            continue
        for step in range(4):
            turn = step * pi / 6
            a, b = 1 - sin(turn), 1 - cos(turn)
            found.append((corner[0] + along[0] * a + away[0] * b, corner[1] + along[1] * a + away[1] * b))
    return [*found, path[-1]]


def _towards(corner: Point, other: Point) -> Point:
    """From a corner towards its neighbour, no further than a corner's radius or half of the way."""
    across, up = other[0] - corner[0], other[1] - corner[1]
    return (
        max(-_CORNER_WIDTH, min(_CORNER_WIDTH, across / 2)),
        max(-_CORNER_HEIGHT, min(_CORNER_HEIGHT, up / 2)),
    )


def _tie(one: Box, two: Box, turn: int) -> list[Point]:
    if one.base != two.base:
        return [(one.x, one.middle), (two.x, two.middle)]
    low = one.base - 0.07 - 0.035 * turn
    return [(one.x, one.base), (one.x, low), (two.x, low), (two.x, two.base)]
