"""Editing over REST: what a definition would be, without keeping it."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import JSONResponse

from app.core.errors import InvalidError
from app.core.values import JsonObject, Value
from app.services.drafts import Draft
from app.web.dependencies import Services
from app.web.figures.palette import ThemeName, family_of
from app.web.figures.shape_diagram import shape_diagram

router = APIRouter(prefix="/architectures/drafts", tags=["architectures"])


class NewDraft(Value):
    """Exactly one way of giving a definition; `theme` chooses the figure's colours."""

    architecture: JsonObject | None = None
    code: str | None = Field(default=None, max_length=2_000_000)
    theme: ThemeName = "light"


@router.post("")
def look_at(body: NewDraft, services: Services) -> JSONResponse:
    """Its layer table, shape diagram and code; 200 also where it is not valid yet, `problems` then says why."""
    if (body.architecture is None) == (body.code is None):
        raise InvalidError("Give exactly one of `architecture` and `code`.")
    if body.code is not None:
        draft = services.drafts.of_code(body.code)
    else:
        draft = services.drafts.of_data(body.architecture or {})
    # Plain data as it is: FastAPI's own way through its encoder takes longer than all the rest of a long network's answer.
    return JSONResponse(_answer(draft, theme=body.theme))


def _answer(draft: Draft, *, theme: ThemeName) -> dict[str, Any]:
    table = draft.table
    return {
        "architecture": None if draft.architecture is None else draft.architecture.json_object(),
        "table": None if table is None else table.json_object(),
        "figure": None if table is None else shape_diagram(table, theme=theme),
        "families": [] if table is None else [family_of(row.kind) for row in table.rows],
        "blocks": list(draft.blocks),
        "code": draft.code,
        "problems": [problem.json_object() for problem in draft.problems],
    }
