"""Workers: who computes, and what waits."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.web.dependencies import Services
from app.web.pages.frame import show, with_origins

router = APIRouter(prefix="/workers", include_in_schema=False)


@router.get("")
def workers_page(request: Request, services: Services) -> HTMLResponse:
    """Machines, devices, and the queue in its order."""
    workers = services.workers.page()
    waiting = services.run_queue.waiting()
    names = {worker.run_id: services.runs.get(worker.run_id).name for worker in workers if worker.run_id is not None}
    return show(
        request,
        services,
        "workers.html",
        active="/workers",
        workers=workers,
        names=names,
        waiting=with_origins(services, waiting),
    )


@router.post("/queue/cancellation")
def cancel_all(services: Services) -> Response:
    """Stop every run that waits."""
    services.run_queue.cancel_all()
    return RedirectResponse("/workers", status_code=303)
