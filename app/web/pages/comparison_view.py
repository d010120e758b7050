"""What a comparison's page shows, put together from what its runs are and what its address asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from app.core.runs.columns import OF_STEPS
from app.core.runs.series import Axis
from app.core.runs.twins import Twin
from app.web.figures.compared_curves import metric_title
from app.web.figures.settings_figures import Column
from app.web.pages.frame import RunLine

FIRST = ("val_accuracy", "val_loss", "accuracy", "loss")
"""The charts that come first; the others follow by name, those of single steps last."""
EXPECTED = (
    *FIRST,
    "learning_rate",
    *("batch_accuracy", "batch_gradient_norm", "batch_images_per_second", "batch_learning_rate", "batch_loss"),
)
"""What every training tells: a page that is open before it has begun has charts for them."""
AXES: dict[Axis, str] = {"epoch": "epoch", "step": "step", "time": "relative time", "wall": "wall time"}
MOST_BESIDE = 8
"""So many runs have their digests and losses side by side; more are summed up."""


class Asked(BaseModel):
    """What the server makes of the address; the rest of it (what is hidden, pinned, zoomed) is the browser's."""

    runs: list[str] = []
    baseline: str | None = None
    x: Axis = "epoch"
    smooth: float = Field(default=0.6, ge=0, le=0.99)
    outliers: Literal["keep", "ignore"] = "keep"
    settings: Literal["differences", "all"] = "differences"
    q: str = Field(default="", max_length=500)
    group: str = ""
    setting: str = ""
    metric: str = "val_accuracy"
    pair: str = ""

    @property
    def ids(self) -> list[str]:
        """Runs are given as ?runs=ID,ID or ?runs=ID&runs=ID."""
        return list(dict.fromkeys(run_id for part in self.runs for run_id in part.split(",") if run_id))

    def address(self, **changes: str) -> str:
        """The address of the page with other choices."""
        usual = Asked().model_dump()
        values = {**self.model_dump(exclude={"runs"}), **changes}
        chosen = {name: value for name, value in values.items() if value is not None and value != usual[name]}
        return "?" + urlencode({"runs": ",".join(self.ids), **chosen})


@dataclass(frozen=True)
class Chart:
    """One metric and what it is called."""

    metric: str
    title: str


def charts_of(names: Sequence[str], *, is_live: bool) -> list[Chart]:
    """A chart for each metric that is there, or is still to come, in the order of the page."""
    if is_live:
        told = dict.fromkeys([*names, *EXPECTED])
        names = sorted(told, key=lambda name: (name.startswith(OF_STEPS), name))
    ordered = [name for name in FIRST if name in names] + [name for name in names if name not in FIRST]
    titles = [metric_title(name) for name in ordered]
    return [Chart(name, title[:1].upper() + title[1:]) for name, title in zip(ordered, titles, strict=True)]


def described(lines: Sequence[RunLine], compared: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The runs as the browser filters them: by name, and by every setting under its name."""
    found = []
    for number, line in enumerate(lines):
        values = {entry["name"]: entry["values"][number] for entry in compared["configuration"]}
        values |= {"state": line.run.state.value, "group": line.run.group, "tag": list(line.run.tags)}
        found.append({"id": line.run.id, "name": line.run.name, "values": values})
    return found


@dataclass(frozen=True)
class Epoch:
    """One epoch of runs side by side: the first characters of the digests, and losses to their last digit."""

    number: int
    digests: tuple[str, ...]
    losses: tuple[str, ...]
    parted: tuple[bool, ...]
    """Whether each differs from the first."""


def epochs_of(ids: Sequence[str], compared: Mapping[str, Any]) -> list[Epoch]:
    """Every epoch that any of the runs has."""
    digests = [compared["weights_digests"][run_id] for run_id in ids]
    losses = [_losses(compared["series"][run_id]) for run_id in ids]
    found = []
    for number in range(1, max((len(one) for one in digests), default=0) + 1):
        told = [one[number - 1] if number <= len(one) else None for one in digests]
        found.append(
            Epoch(
                number=number,
                digests=tuple("–" if digest is None else digest[:12] for digest in told),
                losses=tuple(one.get(number, "–") for one in losses),
                parted=tuple(digest is None or digest != told[0] for digest in told),
            )
        )
    return found


def _losses(series: Mapping[str, Any]) -> dict[int, str]:
    found = series.get("loss", {"x": [], "y": []})
    return {round(x): "–" if y is None else repr(y) for x, y in zip(found["x"], found["y"], strict=True)}


def against(settings: Sequence[Column], asked: str) -> str:
    """The setting that was asked for, where it differs; or else the first that is a number; or else the first."""
    names = [column.name for column in settings]
    numeric = [column.name for column in settings if column.is_numeric]
    return asked if asked in names else next(iter([*numeric, *names]), "")


def twin_text(twin: Twin) -> str:
    """In words, how far a run is the same as the baseline."""
    if twin.first_epoch is None and twin.first_step is None:
        if not twin.identical_epochs:
            return "nothing to compare yet"
        return f"bit-identical through epoch {twin.identical_epochs}, and all {twin.identical_steps:,} losses of steps"
    same = f"bit-identical through epoch {twin.identical_epochs}; " if twin.identical_epochs else ""
    weights = f"weights differ from epoch {twin.first_epoch} on" if twin.first_epoch else "weights do not differ yet"
    losses = f", the losses part at step {twin.first_step:,}" if twin.first_step else ""
    return same + weights + losses
