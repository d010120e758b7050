"""Runs: the list, and one of them live."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.core.errors import FieldError, InvalidError, NotFoundError
from app.core.runs.comparison import told_settings
from app.core.runs.lifecycle import TERMINAL, RunState
from app.core.runs.request import RunChanges
from app.core.runs.run import Run
from app.services.bundle import ServiceBundle
from app.services.run_queue import MOST_EPOCHS
from app.web.dependencies import Services
from app.web.pages.evaluation_view import evaluation_view, image_address
from app.web.pages.forms import Form
from app.web.pages.frame import show, with_origins
from app.web.pages.matrix_view import Shown
from app.web.pages.run_downloads import downloads_of

router = APIRouter(prefix="/runs", include_in_schema=False)

SHOWN = 50
LOG_LINES = 200


class Asked(BaseModel):
    """Which runs a list shows; empty is no filter."""

    state: RunState | None = None
    q: str = ""
    group: str = ""
    tag: str = ""

    def address(self, **changes: str) -> str:
        """The list's address with other filters."""
        values = {"state": self.state.value if self.state else "", "q": self.q, "group": self.group, "tag": self.tag}
        return "?" + urlencode({name: value for name, value in {**values, **changes}.items() if value})


@router.get("")
def list_page(
    request: Request, services: Services, asked: Annotated[Asked, Query()], cursor: str | None = None
) -> HTMLResponse:
    """Runs, newest first."""
    items, following = services.runs.page(
        limit=SHOWN,
        cursor=cursor,
        states=[asked.state] if asked.state is not None else [],
        q=asked.q or None,
        group=asked.group or None,
        tag=asked.tag or None,
    )
    return show(
        request,
        services,
        "runs/list.html",
        active="/runs",
        lines=with_origins(services, items),
        following=following,
        asked=asked,
        address=asked.address,
        groups=services.runs.groups(),
        is_live=any(run.state not in TERMINAL for run in items),
    )


@router.get("/{run_id}")
def detail_page(run_id: str, request: Request, services: Services, matrix: Shown = "counts") -> HTMLResponse:
    """Everything about one run; `matrix` says what the cells of its confusion matrices have."""
    run = services.runs.get(run_id)
    downloads = downloads_of(services, run)
    log = services.metrics.log(run_id).splitlines()[-LOG_LINES:]
    line = with_origins(services, [run])[0]
    return show(
        request,
        services,
        "runs/detail.html",
        active="/runs",
        line=line,
        run=run,
        waiting_for=services.workers.waiting_for([run]).get(run.id),
        settings=told_settings(run.configuration),
        downloads=downloads,
        has_weights=any(artifact.name.endswith(".weights.h5") for artifact in downloads.files),
        lender=_lender(services, run),
        evaluation=evaluation_view(services, run, matrix),
        image_address=image_address(line.dataset, run),
        log=log,
    )


def _lender(services: ServiceBundle, run: Run) -> str | None:
    """The name of the run whose weights this one starts from; None where it is gone."""
    if run.start_from is None:
        return None
    try:
        return services.runs.get(run.start_from.run).name
    except NotFoundError:
        return None


@router.post("/{run_id}/cancellation")
def cancel(run_id: str, services: Services) -> Response:
    """Stop it, keeping what is there."""
    services.runs.cancel(run_id)
    return RedirectResponse(f"/runs/{run_id}", status_code=303)


@router.post("/{run_id}/continuation")
def go_on(run_id: str, services: Services, form: Form) -> Response:
    """Go on from the last checkpoint; an empty number is no more epochs than were asked for."""
    more = str(form.get("more_epochs", "")).strip()
    if more and not (more.isdecimal() and len(more) <= 9 and 1 <= int(more) <= MOST_EPOCHS):
        raise InvalidError(
            f"{more[:40]!r} is no number of epochs: give a whole number from 1 to {MOST_EPOCHS:,}.",
            errors=[FieldError("more_epochs", "expected a whole number from 1 on")],
        )
    services.run_queue.go_on(run_id, more_epochs=int(more) if more else None)
    return RedirectResponse(f"/runs/{run_id}", status_code=303)


@router.post("/{run_id}/hold")
def hold(run_id: str, services: Services, form: Form) -> Response:
    """Keep it waiting, or let it go."""
    services.run_queue.hold(run_id, held=form.get("held") == "true")
    return RedirectResponse(f"/runs/{run_id}", status_code=303)


@router.post("/{run_id}/front")
def to_front(run_id: str, services: Services) -> Response:
    """Let it be the next."""
    services.run_queue.order([run_id], to_front=True)
    return RedirectResponse(f"/runs/{run_id}", status_code=303)


@router.post("/{run_id}/notes")
def write_notes(run_id: str, services: Services, form: Form) -> Response:
    """Keep what somebody says about it; nothing takes the notes away."""
    services.runs.change(run_id, RunChanges.model_validate({"notes": form.get("notes", "")}))
    return RedirectResponse(f"/runs/{run_id}#notes", status_code=303)


@router.post("/{run_id}/deletion")
def delete(run_id: str, services: Services) -> Response:
    """Forget it."""
    services.runs.delete(run_id)
    return RedirectResponse("/runs", status_code=303)
