"""What was taken for what: true classes down, predicted across."""

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from app.web.figures.palette import Theme, ThemeName, faded, theme_of

MOST_NUMBERS = 24


def confusion_figure(
    classes: Sequence[str], matrix: Sequence[Sequence[int]], *, leads_to: str = "", theme: ThemeName = "light"
) -> dict[str, Any]:
    """A Plotly heat map; a cell is coloured by its share of its true class, and says how many images it stands for.

    `leads_to` is the address that a click opens, with `class` and `predicted` added; without one a click opens nothing.
    """
    colours = theme_of(theme)
    names = [escape(name[:40], quote=False) for name in classes]
    meta: dict[str, Any] = {"minimum_width": 260}
    if leads_to:
        meta["cells"] = {"address": leads_to, "classes": list(classes)}
    return {"data": [_heat(len(names), matrix, colours)], "layout": _layout(names, colours, meta)}


def _heat(classes: int, matrix: Sequence[Sequence[int]], colours: Theme) -> dict[str, Any]:
    # Classes may be called like numbers or dates: places are numbers, names are only written at them.
    places = list(range(classes))
    images = [max(1, sum(row)) for row in matrix]
    gap = 2 if classes <= MOST_NUMBERS else 0
    heat = {
        "type": "heatmap",
        "x": places,
        "y": places,
        "z": [[round(count / total, 4) for count in row] for row, total in zip(matrix, images, strict=True)],
        "zmin": 0,
        "zmax": 1,
        "text": [list(row) for row in matrix],
        "colorscale": [[0, faded(colours.series[0], 0.04)], [1, faded(colours.series[0], 0.75)]],
        "showscale": False,
        "xgap": gap,
        "ygap": gap,
        "hovertemplate": "%{text} of <b>%{y}</b> taken for <b>%{x}</b><extra></extra>",
    }
    if classes <= MOST_NUMBERS:
        heat |= {"texttemplate": "%{text}", "textfont": {"color": colours.text}}
    return heat


def _layout(names: Sequence[str], colours: Theme, meta: dict[str, Any]) -> dict[str, Any]:
    # Names that are written over each other say nothing: of many classes every so-many-th is named.
    step = max(1, math.ceil(len(names) / MOST_NUMBERS))
    axis = {
        "tickvals": list(range(0, len(names), step)),
        "ticktext": list(names[::step]),
        # What a cell's label calls the places between: once for each class, not once for each cell.
        "hoverformat": "d",
        "labelalias": {str(place): name for place, name in enumerate(names)},
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "tickfont": {"color": colours.muted, "size": 11},
        "automargin": True,
    }
    quiet = {"font": {"color": colours.muted, "size": 11}}
    return {
        "height": 340 if len(names) <= MOST_NUMBERS else 480,
        "meta": meta,
        "margin": {"l": 56, "r": 8, "t": 8, "b": 48},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": colours.text, "family": "inherit", "size": 12},
        "hoverlabel": {"bgcolor": colours.surface, "bordercolor": colours.grid, "font": {"color": colours.text}},
        "xaxis": {**axis, "title": {"text": "predicted", **quiet}},
        "yaxis": {**axis, "title": {"text": "true", **quiet}, "autorange": "reversed"},
    }
