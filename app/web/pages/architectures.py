"""Architectures: start from a preset, see a network layer by layer."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.core.architectures.architecture import Architecture, Source, StoredArchitecture, Style
from app.core.architectures.chain import Chain
from app.core.architectures.filling import fill, open_symbols
from app.core.architectures.memory import OPTIMIZER_SLOTS, Precision
from app.core.architectures.presets import Preset
from app.core.architectures.repairs import repaired
from app.core.architectures.writers import write_code
from app.core.errors import InvalidError, NotFoundError
from app.services.bundle import ServiceBundle
from app.web.dependencies import Services
from app.web.figures.palette import family_of
from app.web.highlighting import Piece, highlighted
from app.web.pages import readings
from app.web.pages.forms import Form, below, fields_of, filled, flat
from app.web.pages.frame import show
from app.web.pages.layer_view import (
    ALWAYS,
    COLUMNS,
    NUMBERS,
    Asked,
    AskedOfPage,
    layer_view,
    memory_of,
    written_value,
)
from app.web.pages.symbol_values import SYMBOL, values_of

router = APIRouter(prefix="/architectures", include_in_schema=False)
router.include_router(readings.router)

SHOWN = 50
_SMALL = (
    Chain(height=64, width=64, channels=1)
    .add("Conv2D", filters=32, kernel_size=3, padding="same", activation="relu")
    .add("MaxPooling2D", pool_size=2)
    .add("Flatten")
    .add("Dense", units=6, activation="softmax")
    .architecture(name="new architecture", style=Style.SEQUENTIAL, source=Source(kind="architecture"))
)


@router.get("")
def list_page(request: Request, services: Services, q: str = "", cursor: str | None = None) -> HTMLResponse:
    """A definition to read, what is kept, and presets to start from."""
    return _list(request, services, q=q, cursor=cursor)


@router.get("/pair")
def pair(request: Request, services: Services, ids: Annotated[list[str] | None, Query(alias="id")] = None) -> Response:
    """Why the two chosen ones differ: the older one is the left."""
    chosen = sorted(map(services.architectures.get, dict.fromkeys(ids or ())), key=lambda stored: stored.created_at)
    if len(chosen) != 2:
        return _list(
            request, services, wrong=f"Choose exactly two architectures to compare; {len(chosen)} were chosen."
        )
    target = urlencode({"left": chosen[0].id, "right": chosen[1].id})
    return RedirectResponse(f"/architectures/differences?{target}", status_code=303)


@router.get("/new")
def new_page(request: Request, services: Services, preset: str) -> HTMLResponse:
    """The options of a preset."""
    chosen = _preset(services, preset)
    return _form_page(request, services, chosen, fields=fields_of(chosen.options.model_json_schema()))


@router.post("")
def create(request: Request, services: Services, form: Form) -> Response:
    """Make it and show it; without options it is the preset as it is."""
    chosen = _preset(services, str(form.get("preset", "")))
    fields = fields_of(chosen.options.model_json_schema())
    values = flat(form, fields)
    changed: dict[str, Any] = {
        field.name: values[field.name].strip()
        for field in fields
        if values.get(field.name, field.default).strip() != field.default
    }
    try:
        stored = services.architectures.from_preset(chosen.name, changed)
    except InvalidError as error:
        shown = filled(fields, values, below(error.errors, "preset.options."))
        return _form_page(request, services, chosen, fields=shown, status=422, failed=error.detail)
    return RedirectResponse(f"/architectures/{stored.id}", status_code=303)


@router.get("/scratch")
def scratch_page(
    request: Request, services: Services, layer: str = "", style: Style = Style.SEQUENTIAL
) -> HTMLResponse:
    """The editor with a small network to begin with."""
    return _editor(request, services, _SMALL, layer=layer, style=style)


@router.get("/{architecture_id}/edit")
def edit_page(
    architecture_id: str, request: Request, services: Services, layer: str = "", style: Style | None = None
) -> HTMLResponse:
    """The editor with a kept architecture; what is saved is another one."""
    stored = services.architectures.get(architecture_id)
    chosen = style or stored.architecture.style
    return _editor(request, services, stored.architecture, layer=layer, style=chosen, stored=stored)


@router.get("/{architecture_id}")
def detail_page(architecture_id: str, request: Request, services: Services, asked: AskedOfPage) -> HTMLResponse:
    """Its layer table, shape diagram, memory and code."""
    return _detail(request, services, services.architectures.get(architecture_id), asked)


@router.post("/{architecture_id}/symbols")
def fill_in(architecture_id: str, request: Request, services: Services, form: Form) -> Response:
    """Keep the same definition with values for names that it leaves open, and show it."""
    stored = services.architectures.get(architecture_id)
    given = {name.removeprefix(SYMBOL): str(text) for name, text in form.items() if name.startswith(SYMBOL)}
    try:
        filled = fill(stored.architecture, values_of(given))
        kept = services.architectures.keep(filled)
    except InvalidError as error:
        return _detail(request, services, stored, Asked(), given=given, wrong=error.detail)
    return RedirectResponse(f"/architectures/{kept.id}", status_code=303)


@router.post("/{architecture_id}/repairs")
def repair(architecture_id: str, services: Services, form: Form) -> Response:
    """Keep the definition with one of its remedies' changes made, and show it."""
    stored = services.architectures.get(architecture_id)
    failure = services.architectures.table_with_remedies(stored.id).failure
    remedies = {str(number): remedy for number, remedy in enumerate(failure.remedies if failure else ())}
    chosen = remedies.get(str(form.get("remedy", "")))
    if chosen is None:
        raise InvalidError("There is no such remedy: the network may be complete. Look at its page again.")
    changed = repaired(stored.architecture, chosen.change)
    kept = services.architectures.keep(changed.model_copy(update={"name": f"{changed.name}, repaired"[:200]}))
    return RedirectResponse(f"/architectures/{kept.id}", status_code=303)


@router.post("/{architecture_id}/deletion")
def delete(architecture_id: str, services: Services) -> Response:
    """Forget it."""
    services.architectures.delete(architecture_id)
    return RedirectResponse("/architectures", status_code=303)


def _preset(services: ServiceBundle, name: str) -> Preset:
    presets = {preset.name: preset for preset in services.architectures.presets()}
    if name not in presets:
        raise NotFoundError(f"There is no preset {name!r:.100}. There are: {', '.join(presets)}.")
    return presets[name]


def _list(
    request: Request, services: ServiceBundle, *, q: str = "", cursor: str | None = None, wrong: str = ""
) -> HTMLResponse:
    items, following = services.architectures.summaries(limit=SHOWN, cursor=cursor, q=q or None)
    presets = services.architectures.presets()
    context: dict[str, Any] = {"items": items, "following": following, "q": q, "wrong": wrong, "presets": presets}
    status = 422 if wrong else 200
    return show(request, services, "architectures/list.html", active="/architectures", status=status, **context)


def _detail(
    request: Request,
    services: ServiceBundle,
    stored: StoredArchitecture,
    asked: Asked,
    *,
    given: Mapping[str, str] = MappingProxyType({}),
    wrong: str = "",
) -> HTMLResponse:
    definition = stored.architecture
    table = services.architectures.table_with_remedies(stored.id)
    style = Style(asked.style or definition.style)
    context: dict[str, Any] = {
        "stored": stored,
        "table": table,
        "view": layer_view(table, asked, is_chain=definition.is_chain),
        "memory": memory_of(table, asked),
        "precisions": get_args(Precision),
        "optimizers": list(OPTIMIZER_SLOTS),
        "columns": COLUMNS,
        "optional_columns": {name: title for name, title in COLUMNS.items() if name not in ALWAYS},
        "numbers": NUMBERS,
        "uses": Counter(call.layer for call in definition.calls),
        "written": written_value,
        "family_of": family_of,
        "symbols": open_symbols(definition),
        "given": given,
        "wrong": wrong,
        "style": style.value,
        "styles": [entry.value for entry in Style],
        "code": _code(definition, style),
    }
    status = 422 if wrong else 200
    return show(request, services, "architectures/detail.html", active="/architectures", status=status, **context)


def _code(definition: Architecture, style: Style) -> list[list[Piece]] | None:
    try:
        return highlighted(write_code(definition, style))
    except InvalidError:
        return None


def _editor(
    request: Request,
    services: ServiceBundle,
    definition: Architecture,
    *,
    layer: str,
    style: Style,
    stored: StoredArchitecture | None = None,
) -> HTMLResponse:
    chosen = style if style is not Style.SEQUENTIAL or definition.is_chain else Style.FUNCTIONAL
    context: dict[str, Any] = {
        "definition": definition,
        "stored": stored,
        "layer": layer,
        "style": chosen.value,
        "styles": [entry.value for entry in Style],
        "panel": "code" if request.query_params.get("panel") == "code" else "layer",
        "code": write_code(definition, chosen),
    }
    return show(request, services, "architectures/edit.html", active="/architectures", **context)


def _form_page(
    request: Request, services: ServiceBundle, preset: Preset, *, fields: Any, status: int = 200, failed: str = ""
) -> HTMLResponse:
    template = "architectures/new.html"
    context = {"preset": preset, "fields": fields, "failed": failed}
    return show(request, services, template, active="/architectures", status=status, **context)
