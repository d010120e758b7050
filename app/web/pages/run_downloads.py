"""The downloads of a run's page: files, what is being made, what can be, and how they are opened."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from app.core.datasets.preparing_code import steps
from app.core.errors import InvalidError, UnavailableError
from app.core.runs.exports import Export, ExportFormat, ExportRequest, ExportState
from app.core.runs.loading import loading_code
from app.core.runs.run import Artifact, Run
from app.services.bundle import ServiceBundle
from app.web.dependencies import Services
from app.web.pages.forms import Form
from app.web.problems import field_errors

router = APIRouter(prefix="/runs", include_in_schema=False)


@dataclass(frozen=True)
class Downloads:
    """`loading` has a label and Python for each format that is there; `kept` are epochs with checkpoints."""

    files: Sequence[Artifact]
    exports: Sequence[Export]
    kept: Sequence[int]
    classes: Sequence[str]
    preparing: str
    loading: Sequence[tuple[str, str]]
    formats: Sequence[ExportFormat] = tuple(ExportFormat)

    @property
    def epochs(self) -> list[tuple[str, str]]:
        """(value, words) of each epoch whose weights are there to make files of."""
        names = {file.name for file in self.files}
        found = [(which, f"the {which} epoch") for which in ("best", "last") if f"{which}.weights.h5" in names]
        return [*found, *((str(epoch), f"epoch {epoch}") for epoch in self.kept)]

    @property
    def is_live(self) -> bool:
        """Whether something is being made."""
        return any(export.state is not ExportState.FAILED for export in self.exports)


def downloads_of(services: ServiceBundle, run: Run) -> Downloads:
    """Everything about the files of a run."""
    files = services.artifacts.of(run.id)
    loading = _loading([file.name for file in files])
    preparation = services.scripts.preparation(run) if loading else None
    return Downloads(
        files=files,
        exports=services.exports.of(run.id),
        kept=_kept(services, run),
        classes=services.scripts.classes(run),
        preparing="" if preparation is None else _preparing(steps(preparation)),
        loading=loading,
    )


def _kept(services: ServiceBundle, run: Run) -> list[int]:
    if not run.is_terminal:
        return []
    try:
        return services.exports.kept_epochs(run.id)
    except UnavailableError:
        return []  # the page has more to tell


@router.post("/{run_id}/exports")
def export(run_id: str, services: Services, form: Form) -> Response:
    """Have a file made."""
    asked = {"format": form.get("format"), "epoch": form.get("epoch", "best")}
    try:
        request = ExportRequest.model_validate(asked)
    except ValidationError as error:
        raise InvalidError("Choose one of the formats and one of the epochs.", errors=field_errors(error)) from None
    services.exports.ask(run_id, request)
    return RedirectResponse(f"/runs/{run_id}#downloads", status_code=303)


@router.post("/{run_id}/artifacts/{name}/deletion")
def remove(run_id: str, name: str, services: Services) -> Response:
    """Remove a file that was made on request."""
    services.exports.remove(run_id, name)
    return RedirectResponse(f"/runs/{run_id}#downloads", status_code=303)


def _loading(names: Sequence[str]) -> list[tuple[str, str]]:
    found = []
    # A zip with everything is opened by what is in it.
    for made in (made for made in ExportFormat if made is not ExportFormat.ZIP):
        name = next((name for name in names if name.endswith(made.suffix)), None)
        if name is not None:
            found.append((made.label, loading_code(made, name.removesuffix(".zip"))))
    return found


def _preparing(lines: Sequence[str]) -> str:
    head = ["import numpy", "from PIL import Image, ImageOps"]
    return "\n".join([*head, *lines, "images = numpy.float32(array)[None] / 255"])
