"""The overview: what runs, what waits, what finished last, and the way in for who is new."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from app.core.runs.lifecycle import ACTIVE, TERMINAL, WAITING
from app.web.dependencies import Services
from app.web.pages.frame import show, with_origins

router = APIRouter(include_in_schema=False)

SHOWN = 8


@router.get("/")
def overview(request: Request, services: Services) -> HTMLResponse:
    """What happens now."""
    active, _ = services.runs.page(limit=SHOWN, states=sorted(ACTIVE))
    waiting, _ = services.runs.page(limit=SHOWN, states=sorted(WAITING))
    ended, _ = services.runs.page(limit=SHOWN, states=sorted(TERMINAL))
    datasets, _ = services.datasets.page(limit=3)
    architectures, _ = services.architectures.summaries(limit=3)
    return show(
        request,
        services,
        "overview.html",
        active="/",
        running=with_origins(services, active),
        waiting=with_origins(services, sorted(waiting, key=lambda run: run.queue_position or 0)),
        ended=with_origins(services, ended),
        datasets=datasets,
        architectures=architectures,
    )
