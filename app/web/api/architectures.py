"""Architectures over REST."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, JsonValue
from starlette.concurrency import run_in_threadpool

from app.core.architectures.architecture import StoredArchitecture, Style
from app.core.architectures.memory import Precision, with_memory
from app.core.architectures.table_texts import as_csv, as_markdown, as_text
from app.core.errors import FieldError, InvalidError
from app.core.values import JsonObject, Name, Sort, Value
from app.services.definitions import DefinitionService, ReadResult
from app.web.dependencies import Services
from app.web.figures.shape_diagram import Repeats, shape_diagram

router = APIRouter(prefix="/architectures", tags=["architectures"])

LARGEST_DEFINITION_BYTES = 32 * 2**20
LARGEST_FILE_BYTES = 64 * 2**20
_ANY_FILE = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}

Form = Literal["json", "csv", "markdown", "text"]
Limit = Annotated[int, Query(ge=1, le=500)]


class PresetChoice(Value):
    """A preset by its name, with the options that are changed."""

    name: str
    options: dict[str, JsonValue] = Field(default_factory=dict)


class NewArchitecture(Value):
    """Exactly one way of giving a definition; `symbols` gives values to names that it leaves open."""

    preset: PresetChoice | None = None
    code: str | None = Field(default=None, description="Keras code; it is read, never run")
    notebook: JsonValue = Field(default=None, description="a notebook as JSON, or its text export")
    keras_json: JsonValue = Field(default=None, description="architecture JSON of Keras 1, 2 or 3")
    architecture: JsonObject | None = None
    symbols: JsonObject = Field(default_factory=dict)


class Renaming(Value):
    """What can be changed about a kept architecture."""

    name: Name


@router.get("/presets")
def list_presets(services: Services) -> dict[str, Any]:
    """What one can start from, each with a JSON Schema of its options."""
    return {"items": [preset.representation() for preset in services.architectures.presets()], "next": None}


@router.post("", status_code=201, max_body_size=LARGEST_DEFINITION_BYTES)
def create(body: NewArchitecture, services: Services) -> dict[str, Any]:
    """Keep the networks that a definition has; posting the same again answers those that are there."""
    given = [
        name for name in ("preset", "code", "notebook", "keras_json", "architecture") if getattr(body, name) is not None
    ]
    if len(given) != 1:
        said = f"{' and '.join(given)} were given" if given else "none was given"
        raise InvalidError(f"Give exactly one of preset, code, notebook, keras_json and architecture; {said}.")
    if body.preset is not None:
        return _kept(services.architectures.from_preset(body.preset.name, body.preset.options))
    if body.architecture is not None:
        return _kept(services.architectures.from_data(body.architecture))
    return _read(_definition(body, services.definitions))


@router.post("/files", status_code=201, max_body_size=LARGEST_FILE_BYTES, openapi_extra=_ANY_FILE)
async def create_from_file(request: Request, services: Services, name: str = "") -> dict[str, Any]:
    """Keep the networks of a file: Keras code, a notebook, architecture JSON or a `.keras` archive, told by its content."""
    content = await request.body()
    return _read(await run_in_threadpool(services.definitions.from_any, content, {}, name=name[:200]))


@router.get("")
def page(
    services: Services, limit: Limit = 50, cursor: str | None = None, q: str | None = None, sort: Sort = "-created"
) -> dict[str, Any]:
    """Kept architectures, newest first."""
    items, following = services.architectures.page(limit=limit, cursor=cursor, q=q, sort=sort)
    return {"items": [stored.representation() for stored in items], "next": following}


@router.get("/{architecture_id}")
def get(architecture_id: str, services: Services) -> dict[str, Any]:
    """One architecture."""
    return services.architectures.get(architecture_id).representation()


@router.patch("/{architecture_id}")
def rename(architecture_id: str, body: Renaming, services: Services) -> dict[str, Any]:
    """Give it another name."""
    return services.architectures.rename(architecture_id, body.name).representation()


@router.delete("/{architecture_id}", status_code=204)
def delete(architecture_id: str, services: Services) -> None:
    """Forget it, if no run was made from it."""
    services.architectures.delete(architecture_id)


@router.get("/{architecture_id}/layers")
def layers(
    architecture_id: str,
    services: Services,
    form: Annotated[Form, Query(alias="format")] = "json",
    batch_size: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    precision: Precision = "float32",
) -> Response:
    """The layer table, one row per call, as data, CSV, Markdown or Keras's familiar text.

    The totals' bytes are for a step of training at that batch size and precision, with Adam.
    """
    table = with_memory(
        services.architectures.table_with_remedies(architecture_id), batch_size=batch_size, precision=precision
    )
    if form == "json":
        return Response(table.model_dump_json(), media_type="application/json")
    kinds = {"csv": "text/csv", "markdown": "text/markdown", "text": "text/plain"}
    texts = {"csv": as_csv, "markdown": as_markdown, "text": as_text}
    return Response(texts[form](table), media_type=f"{kinds[form]}; charset=utf-8")


@router.get("/{architecture_id}/code")
def code(architecture_id: str, services: Services, style: Style | None = None) -> Response:
    """Runnable Keras 3 code, in its own style where none is asked for."""
    return Response(services.architectures.code(architecture_id, style), media_type="text/x-python; charset=utf-8")


@router.get("/{architecture_id}/figure")
def figure(
    architecture_id: str, services: Services, theme: Literal["light", "dark"] = "light", repeats: Repeats = "all"
) -> dict[str, Any]:
    """The shape diagram as a Plotly figure; `folded` shows what repeats in a long network once."""
    return shape_diagram(services.architectures.layer_table(architecture_id), theme=theme, repeats=repeats)


def _definition(body: NewArchitecture, definitions: DefinitionService) -> ReadResult:
    if body.code is not None:
        return definitions.from_code(body.code, body.symbols)
    if body.notebook is not None:
        return definitions.from_notebook(body.notebook, body.symbols)
    return definitions.from_keras_json(body.keras_json, body.symbols)


def _kept(stored: StoredArchitecture) -> dict[str, Any]:
    return {"items": [stored.representation()], "findings": [], "not_understood": [], "symbols": []}


def _read(result: ReadResult) -> dict[str, Any]:
    """What was read; InvalidError with the lines that were not understood where no network was found."""
    if not result.items:
        errors = [
            FieldError(f"line {item.place.line}" if item.place else "definition", item.why)
            for item in result.not_understood[:50]
        ]
        raise InvalidError(
            "No network was found in this definition. A network is a Sequential, a Model(inputs, outputs), or a subclass of "
            "Model with layers and a call.",
            errors=errors,
        )
    return {
        "items": [stored.representation() for stored in result.items],
        "findings": [finding.json_object() for finding in result.findings],
        "not_understood": [item.json_object() for item in result.not_understood],
        "symbols": list(result.symbols),
    }
