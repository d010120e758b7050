"""What a run leaves, over REST: its files, and a script that repeats it with the images that this takes."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from app.core.runs.exports import Export, ExportRequest
from app.core.runs.run import Artifact
from app.core.runs.script import as_notebook, as_python, sections_of
from app.web.dependencies import Services
from app.web.downloads import WantedPart, attached, download, file_name

router = APIRouter(tags=["files of runs"])


@router.get("/runs/{run_id}/artifacts")
def artifacts(run_id: str, services: Services) -> dict[str, Any]:
    """The files it produced."""
    found = services.artifacts.of(run_id)
    shown = [artifact.model_dump(mode="json", exclude={"blob", "run_id"}) for artifact in found]
    return {"items": [{**entry, "created": entry.pop("created_at")} for entry in shown], "next": None}


@router.get("/runs/{run_id}/artifacts/{name}", response_class=Response)
def artifact(run_id: str, name: str, services: Services, wanted: WantedPart) -> Response:
    """One file, whole or a range of it; `If-Range` with its entity tag goes on where a download broke off."""
    found = services.artifacts.get(run_id, name)
    named = file_name(services.runs.get(run_id).name, found.name)

    def part(start: int, end: int) -> Any:
        return services.artifacts.stream(found, start=start, end=end)

    return download(part, size=found.bytes, sha256=found.sha256, name=named, wanted=wanted)


@router.delete("/runs/{run_id}/artifacts/{name}", status_code=204)
def remove(run_id: str, name: str, services: Services) -> None:
    """Remove a file that was made on request: it can be made again."""
    services.exports.remove(run_id, name)


@router.get("/runs/{run_id}/script", response_class=Response)
def script(
    run_id: str,
    request: Request,
    services: Services,
    kind: Annotated[Literal["py", "ipynb"], Query(alias="format")] = "py",
) -> Response:
    """A standalone Keras script (or a notebook) that repeats the run and says whether it ended with the same figures."""
    facts = services.scripts.facts(run_id, origin=str(request.base_url).rstrip("/"))
    headers = attached(file_name(facts.run.name, f"script.{kind}"))
    if kind == "ipynb":
        return JSONResponse(as_notebook(sections_of(facts)), headers=headers, media_type="application/x-ipynb+json")
    return PlainTextResponse(as_python(sections_of(facts)), headers=headers, media_type="text/x-python")


@router.get("/runs/{run_id}/images", response_class=StreamingResponse)
def run_images(run_id: str, services: Services) -> StreamingResponse:
    """A zip of the images that it was trained and measured with: <split>/<class>/<file>, and images.csv in its order."""
    run, content = services.scripts.images_of_run(run_id)
    headers = attached(file_name(run.name, "images.zip"))
    return StreamingResponse(content, headers=headers, media_type="application/zip")


@router.post("/runs/{run_id}/exports", status_code=202)
def export(run_id: str, body: ExportRequest, response: Response, services: Services) -> dict[str, Any]:
    """Have a file made of its weights: `waiting`, `working`, then `ready` (an artifact of that name) or `failed`."""
    found = services.exports.ask(run_id, body)
    response.headers["Location"] = f"/api/v1/runs/{run_id}/exports/{found.name}"
    return _shown(found)


@router.get("/runs/{run_id}/exports")
def exports(run_id: str, services: Services) -> dict[str, Any]:
    """What is being made, or could not be made and why."""
    return {"items": [found.representation() for found in services.exports.of(run_id)], "next": None}


@router.get("/runs/{run_id}/exports/{name}")
def get_export(run_id: str, name: str, services: Services) -> dict[str, Any]:
    """How far one is."""
    return _shown(services.exports.get(run_id, name))


@router.get("/datasets/{dataset_id}/archive", response_class=StreamingResponse)
def archive(
    dataset_id: str, services: Services, version: Annotated[int | None, Query(ge=1)] = None
) -> StreamingResponse:
    """A zip of a version (the newest unless said) in the same folders."""
    name, content = services.scripts.images_of_dataset(dataset_id, version_number=version)
    return StreamingResponse(content, headers=attached(file_name(name, "images.zip")), media_type="application/zip")


def _shown(found: Export | Artifact) -> dict[str, Any]:
    if isinstance(found, Export):
        return found.representation()
    check = found.check and found.check.json_object()
    return {"name": found.name, "state": "ready", "epoch": found.epoch, "sha256": found.sha256, "check": check}
