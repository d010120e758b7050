"""Repairs asked for with a form, and what the dataset page shows beside a version."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from app.core.datasets.baselines import meaning, rivals
from app.core.datasets.dataset import Baseline, Split, Version
from app.core.datasets.repair import Repair
from app.core.errors import InvalidError
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Run
from app.services.bundle import ServiceBundle
from app.web.dependencies import Services
from app.web.pages.forms import Form
from app.web.problems import field_errors

router = APIRouter(prefix="/datasets", include_in_schema=False)

LOOKED_AT = 100


@router.post("/{dataset_id}/versions")
def repair(dataset_id: str, services: Services, form: Form) -> Response:
    """Make a new version as the form says."""
    services.datasets.repair(dataset_id, _repair(form))
    return RedirectResponse(f"/datasets/{dataset_id}", status_code=303)


@dataclass(frozen=True)
class Beside:
    """A blunt instrument, the best network measured on the same split of the same version, and whether it rivals that."""

    figure: Baseline
    network: Run | None
    accuracy: float
    is_rival: bool
    has_learned: bool
    meaning: str


def beside_networks(services: ServiceBundle, version: Version | None) -> list[Beside]:
    """Each of the version's blunt instruments beside the best of the newest finished runs on this very version."""
    if version is None or not version.baselines:
        return []
    finished, _ = services.runs.page(states=[RunState.FINISHED], limit=LOOKED_AT)
    runs = [run for run in finished if run.version_id == version.id]
    return [_beside(figure, runs) for figure in version.baselines]


def _beside(figure: Baseline, runs: Sequence[Run]) -> Beside:
    best = max(runs, key=lambda run: _accuracy(run, figure.split), default=None)
    accuracy = -1.0 if best is None else _accuracy(best, figure.split)
    known = None if accuracy < 0 else best
    return Beside(
        figure=figure,
        network=known,
        accuracy=accuracy,
        is_rival=known is not None and rivals(figure, accuracy),
        has_learned=known is None or accuracy > figure.chance,
        meaning=meaning(figure),
    )


def _accuracy(run: Run, split: Split) -> float:
    """Its share of right answers; -1 where it was not measured on that split."""
    found = run.evaluation.get(split.value, {}).get("accuracy")
    return float(found) if isinstance(found, int | float) else -1.0


def _repair(form: Form) -> Repair:
    wanted: dict[str, object] = {
        "leave_out": [value for value in form.getlist("leave_out") if isinstance(value, str)],
        "merge_duplicates": bool(form.get("merge_duplicates")),
    }
    if form.get("rename_from"):
        wanted["rename_classes"] = {str(form.get("rename_from")): str(form.get("rename_to", "")).strip()}
    try:
        if form.get("split_again"):
            shares = {name: float(str(form.get(name, 15))) / 100 for name in ("validation", "test")}
            wanted["split_again"] = {"seed": int(str(form.get("seed", 0))), **shares}
        return Repair.model_validate(wanted)
    except ValidationError as error:
        raise InvalidError("That cannot be done: see what each field expects.", errors=field_errors(error)) from None
    except ValueError:
        raise InvalidError("Shares and seed are numbers, such as 15 percent and 0.") from None
