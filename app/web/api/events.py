"""Events of several runs as one stream (server-sent events)."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool

from app.core.errors import InvalidError
from app.core.runs.run import Event
from app.services.bundle import ServiceBundle
from app.web.dependencies import Services
from app.web.event_stream import BATCH, EventStream, event_hub, messages, parse_vector
from app.web.server import stopping_event

router = APIRouter(prefix="/events", tags=["events"])

MOST_RUNS = 100


@router.get("", response_class=EventStream, status_code=200)
async def stream(
    request: Request,
    services: Services,
    runs: Annotated[str, Query(description="Ids, comma-separated.")],
    after: str = "",
    last_event_id: Annotated[str | None, Header()] = None,
) -> EventStream:
    """Every event after the cursor `run:seq,run:seq` (Last-Event-ID, else `after`), then each as it happens."""
    newest = await run_in_threadpool(_newest, services, runs)
    given = last_event_id if last_event_id is not None else after
    parsed = parse_vector(given, newest)
    cursor = dict.fromkeys(newest, 0) if parsed is None else parsed
    hub = event_hub(request.app, services.event_log, stopping_event(request.app))
    subscription = hub.join(cursor)

    def from_database(run_id: str, seq: int) -> list[Event]:
        return services.metrics.events(run_id, after=seq, limit=BATCH)

    return EventStream(messages(subscription, cursor, from_database, reset=parsed is None), subscription)


def _newest(services: ServiceBundle, runs: str) -> dict[str, int]:
    ids = list(dict.fromkeys(run_id for run_id in runs.split(",") if run_id))
    if not 1 <= len(ids) <= MOST_RUNS:
        raise InvalidError(f"{len(ids)} runs were named; name between 1 and {MOST_RUNS}: ?runs=ID,ID.")
    return {run_id: services.runs.get(run_id).last_seq for run_id in ids}
