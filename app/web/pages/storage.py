"""Storage: what takes room on disk, and one click to let go what nothing needs."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.core.storage import StorageKind, StorageLine
from app.web.dependencies import Services
from app.web.pages.frame import show

router = APIRouter(prefix="/storage", include_in_schema=False)

WORDS = {
    StorageKind.IMAGES: ("Images of datasets", "of no dataset or version any more, and older than a day"),
    StorageKind.THUMBNAILS: ("Thumbnails", "of images that no dataset has"),
    StorageKind.CHECKS: ("What checks saw", "of versions that are deleted"),
    StorageKind.STATISTICS: ("Mean images", "of versions that are deleted"),
    StorageKind.ARTIFACTS: ("Weights and other files of runs", "of deleted runs, or replaced by a later attempt"),
    StorageKind.CURVES: ("Curves of runs", "of deleted runs, or of runs that went on since"),
    StorageKind.REPORTS: ("Reports", "of reports that are deleted"),
    StorageKind.SOURCES: ("Definitions that were read", "go by themselves, a day after they were last needed"),
    StorageKind.CHECKPOINTS: ("Checkpoints", "of runs that have ended: to go on, they would begin anew"),
    StorageKind.PREPARED: ("Prepared images", "that no training uses now: made again when one does"),
    StorageKind.SCRATCH: ("Files being made", "of processes that were killed: goes by itself, hourly"),
    StorageKind.DATABASE: ("Database", "goes on to use the room of what is deleted"),
}
"""What each kind is called, and which of it may go."""


@dataclass(frozen=True)
class Row:
    """A kind as the page shows it."""

    line: StorageLine
    title: str
    why: str


@router.get("")
def storage_page(request: Request, services: Services) -> HTMLResponse:
    """Everything that is kept, the largest first."""
    report = services.storage.report()
    lines = sorted(report.items, key=lambda line: line.kept.bytes, reverse=True)
    return show(
        request,
        services,
        "storage.html",
        active="/storage",
        report=report,
        rows=[Row(line, *WORDS[line.kind]) for line in lines],
        total=sum(line.kept.bytes for line in lines),
        may_go=sum(line.may_go.bytes for line in lines),
        settings=services.settings,
    )


@router.post("/{kind}/collection")
def collect(kind: StorageKind, services: Services) -> Response:
    """Let go what nothing needs of a kind."""
    services.storage.let_go(kind)
    return RedirectResponse("/storage", status_code=303)
