"""One metric of several runs on one axis: a line for each, in the run's own colour. The page smooths, hides and marks them."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from app.core.runs.columns import OF_STEPS
from app.core.runs.run import Run
from app.core.runs.series import Axis, Series, Wanted
from app.web.figures.curves import X_TITLES, drawn_places, nothing_yet, seams
from app.web.figures.palette import Theme, ThemeName, series_of_runs, theme_of

_WORDS = {
    "images_per_second": "images a second",
    "gradient_norm": "norm of the gradients",
    "learning_rate": "learning rate",
}


def metric_title(name: str) -> str:
    """What people call a metric: `val_loss` is the validation loss, `batch_loss` the loss of steps."""
    of_steps = name.startswith(OF_STEPS)
    plain = name.removeprefix(OF_STEPS)
    is_validation = plain.startswith("val_")
    plain = plain.removeprefix("val_")
    words = _WORDS.get(plain, plain.replace("_", " "))
    if of_steps:
        return f"{words}, step by step"
    if is_validation:
        return f"validation {words}"
    return words if plain in _WORDS else f"training {words}"


def compared_curves(
    runs: Sequence[Run],
    series: Mapping[str, Mapping[str, Series]],
    *,
    wanted: Wanted,
    theme: ThemeName = "light",
) -> dict[str, Any]:
    """A Plotly figure whose traces say in `meta` which run they are and where another attempt went on."""
    (metric,) = wanted.names
    colours = theme_of(theme)
    own = series_of_runs([run.id for run in runs])
    data = []
    for run in runs:
        found = series.get(run.id, {}).get(metric)
        if found is None or not found.x:
            continue
        data.append(
            {
                "type": "scatter",
                "mode": "lines" if len(found.x) > 2 else "lines+markers",
                "name": escape(run.name, quote=False),
                "x": drawn_places(found, wanted.axis),
                "y": found.y,
                "line": {"color": colours.series[own[run.id]], "width": 1.6},
                "meta": {"run": run.id, "name": run.name, "seams": seams(found), "attempts": max(found.attempts)},
            }
        )
    return {"data": data, "layout": compared_layout(data, wanted=wanted, theme=theme)}


def compared_layout(data: Sequence[Any], *, wanted: Wanted, theme: ThemeName) -> dict[str, Any]:
    """What is around the curves; where there are none, it says so."""
    colours = theme_of(theme)
    layout = _layout(wanted.axis, colours, is_share="accuracy" in wanted.names[0])
    return layout if data else layout | nothing_yet(colours, "nothing of it yet")


def _layout(axis: Axis, colours: Theme, *, is_share: bool) -> dict[str, Any]:
    quiet = {"color": colours.muted, "size": 11}
    common = {"gridcolor": colours.grid, "zeroline": False, "tickfont": quiet, "automargin": True}
    return {
        "height": 260,
        "margin": {"l": 52, "r": 10, "t": 6, "b": 34},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": colours.text, "family": "inherit", "size": 12},
        "showlegend": False,
        # The page has a cursor of its own, which all charts share.
        "hovermode": False,
        "dragmode": "zoom",
        "xaxis": {
            **common,
            "title": {"text": X_TITLES[axis], "font": quiet, "standoff": 4},
            "type": "date" if axis == "wall" else "linear",
        },
        # Height follows what is shown; people zoom across.
        "yaxis": {**common, "fixedrange": True, "tickformat": ".4~p" if is_share else ""},
    }
