"""What the Train page's form was sent with, or begins with, and the runs that it asks for."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import FormData

from app.core.errors import FieldError, InvalidError
from app.core.runs.configuration import Configuration
from app.core.runs.run import Run
from app.core.runs.start_from import StartFrom
from app.core.runs.sweeps import SEED, Sweep, Variant, expanded
from app.web.pages.forms import Field, fields_of, filled, flat, nested, unnested
from app.web.problems import field_errors

LISTS: Mapping[str, tuple[str, Callable[[str], int | float]]] = {
    "learning_rates": ("configuration.optimizer.learning_rate", float),
    "batch_sizes": ("configuration.batch_size", int),
    "seeds": (SEED, int),
}
"""Fields that take several values, what they are values of, and how each is read."""

SEVERAL = (
    Field("repeats", "Repeat with so many seeds", "number", "1", "1", minimum=1, hint="They follow the seed above."),
    Field("learning_rates", "Learning rates", "text", "", "", hint="Several, as in 0.01, 0.001: a run for each."),
    Field("batch_sizes", "Batch sizes", "text", "", "", hint="Several, as in 8, 32: a run for each."),
    Field("seeds", "Seeds", "text", "", "", hint="Several, instead of repeating."),
    Field("group", "Group", "text", "", "", hint="A name under which the runs are found together."),
)
START = (
    Field("start_weights", "Weights", "choice", "best", "best", choices=("best", "last")),
    Field(
        "start_match", "Take", "choice", "whole", "whole", choices=("whole", "fitting"),
        hint="Whole needs the same architecture; fitting takes layers of the same name and shapes.",
    ),
    Field("start_freeze", "Freeze layers", "text", "", "", hint="Names, separated by commas: they do not learn."),
)  # fmt: skip
_SETTINGS = fields_of(Configuration.model_json_schema())
_SAID = {
    "start_from.run": "start_weights",
    "start_from.match": "start_match",
    "start_from.freeze": "start_freeze",
    "sweep": "repeats",
    **{f"sweep.over.{path}": name for name, (path, _) in LISTS.items()},
}


@dataclass(frozen=True)
class Sent:
    """The form's values: `values` of the configuration, `several` of what makes many runs, `start` of first weights."""

    chosen: list[str]
    dataset_id: str
    values: dict[str, str] = field(default_factory=dict)
    several: dict[str, str] = field(default_factory=dict)
    start: dict[str, str] = field(default_factory=dict)
    start_run: str = ""

    @property
    def is_sweep(self) -> bool:
        """Whether more is asked for than one run for each architecture."""
        return any(self.several.get(name, "").strip() for name in LISTS) or self._repeats != "1"

    @property
    def _repeats(self) -> str:
        return self.several.get("repeats", "").strip() or "1"

    def configuration(self) -> Configuration:
        """The settings that all runs share; InvalidError names the fields that are wrong."""
        try:
            return Configuration.model_validate(nested(self.values, _SETTINGS))
        except ValidationError as error:
            said = "Some settings are not acceptable; each says what it expects."
            raise InvalidError(said, errors=field_errors(error)) from None

    def sweep(self, architecture_ids: list[str]) -> Sweep:
        """Every combination that is asked for, with these architectures."""
        base: dict[str, Any] = {"dataset": self.dataset_id, "configuration": self.configuration().json_object()}
        group = self.several.get("group", "").strip()
        base |= {"group": group} if group else {}
        base |= {"start_from": self._start_from()} if self.start_run else {}
        over: dict[str, Any] = {"architecture": list(dict.fromkeys(architecture_ids))}
        over |= {
            path: [_read(part, name, number) for part in _parts(self.several[name])]
            for name, (path, number) in LISTS.items()
            if _parts(self.several.get(name, ""))
        }
        return Sweep(base=base, over=over, repeats=max(1, int(_read(self._repeats, "repeats", int))))

    def _start_from(self) -> dict[str, Any]:
        names = [name.strip() for name in self.start.get("start_freeze", "").split(",")]
        return {
            "run": self.start_run,
            "weights": self.start.get("start_weights", "best"),
            "match": self.start.get("start_match", "whole"),
            "freeze": [name for name in names if name],
        }


def sent_of(form: FormData) -> Sent:
    """What a person sent."""
    return Sent(
        chosen=[value for value in form.getlist("architecture") if isinstance(value, str)],
        dataset_id=str(form.get("dataset", "")),
        values=flat(form, _SETTINGS),
        several=flat(form, SEVERAL),
        start=flat(form, START),
        start_run=str(form.get("start_from", "")),
    )


def like(run: Run) -> Sent:
    """The form as it would have been sent for a run."""
    sent = Sent(
        chosen=[run.architecture_id],
        dataset_id=run.dataset_id,
        values=unnested(run.configuration.json_object(), _SETTINGS),
        several={"group": run.group} if run.group else {},
    )
    return sent if run.start_from is None else starting(sent, run.start_from)


def starting(sent: Sent, start: StartFrom) -> Sent:
    """The form with first weights chosen."""
    values = {"start_weights": start.weights, "start_match": start.match, "start_freeze": ", ".join(start.freeze)}
    return replace(sent, start=values, start_run=start.run)


def not_shown(run: Run) -> list[str]:
    """The settings of a run that the form has no fields for."""
    asked, shown = run.configuration.json_object(), like(run).configuration().json_object()
    return [name for name, value in asked.items() if shown[name] != value]


def variants_of(sent: Sent, architecture_ids: list[str]) -> tuple[str, list[Variant]]:
    """The runs that are asked for and what they are called together; InvalidError names the form's fields."""
    try:
        sweep = sent.sweep(architecture_ids)
        return sweep.title, expanded(sweep)
    except ValidationError as error:
        fields = [FieldError(_field_of(found.field, sent), found.message) for found in field_errors(error)]
        raise InvalidError("Some settings are not acceptable; each says what it expects.", errors=fields) from None


def form_fields(sent: Sent, errors: tuple[FieldError, ...]) -> dict[str, list[Field]]:
    """All inputs with what was sent in them and what was wrong beside them, as the page takes them."""
    said = [FieldError(_SAID.get(error.field, error.field), error.message) for error in errors]
    return {
        "settings": filled(_SETTINGS, sent.values, said),
        "several": filled(SEVERAL, sent.several, said),
        "start": filled(START, sent.start, said),
    }


def _field_of(place: str, sent: Sent) -> str:
    """The form's field for a place in a run request: a list where one is given for it."""
    for name, (path, _) in LISTS.items():
        first, last = path.rsplit(".", 1)
        if sent.several.get(name, "").strip() and place.startswith(first) and place.endswith(last):
            return name
    return place.removeprefix("configuration.")


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"[,;\s]+", text) if part]


def _read(part: str, name: str, number: Callable[[str], int | float]) -> int | float:
    try:
        return number(part)
    except ValueError:
        kind = "whole numbers" if number is int else "numbers"
        raise InvalidError(
            f"{part!r:.60} is no number.", errors=[FieldError(name, f"expected {kind}, received {part!r:.60}")]
        ) from None
