"""One metric of several runs, grouped by a setting: a line for the mean of each group in a band that holds its runs."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from app.core.runs.grouped import band_of
from app.core.runs.run import Run
from app.core.runs.series import Series, Wanted
from app.web.figures.compared_curves import compared_layout
from app.web.figures.palette import ThemeName, faded, series_of_runs, theme_of


def grouped_curves(
    runs: Sequence[Run],
    series: Mapping[str, Mapping[str, Series]],
    *,
    values: Sequence[Any],
    setting: str,
    wanted: Wanted,
    theme: ThemeName = "light",
) -> dict[str, Any]:
    """A Plotly figure; `values` has the setting's value of each run. A group has the colour of its first run."""
    (metric,) = wanted.names
    colours = theme_of(theme)
    own = series_of_runs([run.id for run in runs])
    members: dict[str, list[Run]] = {}
    for run, value in zip(runs, values, strict=True):
        if series.get(run.id, {}).get(metric):
            members.setdefault("–" if value is None else str(value), []).append(run)
    data = []
    for value, group in members.items():
        band = band_of([series[run.id][metric] for run in group], max_points=wanted.max_points)
        name = f"{setting.replace('_', ' ')}: {value} ({len(group)})"
        colour = colours.series[own[group[0].id]]
        scale = 1000 if wanted.axis == "wall" else 1
        data.append(
            {
                "type": "scatter",
                "mode": "lines" if len(band.x) > 2 else "lines+markers",
                "name": escape(name, quote=False),
                "x": [scale * place for place in band.x],
                "y": band.mean,
                "line": {"color": colour, "width": 2},
                "fillcolor": faded(colour, 0.14),
                "meta": {"run": group[0].id, "name": name, "seams": [], "band": {"low": band.low, "high": band.high}},
            }
        )
    return {"data": data, "layout": compared_layout(data, wanted=wanted, theme=theme)}
