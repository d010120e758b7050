"""Workers: machines, their devices, what these do now and next, and what waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.core.runs.run import Run
from app.core.workers import Worker, next_runs
from app.services.bundle import ServiceBundle
from app.web.dependencies import Services
from app.web.pages.frame import show, with_origins

router = APIRouter(prefix="/workers", include_in_schema=False)

SHOWN = 200
"""Of the queue; the page asks anew every three seconds."""


@dataclass(frozen=True)
class Slot:
    """A worker, the run that it has, and the one that it will probably take then."""

    worker: Worker
    run: Run | None
    following: Run | None


@dataclass(frozen=True)
class Machine:
    """The slots of one machine; `title` is its name, with more of it where two machines are called the same."""

    title: str
    slots: list[Slot]

    @property
    def alive(self) -> bool:
        """Whether any of its workers gives signs of life."""
        return any(slot.worker.alive for slot in self.slots)


@router.get("")
def workers_page(request: Request, services: Services) -> HTMLResponse:
    """Machines, devices, and the queue in its order."""
    workers = services.workers.page()
    waiting = services.run_queue.waiting(limit=SHOWN)
    stuck = bool(waiting) and not any(worker.trains for worker in workers)
    return show(
        request,
        services,
        "workers.html",
        active="/workers",
        machines=_machines(services, workers, waiting),
        stuck=stuck,
        reasons={} if stuck else services.workers.waiting_for(waiting),
        waiting=with_origins(services, waiting),
        size=services.run_queue.size(),
    )


@router.post("/queue/cancellation")
def cancel_all(services: Services) -> Response:
    """Stop every run that waits."""
    services.run_queue.cancel_all()
    return RedirectResponse("/workers", status_code=303)


def _machines(services: ServiceBundle, workers: Sequence[Worker], waiting: Sequence[Run]) -> list[Machine]:
    at_work = {worker.run_id: services.runs.get(worker.run_id) for worker in workers if worker.run_id is not None}
    following = next_runs(workers, at_work, waiting)
    ordered = sorted(workers, key=lambda worker: worker.machine)
    machines = {name: list(slots) for name, slots in groupby(ordered, key=lambda worker: worker.machine)}
    called = [slots[0].host for slots in machines.values()]
    return [
        Machine(
            title=slots[0].host if called.count(slots[0].host) == 1 else name,
            slots=[Slot(worker, at_work.get(worker.run_id or ""), following.get(worker.name)) for worker in slots],
        )
        for name, slots in machines.items()
    ]
