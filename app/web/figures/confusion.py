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

    `leads_to` is the address that a click opens, with `class` and `predicted` added.
    """
    colours = theme_of(theme)
    names = [escape(name[:40], quote=False) for name in classes]
    return {
        "data": [_heat(names, matrix, colours)],
        "layout": _layout(names, colours, {"address": leads_to, "classes": list(classes)}),
    }


def _heat(names: Sequence[str], matrix: Sequence[Sequence[int]], colours: Theme) -> dict[str, Any]:
    # Classes may be called like numbers or dates: places are numbers, names are only written at them.
    places = list(range(len(names)))
    facts = [
        [[count, true, predicted] for count, predicted in zip(row, names, strict=True)]
        for row, true in zip(matrix, names, strict=True)
    ]
    hover = "%{customdata[0]} of <b>%{customdata[1]}</b> taken for <b>%{customdata[2]}</b><extra></extra>"
    gap = 2 if len(names) <= MOST_NUMBERS else 0
    heat = {
        "type": "heatmap",
        "x": places,
        "y": places,
        "z": [[count / max(1, sum(row)) for count in row] for row in matrix],
        "zmin": 0,
        "zmax": 1,
        "customdata": facts,
        "colorscale": [[0, faded(colours.series[0], 0.04)], [1, faded(colours.series[0], 0.75)]],
        "showscale": False,
        "xgap": gap,
        "ygap": gap,
        "hovertemplate": hover,
    }
    if len(names) <= MOST_NUMBERS:
        heat |= {"text": [list(row) for row in matrix], "texttemplate": "%{text}", "textfont": {"color": colours.text}}
    return heat


def _layout(names: Sequence[str], colours: Theme, cells: dict[str, Any]) -> dict[str, Any]:
    # Names that are written over each other say nothing: of many classes every so-many-th is named.
    step = max(1, math.ceil(len(names) / MOST_NUMBERS))
    axis = {
        "tickvals": list(range(0, len(names), step)),
        "ticktext": list(names[::step]),
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "tickfont": {"color": colours.muted, "size": 11},
        "automargin": True,
    }
    quiet = {"font": {"color": colours.muted, "size": 11}}
    return {
        "height": 340 if len(names) <= MOST_NUMBERS else 480,
        "meta": {"minimum_width": 260, "cells": cells},
        "margin": {"l": 56, "r": 8, "t": 8, "b": 48},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": colours.text, "family": "inherit", "size": 12},
        "hoverlabel": {"bgcolor": colours.surface, "bordercolor": colours.grid, "font": {"color": colours.text}},
        "xaxis": {**axis, "title": {"text": "predicted", **quiet}},
        "yaxis": {**axis, "title": {"text": "true", **quiet}, "autorange": "reversed"},
    }
