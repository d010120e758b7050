"""The reliability diagram: how sure the network was, across, and how often it was right then, upwards."""

from collections.abc import Mapping
from typing import Any

from app.web.figures.palette import Theme, ThemeName, faded, theme_of


def calibration_figure(calibration: Mapping[str, Any] | None, *, theme: ThemeName = "light") -> dict[str, Any]:
    """A point for each bin with the 95 % interval of its accuracy; on the diagonal a network is as sure as it is right.

    Without a calibration (none was measured, or the outputs are no probabilities) the diagonal alone.
    """
    colours = theme_of(theme)
    bins = [] if calibration is None else calibration["bins"]
    return {"data": [_diagonal(colours), _images(bins, colours), _points(bins, colours)], "layout": _layout(colours)}


def _diagonal(colours: Theme) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [0, 1],
        "y": [0, 1],
        "line": {"color": colours.muted, "width": 1, "dash": "dot"},
        "hoverinfo": "skip",
    }


def _images(bins: list[Mapping[str, Any]], colours: Theme) -> dict[str, Any]:
    """How many images a bin has, as bars from below: a point over a low bar says little."""
    most = max((entry["images"] for entry in bins), default=1)
    return {
        "type": "bar",
        "x": [(entry["from"] + entry["to"]) / 2 for entry in bins],
        "y": [0.25 * entry["images"] / most for entry in bins],
        "width": [entry["to"] - entry["from"] for entry in bins],
        "marker": {"color": faded(colours.muted, 0.25)},
        "hoverinfo": "skip",
    }


def _points(bins: list[Mapping[str, Any]], colours: Theme) -> dict[str, Any]:
    most = max((entry["images"] for entry in bins), default=1)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [entry["confidence"] for entry in bins],
        "y": [entry["accuracy"] for entry in bins],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [entry["interval"][1] - entry["accuracy"] for entry in bins],
            "arrayminus": [entry["accuracy"] - entry["interval"][0] for entry in bins],
            "color": faded(colours.series[0], 0.5),
            "thickness": 1.2,
            "width": 3,
        },
        "customdata": [[entry["images"], *entry["interval"]] for entry in bins],
        # Its area is the number of images.
        "marker": {"color": colours.series[0], "size": [5 + 9 * (entry["images"] / most) ** 0.5 for entry in bins]},
        "hovertemplate": "%{x:.1%} sure, %{y:.1%} right<br>%{customdata[0]:,} images, %{customdata[1]:.1%} to "
        "%{customdata[2]:.1%}<extra></extra>",
    }


def _layout(colours: Theme) -> dict[str, Any]:
    quiet = {"font": {"color": colours.muted, "size": 11}}
    axis = {
        "range": [-0.02, 1.02],
        "tickformat": ".0%",
        "gridcolor": colours.grid,
        "zeroline": False,
        "fixedrange": True,
        "tickfont": {"color": colours.muted, "size": 11},
    }
    return {
        "height": 300,
        "showlegend": False,
        "margin": {"l": 56, "r": 8, "t": 8, "b": 44},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": colours.text, "family": "inherit", "size": 12},
        "hoverlabel": {"bgcolor": colours.surface, "bordercolor": colours.grid, "font": {"color": colours.text}},
        "xaxis": {**axis, "title": {"text": "how sure", **quiet}},
        "yaxis": {**axis, "title": {"text": "how often right", **quiet}},
    }
