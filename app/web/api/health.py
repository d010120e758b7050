"""Whether this process lives, and whether it can serve."""

import logging
from typing import Any

from fastapi import APIRouter, Response

from app.core.errors import DiceboardError
from app.core.names import TaskName
from app.core.ports import BlobStore, Database
from app.web.dependencies import Services

log = logging.getLogger(__name__)

router = APIRouter(tags=["health"])


@router.get("/healthz")
def live() -> dict[str, str]:
    """It answers."""
    return {"status": "ok"}


@router.get("/readyz")
def ready(services: Services, response: Response) -> dict[str, Any]:
    """200 where database and storage answer, 503 else; without the broker runs wait, but nothing is lost."""
    parts = {"database": _answers(services.database), "storage": _answers(services.blobs)}
    broker = services.queue.length(TaskName.TRAIN_NEXT_RUN) is not None
    is_ready = all(parts.values())
    response.status_code = 200 if is_ready else 503
    shown = {name: "up" if answers else "down" for name, answers in {**parts, "broker": broker}.items()}
    return {"status": ("ok" if broker else "degraded") if is_ready else "unavailable", **shown}


def _answers(part: Database | BlobStore) -> bool:
    try:
        part.ping()
    except (DiceboardError, OSError) as error:
        log.warning("%s does not answer: %s", type(part).__name__, type(error).__name__)
        return False
    return True
