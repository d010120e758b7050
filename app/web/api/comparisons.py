"""Comparisons over REST."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from pydantic_core import to_json

from app.core.datasets.folders import fit_for_a_file
from app.core.errors import FieldError, InvalidError
from app.core.runs.request import MOST_RUNS_AT_ONCE
from app.core.runs.run import Run
from app.core.runs.series import Axis, Series, Wanted
from app.web.dependencies import Services
from app.web.downloads import attached
from app.web.figures.compared_curves import compared_curves
from app.web.figures.grouped_curves import grouped_curves
from app.web.figures.palette import ThemeName
from app.web.figures.settings_figures import parallel_figure, scatter_figure
from app.web.tables import csv_table

router = APIRouter(prefix="/comparisons", tags=["comparisons"])

EXPORTED_POINTS = 100_000


def _ids(
    runs: Annotated[str, Query(description="Ids, comma-separated; the first is the baseline unless another is named.")],
) -> list[str]:
    ids = list(dict.fromkeys(run_id for run_id in runs.split(",") if run_id))
    if not 1 <= len(ids) <= MOST_RUNS_AT_ONCE:
        raise InvalidError(
            f"{len(ids)} runs were named; between 1 and {MOST_RUNS_AT_ONCE} are compared at once: ?runs=ID,ID,...",
            errors=[FieldError("runs", f"expected 1 to {MOST_RUNS_AT_ONCE} ids")],
        )
    return ids


RunIds = Annotated[list[str], Depends(_ids)]
Place = Annotated[float | None, Query(allow_inf_nan=False)]


def _wanted(*, usual: int, most: int) -> Callable[..., Wanted]:
    def read(
        metric: str = "val_accuracy",
        x: Axis = "epoch",
        x_from: Place = None,
        x_to: Place = None,
        max_points: Annotated[int, Query(ge=2, le=most)] = usual,
    ) -> Wanted:
        return Wanted(names=(metric,), axis=x, x_from=x_from, x_to=x_to, max_points=max_points)

    return read


@router.get("")
def compare(runs: RunIds, services: Services, baseline: str | None = None) -> dict[str, Any]:
    """Runs side by side; `twins` are those of which the same was asked as of the baseline, and where they part from it."""
    compared = services.comparisons.compare(runs, baseline=baseline)
    twins = services.twins.of(compared["baseline"], runs, compared["weights_digests"])
    tested = services.significance.of(sorted(runs, key=lambda run_id: run_id != compared["baseline"]))
    return compared | tested | {"twins": [twin.json_object() for twin in twins]}


@router.get("/figure")
def figure(
    runs: RunIds,
    services: Services,
    wanted: Annotated[Wanted, Depends(_wanted(usual=1_000, most=20_000))],
    group: str | None = None,
    theme: ThemeName = "light",
) -> Response:
    """One metric of several runs on one axis, between two places of it: Plotly's data and layout.

    With `group`, the name of a setting: the mean of the runs of each of its values, in a band from lowest to highest.
    """
    found, series = services.curves.of_several(runs, wanted)
    if group is None:
        return _json(compared_curves(found, series, wanted=wanted, theme=theme))
    values = [asked.get(group) for asked in services.comparisons.asked(runs)]
    return _json(grouped_curves(found, series, values=values, setting=group, wanted=wanted, theme=theme))


@router.get("/figures/parallel")
def parallel(runs: RunIds, services: Services, theme: ThemeName = "light") -> dict[str, Any]:
    """The settings that differ and what was reached, as parallel coordinates: Plotly's data and layout."""
    return parallel_figure(services.comparisons.compare(runs, with_epochs=False), theme=theme)


@router.get("/figures/scatter")
def scatter(
    runs: RunIds, services: Services, setting: str, metric: str = "val_accuracy", theme: ThemeName = "light"
) -> dict[str, Any]:
    """One setting against the best of one metric, a point for each run: Plotly's data and layout."""
    return scatter_figure(
        services.comparisons.compare(runs, with_epochs=False), setting=setting, metric=metric, theme=theme
    )


@router.get("/series")
def series_(
    runs: RunIds,
    services: Services,
    wanted: Annotated[Wanted, Depends(_wanted(usual=EXPORTED_POINTS, most=EXPORTED_POINTS))],
    format: Literal["json", "csv"] = "json",  # noqa: A002 -- its name in the address
) -> Response:
    """One metric of several runs as numbers to take along, at full resolution up to 100,000 points a run."""
    (metric,) = wanted.names
    # One run after another: all of them at once can be a gigabyte.
    curves = ((run, services.curves.of(run, wanted).get(metric)) for run in services.curves.runs(runs))
    found = ((run, curve) for run, curve in curves if curve is not None)
    name = f"{fit_for_a_file(metric)[:80]}.{format}"
    if format == "csv":
        return csv_table(_rows(found, wanted.axis, metric), name=name)
    parts = _parts(found, wanted.axis, metric)
    return StreamingResponse(parts, media_type="application/json", headers=attached(name))


def _parts(curves: Iterator[tuple[Run, Series]], axis: Axis, metric: str) -> Iterator[bytes]:
    yield b'{"metric":%s,"x":%s,"runs":[' % (to_json(metric), to_json(axis))
    for number, (run, curve) in enumerate(curves):
        yield (b"," if number else b"") + to_json({"run": run.id, "name": run.name, **dict(curve)}, inf_nan_mode="null")
    yield b"]}"


def _rows(curves: Iterator[tuple[Run, Series]], axis: Axis, metric: str) -> Iterator[Sequence[str | int]]:
    yield ["run", "name", "attempt", axis, metric]
    for run, curve in curves:
        for place, value, attempt in zip(curve.x, curve.y, curve.attempts, strict=True):
            yield [run.id, run.name, attempt, repr(place), "" if value is None else repr(value)]


def _json(content: Any, headers: Mapping[str, str] | None = None) -> Response:
    # Written at once: FastAPI would look at each of the many numbers before.
    return Response(to_json(content, inf_nan_mode="null"), media_type="application/json", headers=headers)
