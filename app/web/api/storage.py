"""What takes room on disk, and what may go."""

from typing import Any

from fastapi import APIRouter

from app.core.storage import Amount, StorageKind
from app.core.values import Value
from app.web.dependencies import Services

router = APIRouter(prefix="/storage", tags=["storage"])


class Collection(Value):
    """Of which kind everything goes that nothing needs."""

    kind: StorageKind


@router.get("")
def report(services: Services) -> dict[str, Any]:
    """Bytes and counts of each kind, and of what may go; the disk of the data folder."""
    found = services.storage.report().json_object()
    return {**found, "next": None}


@router.post("/collections")
def collect(body: Collection, services: Services) -> Amount:
    """Let go what nothing needs of a kind; answer how much that was."""
    return services.storage.let_go(body.kind)
