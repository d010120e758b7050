"""Runs over REST."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import PlainTextResponse
from pydantic import Field, ValidationError

from app.core.errors import InvalidError
from app.core.runs.lifecycle import RunState
from app.core.runs.request import RunChanges, RunRequest
from app.core.runs.series import Axis, Wanted
from app.core.runs.sweeps import Sweep, Variant, expanded
from app.core.values import JsonObject, Sort, Value
from app.web.api.told_runs import told_run, told_runs
from app.web.dependencies import Services
from app.web.problems import field_errors

router = APIRouter(prefix="/runs", tags=["runs"])

Limit = Annotated[int, Query(ge=1, le=500)]
MOST_EVENTS = 10_000


class Continuation(Value):
    """How much further a run goes."""

    more_epochs: int | None = Field(default=None, ge=1, le=100_000)


class Hold(Value):
    """Whether a run is kept waiting."""

    held: bool = True


@router.post("", status_code=202)
def create(
    body: JsonObject,
    response: Response,
    services: Services,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> dict[str, Any]:
    """Queue one run, several as {"runs": [...]}, or a grid as {"sweep": {"base", "over", "repeats"}}; all or none."""
    several = "runs" in body or "sweep" in body
    if "sweep" in body:
        title, variants = _sweep(body)
        runs = services.runs.sweep(variants, title=title, idempotency_key=idempotency_key)
    else:
        runs = services.runs.create(_requests(body), idempotency_key=idempotency_key)
    response.headers["Location"] = f"/api/v1/runs/{runs[0].id}"
    shown = told_runs(services, runs)
    return {"items": shown, "next": None} if several else shown[0]


@router.get("")
def page(
    services: Services,
    limit: Limit = 50,
    cursor: str | None = None,
    state: Annotated[list[RunState] | None, Query()] = None,
    q: str | None = None,
    group: str | None = None,
    tag: str | None = None,
    sort: Sort = "-created",
) -> dict[str, Any]:
    """Runs, newest first: of a state, a group, with a tag, with a text in their names or notes."""
    found = services.runs.page(limit=limit, cursor=cursor, states=state or (), q=q, group=group, tag=tag, sort=sort)
    items, following = found
    return {"items": told_runs(services, items), "next": following}


@router.get("/{run_id}")
def get(run_id: str, services: Services) -> dict[str, Any]:
    """One run."""
    return told_run(services, services.runs.get(run_id))


@router.patch("/{run_id}")
def change(run_id: str, body: RunChanges, services: Services) -> dict[str, Any]:
    """Another name, other tags, other notes."""
    return told_run(services, services.runs.change(run_id, body))


@router.delete("/{run_id}", status_code=204)
def delete(run_id: str, services: Services) -> None:
    """Forget a run that has ended."""
    services.runs.delete(run_id)


@router.post("/{run_id}/cancellation", status_code=202)
def cancel(run_id: str, services: Services) -> dict[str, Any]:
    """Stop it, keeping what is there."""
    return told_run(services, services.runs.cancel(run_id))


@router.post("/{run_id}/continuation", status_code=202)
def go_on(run_id: str, services: Services, body: Continuation | None = None) -> dict[str, Any]:
    """Go on from the last checkpoint, with more epochs where asked."""
    more = None if body is None else body.more_epochs
    return told_run(services, services.run_queue.go_on(run_id, more_epochs=more))


@router.put("/{run_id}/hold")
def hold(run_id: str, body: Hold, services: Services) -> dict[str, Any]:
    """Keep it waiting, or let it go."""
    return told_run(services, services.run_queue.hold(run_id, held=body.held))


@router.get("/{run_id}/metrics")
def metrics(
    run_id: str,
    services: Services,
    names: str = "",
    x: Axis = "epoch",
    max_points: Annotated[int, Query(ge=2, le=100_000)] = 2_000,
    x_from: float | None = None,
    x_to: float | None = None,
) -> dict[str, Any]:
    """Curves between two places of x, downsampled keeping extremes; those of single steps by name, or over steps."""
    chosen = tuple(name for name in names.split(",") if name)
    wanted = Wanted(names=chosen, axis=x, x_from=x_from, x_to=x_to, max_points=max_points)
    series = services.curves.series(run_id, wanted)
    return {"x": x, "series": {name: found.json_object() for name, found in series.items()}}


@router.get("/{run_id}/events")
def events(
    run_id: str,
    services: Services,
    after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
    limit: Annotated[int, Query(ge=1)] = 1_000,
) -> dict[str, Any]:
    """What happened, in order; no more than 10,000 at once."""
    limit = min(limit, MOST_EVENTS)
    found = services.metrics.events(run_id, after=after, limit=limit)
    return {"items": [event.json_object() for event in found], "next": found[-1].seq if len(found) == limit else None}


@router.get("/{run_id}/log")
def log(run_id: str, services: Services) -> PlainTextResponse:
    """The log as text."""
    return PlainTextResponse(services.metrics.log(run_id))


def _sweep(body: JsonObject) -> tuple[str, list[Variant]]:
    if len(body) > 1:
        raise InvalidError('Expected {"sweep": {...}} and nothing beside it; what all runs share stands in its `base`.')
    try:
        sweep = Sweep.model_validate(body["sweep"])
        return sweep.title, expanded(sweep)
    except ValidationError as error:
        fields = field_errors(error, within=["sweep", "base"] if error.title == RunRequest.__name__ else ["sweep"])
        said = "; ".join(f"{field.field}: {field.message}" for field in fields[:5])
        raise InvalidError(f"Not acceptable: {said}.", errors=fields) from None


def _requests(body: JsonObject) -> list[RunRequest]:
    given = body.get("runs") if "runs" in body else [body]
    if not isinstance(given, list) or (("runs" in body) and len(body) > 1):
        raise InvalidError('Expected one run, or {"runs": [...]} and nothing beside it.')
    requests = []
    for number, entry in enumerate(given):
        try:
            requests.append(RunRequest.model_validate(entry))
        except ValidationError as error:
            fields = field_errors(error, within=["runs", str(number)] if "runs" in body else [])
            said = "; ".join(f"{field.field}: {field.message}" for field in fields[:5])
            raise InvalidError(f"Not acceptable: {said}.", errors=fields) from None
    return requests
