"""Who computes, and what waits for them."""

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field

from app.core.values import Value
from app.web.api.told_runs import told_runs
from app.web.dependencies import Services


class QueueOrder(Value):
    """Which queued runs to move, in their new order."""

    runs: tuple[str, ...] = Field(min_length=1, max_length=10_000)
    to: Literal["front"] | None = None


router = APIRouter(tags=["workers"])


@router.get("/workers")
def workers(services: Services) -> dict[str, Any]:
    """Every known worker, its device, what it runs, and whether it is alive."""
    return {"items": [worker.json_object() for worker in services.workers.page()], "next": None}


@router.get("/queue")
def queue(services: Services) -> dict[str, Any]:
    """The runs that wait, the next one first, those that are held behind them."""
    return {"items": told_runs(services, services.run_queue.waiting()), "next": None}


@router.put("/queue/order")
def order(body: QueueOrder, services: Services) -> dict[str, Any]:
    """Put queued runs into this order, in the places that they have, or before all others."""
    waiting = services.run_queue.order(body.runs, to_front=body.to == "front")
    return {"items": told_runs(services, waiting), "next": None}


@router.post("/queue/cancellation")
def cancel_all(services: Services) -> dict[str, Any]:
    """Stop every run that waits; those that a worker has go on."""
    return {"stopped": services.run_queue.cancel_all()}
