"""The learning rate over a run, before it starts."""

from typing import Any

from app.core.runs.plan import RateCurve
from app.web.figures.palette import ThemeName, theme_of


def learning_rate_figure(curve: RateCurve, *, theme: ThemeName = "light") -> dict[str, Any]:
    """A small Plotly figure: epochs across, the rate upwards from zero."""
    colours = theme_of(theme)
    axis = {"gridcolor": colours.grid, "zerolinecolor": colours.grid, "linecolor": colours.grid, "fixedrange": True}
    trace = {
        "type": "scatter",
        "mode": "lines",
        "x": list(curve.epoch),
        "y": list(curve.value),
        "line": {"color": colours.series[0], "width": 2},
        "hovertemplate": "epoch %{x:.1f}: %{y:.3g}<extra></extra>",
    }
    return {
        "data": [trace],
        "layout": {
            "height": 190,
            "margin": {"l": 78, "r": 12, "t": 8, "b": 38},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"color": colours.text, "size": 12},
            "showlegend": False,
            "xaxis": axis | {"title": {"text": "epoch"}},
            "yaxis": axis | {"rangemode": "tozero", "exponentformat": "e", "title": {"text": "learning rate"}},
        },
    }
