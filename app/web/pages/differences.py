"""Differences: two architectures side by side, and why they differ. Mounted before `architectures`, whose ids would match."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.services.bundle import ServiceBundle
from app.web.dependencies import Services
from app.web.figures.palette import family_of
from app.web.pages.cause_cards import cause_cards
from app.web.pages.difference_view import first_sentence, grouped, outputs, pieces, standing, table_rows
from app.web.pages.forms import Form
from app.web.pages.frame import show

router = APIRouter(prefix="/architectures/differences", include_in_schema=False)

CHOICES = 500
NOTEBOOK_PAIR = ("notebook-sequential", "notebook-functional")
_ACTIVE = "/architectures"

Id = Annotated[str, Query(max_length=100)]


@router.get("")
def differences_page(
    request: Request,
    services: Services,
    left: Id = "",
    right: Id = "",
    rows: Literal["all", "differences"] = "all",
    cause: Id = "",
) -> HTMLResponse:
    """The comparison of two, or a choice where one of them is not given."""
    if not (left and right):
        return _choice(request, services, left=left, right=right)
    comparison = services.differences.between(left, right)
    found = table_rows(comparison)
    context: dict[str, Any] = {
        "comparison": comparison,
        "differences": comparison.differences,
        "cards": cause_cards(comparison),
        "groups": grouped(found, only_differences=rows == "differences"),
        "same": sum(not row.differs for row in found),
        "summary": first_sentence(comparison.differences.summary),
        "shown": rows,
        "lit": cause,
        "address": f"/architectures/differences?left={comparison.left.id}&right={comparison.right.id}",
        "pieces": pieces,
        "standing": standing,
        "outputs": outputs,
        "family_of": family_of,
    }
    return show(request, services, "differences/compare.html", active=_ACTIVE, **context)


@router.post("/notebook")
def notebook_pair(services: Services) -> Response:
    """Keep the notebook's two networks and compare them."""
    left, right = (services.architectures.from_preset(name, {}).id for name in NOTEBOOK_PAIR)
    return RedirectResponse(f"/architectures/differences?left={left}&right={right}", status_code=303)


@router.post("/twin")
def twin(form: Form, services: Services) -> Response:
    """Keep the left with the chosen causes repaired, and show it."""
    causes = [str(cause) for cause in form.getlist("causes")]
    stored = services.differences.twin(str(form.get("left", "")), str(form.get("right", "")), causes)
    return RedirectResponse(f"/architectures/{stored.id}", status_code=303)


def _choice(request: Request, services: ServiceBundle, *, left: str, right: str) -> HTMLResponse:
    kept, _ = services.architectures.summaries(limit=CHOICES)
    chosen = {"left": left, "right": right}
    return show(request, services, "differences/choose.html", active=_ACTIVE, kept=kept, chosen=chosen)
