"""Train: architectures x dataset x configuration, queued together."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.core.datasets.dataset import DatasetState
from app.core.errors import DiceboardError, FieldError, InvalidError, NotFoundError
from app.core.runs.configuration import Configuration
from app.core.runs.plan import TrainingPlan, too_large
from app.core.runs.request import RunRequest
from app.core.runs.run import Run
from app.core.runs.start_from import StartFrom
from app.core.runs.sweeps import Variant
from app.core.waiting import devices_there
from app.core.workers import Worker
from app.services.bundle import ServiceBundle
from app.web import templating
from app.web.dependencies import Services
from app.web.pages import train_form
from app.web.pages.forms import Field, Form, conditions
from app.web.pages.frame import show
from app.web.pages.train_form import Sent, form_fields, not_shown, sent_of, starting, variants_of

router = APIRouter(prefix="/train", include_in_schema=False)

PRESET = "preset:"
MOST_CHOICES = 100
MOST_COMPARED = 8

SECTIONS = (
    ("Course", ("epochs", "batch_size", "schedule", "early_stopping", "monitor", "time_limit_minutes")),
    ("Optimizer", ("optimizer", "clipping")),
    ("Loss", ("loss", "label_smoothing", "class_weights", "regularization")),
    ("Images", ("resize_mode", "validation_split", "augmentation")),
    ("Repeatability and speed", ("seed", "deterministic", "precision", "steps_per_execution")),
    ("Device", ("device",)),
    ("What is kept", ("retention",)),
)
"""Which settings stand together; what a new setting is not listed in stands with the last."""


@dataclass(frozen=True)
class PlanLine:
    """What one architecture's run will take, and why it cannot be if so."""

    name: str
    plan: TrainingPlan
    refusal: str | None


@dataclass(frozen=True)
class Section:
    """Settings that stand together, with a `note` on them; `more` are rarely touched."""

    title: str
    fields: list[Field]
    more: list[Field]
    more_title: str = "The optimizer’s other arguments"
    note: str = ""


@router.get("")
def form_page(
    request: Request,
    services: Services,
    architecture: str | None = None,
    dataset: str | None = None,
    like: str | None = None,
    start_from: str | None = None,
) -> HTMLResponse:
    """The form; what is chosen can stand in the address, a run to repeat with changes or to start from too."""
    sent = Sent(chosen=[], dataset_id="")
    model = services.runs.get(like) if like else None
    if model is not None:
        sent = train_form.like(model)
    if start_from:
        source = services.runs.get(start_from)
        sent = replace(
            sent, chosen=sent.chosen or [source.architecture_id], dataset_id=sent.dataset_id or source.dataset_id
        )
        sent = starting(sent, StartFrom(run=source.id))
    sent = replace(sent, chosen=[architecture] if architecture else sent.chosen, dataset_id=dataset or sent.dataset_id)
    return _page(request, services, sent, model=model)


@router.post("")
def start(request: Request, services: Services, form: Form) -> Response:
    """Queue one run for each chosen architecture and combination, all or none, and show them."""
    sent = sent_of(form)
    try:
        title, variants = _variants(services, sent)
        if sent.is_sweep:
            runs = services.runs.sweep(variants, title=title)
        else:
            runs = services.runs.create([variant.request for variant in variants])
    except DiceboardError as error:
        return _page(request, services, sent, failed=error)
    return RedirectResponse(_shown_at(runs), status_code=303)


@router.post("/plan")
def plan(request: Request, services: Services, form: Form) -> HTMLResponse:
    """What the chosen runs will take: as a part of the page for a script, as the whole page without one."""
    sent = sent_of(form)
    shown = _plans(services, sent)
    if request.headers.get("x-part") == "plan":
        return templating.page(request, "partials/train/plan.html", **shown)
    return _page(request, services, sent, plan=shown)


def _shown_at(runs: list[Run]) -> str:
    """The run, the comparison of a few, or the list of a group."""
    if len(runs) == 1:
        return f"/runs/{runs[0].id}"
    if len(runs) > MOST_COMPARED and runs[0].group:
        return f"/runs?group={quote(runs[0].group)}"
    return f"/comparison?runs={','.join(run.id for run in runs)}"


def _plans(services: ServiceBundle, sent: Sent) -> dict[str, Any]:
    """Context of the plan's partial; of several batch sizes the largest is looked at."""
    if not sent.chosen or not sent.dataset_id:
        return {"plans": [], "problem": "Choose an architecture and a dataset to see it."}
    try:
        # Presets are not made into architectures before they are trained.
        _, variants = variants_of(sent, sent.chosen)
        sizes = [variant.request.configuration.batch_size for variant in variants]
        configuration = sent.configuration().model_copy(update={"batch_size": max(sizes)})
        lines = [_plan(services, entry, sent.dataset_id, configuration) for entry in sent.chosen]
    except DiceboardError as error:
        said = "; ".join(f"{field.field}: {field.message}" for field in error.errors[:3])
        return {"plans": [], "problem": f"{error.detail} {said}".strip()}
    facts = {
        "configuration": configuration.model_dump_json(),
        "runs": len(variants),
        "of_many_sizes": len(set(sizes)) > 1,
    }
    return {"plans": lines, "problem": None, **facts}


def _plan(services: ServiceBundle, entry: str, dataset_id: str, configuration: Configuration) -> PlanLine:
    if entry.startswith(PRESET):
        name = entry.removeprefix(PRESET)
        table = services.architectures.preset_table(name, _preset_options(services, dataset_id))
        found = services.plans.plan_of(table, dataset_id, configuration=configuration)
    else:
        name = services.architectures.summary(entry).name
        found = services.plans.plan(RunRequest(architecture=entry, dataset=dataset_id, configuration=configuration))
    return PlanLine(name, found, too_large(name, configuration, found))


def _preset_options(services: ServiceBundle, dataset_id: str) -> dict[str, Any]:
    """A preset is made to end with as many classes as the dataset has."""
    version = services.datasets.get(dataset_id).version
    return {} if version is None else {"classes": len(version.classes)}


def _variants(services: ServiceBundle, sent: Sent) -> tuple[str, list[Variant]]:
    if not sent.chosen:
        raise InvalidError("Choose at least one architecture.", errors=[FieldError("architecture", "none is chosen")])
    if not sent.dataset_id:
        raise InvalidError("Choose a dataset.", errors=[FieldError("dataset", "none is chosen")])
    options = _preset_options(services, sent.dataset_id)
    variants_of(sent, sent.chosen)  # what is wrong is said before a preset is made into an architecture
    made = [
        services.architectures.from_preset(entry.removeprefix(PRESET), options).id
        if entry.startswith(PRESET)
        else entry
        for entry in sent.chosen
    ]
    return variants_of(sent, made)


def _page(
    request: Request,
    services: ServiceBundle,
    sent: Sent,
    *,
    model: Run | None = None,
    failed: DiceboardError | None = None,
    plan: Mapping[str, Any] | None = None,
) -> HTMLResponse:
    fields = form_fields(sent, failed.errors if failed is not None else ())
    return show(
        request,
        services,
        "train.html",
        active="/train",
        status=200 if failed is None else failed.status,
        **_choices(services, sent),
        start_run=_start_run(services, sent),
        model=model,
        not_shown=not_shown(model) if model is not None else [],
        sections=_sections(fields["settings"], services.workers.page()),
        several=fields["several"],
        start=fields["start"],
        conditions=conditions(fields["settings"]),
        failed=failed,
        **(plan or {"plans": [], "problem": None}),
    )


def _choices(services: ServiceBundle, sent: Sent) -> dict[str, Any]:
    """What can be chosen, the newest first, and what is chosen wherever it stands."""
    architectures, _ = services.architectures.summaries(limit=MOST_CHOICES)
    datasets, _ = services.datasets.page(limit=MOST_CHOICES)
    known = {entry.id for entry in architectures}
    with suppress(NotFoundError):
        kept = [entry for entry in sent.chosen if not entry.startswith(PRESET) and entry not in known]
        architectures = [*(services.architectures.summary(entry) for entry in kept), *architectures]
    with suppress(NotFoundError):
        if sent.dataset_id and sent.dataset_id not in {dataset.id for dataset in datasets}:
            datasets = [services.datasets.get(sent.dataset_id), *datasets]
    ready = [dataset for dataset in datasets if dataset.state is DatasetState.READY]
    return {
        "presets": services.architectures.presets(),
        "architectures": architectures,
        "datasets": ready,
        "chosen": sent.chosen,
        "presets_open": not architectures or any(entry.startswith(PRESET) for entry in sent.chosen),
        "dataset_id": sent.dataset_id or (ready[0].id if ready else ""),
    }


def _start_run(services: ServiceBundle, sent: Sent) -> Run | None:
    """The run whose weights are to be taken; None where there is none, or it is gone."""
    if not sent.start_run:
        return None
    try:
        return services.runs.get(sent.start_run)
    except NotFoundError:
        return None


def _sections(fields: list[Field], workers: Sequence[Worker]) -> list[Section]:
    listed = {name for _, names in SECTIONS for name in names}
    sections = []
    for title, names in SECTIONS:
        is_last = title == SECTIONS[-1][0]
        own = [field for field in fields if field.path[0] in names or (is_last and field.path[0] not in listed)]
        own.sort(key=lambda field: names.index(field.path[0]) if field.path[0] in names else len(names))
        more = [field for field in own if _is_rare(field)]
        section = Section(title, [field for field in own if field not in more], more)
        sections.append(_device_section(section, workers) if title == "Device" else section)
    return sections


def _device_section(section: Section, workers: Sequence[Worker]) -> Section:
    """Where there is nothing to choose from, it is folded, unless something is asked for."""
    note = f"Now there are: {there}." if (there := devices_there(workers)) else ""
    alike = len({worker.offer for worker in workers if worker.trains}) <= 1
    if not alike or any(field.value != field.default or field.error for field in section.fields):
        return replace(section, note=note)
    return replace(section, fields=[], more=section.fields, more_title="Ask for certain devices", note=note)


def _is_rare(field: Field) -> bool:
    return field.path[0] == "optimizer" and field.path[-1] not in {"name", "learning_rate"}
