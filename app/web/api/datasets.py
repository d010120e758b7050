"""Datasets over REST: upload as tar or zip in any number of parts, commit, look at the images."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from app.core.datasets.repair import Repair
from app.core.values import Name, Sort, Value
from app.services.dataset_uploads import OfferedFile, layout_of_names
from app.web.dependencies import Services
from app.web.upload_body import UploadBody

router = APIRouter(prefix="/datasets", tags=["datasets"])

Limit = Annotated[int, Query(ge=1, le=500)]
FilesLimit = Annotated[int, Query(ge=1, le=10_000)]


class NamedDataset(Value):
    """What a dataset is called."""

    name: Name


class OfferedFiles(Value):
    """What a client has and would rather not send where the bytes are here already."""

    files: tuple[OfferedFile, ...] = Field(max_length=10_000)


class NamedFiles(Value):
    """Paths that a client has, and the text of its tables of labels."""

    paths: tuple[str, ...] = Field(max_length=1_000_000)
    tables: dict[str, str] = Field(default_factory=dict)


@router.post("", status_code=201)
def create_dataset(body: NamedDataset, services: Services, response: Response) -> dict[str, Any]:
    """Begin a dataset; it is `uploading` until it is committed."""
    dataset = services.datasets.create(body.name)
    response.headers["Location"] = f"/api/v1/datasets/{dataset.id}"
    return dataset.representation()


@router.get("")
def list_datasets(
    services: Services, limit: Limit = 50, cursor: str | None = None, q: str | None = None, sort: Sort = "-created"
) -> dict[str, Any]:
    """Datasets, newest first."""
    datasets, following = services.datasets.page(limit=limit, cursor=cursor, q=q, sort=sort)
    return {"items": [dataset.representation() for dataset in datasets], "next": following}


@router.post("/layouts")
def read_layout(body: NamedFiles) -> dict[str, Any]:
    """How these paths would be understood, before anything is sent."""
    return layout_of_names(body.paths, body.tables)


@router.get("/{dataset_id}")
def get_dataset(dataset_id: str, services: Services) -> dict[str, Any]:
    """State, classes, splits, sizes, findings."""
    return services.datasets.get(dataset_id).representation()


@router.patch("/{dataset_id}")
def rename_dataset(dataset_id: str, body: NamedDataset, services: Services) -> dict[str, Any]:
    """Give it another name."""
    return services.datasets.rename(dataset_id, body.name).representation()


@router.delete("/{dataset_id}", status_code=204)
def delete_dataset(dataset_id: str, services: Services) -> None:
    """Forget it; refused while runs use it."""
    services.datasets.delete(dataset_id)


@router.put(
    "/{dataset_id}/files",
    # Bodies go to disk, not to memory: the settings' limit counts here, checked while the body comes in.
    max_body_size=2**62,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in ("application/x-tar", "application/gzip", "application/zip", "application/octet-stream")
            },
        }
    },
)
async def upload_files(dataset_id: str, request: Request, services: Services) -> dict[str, Any]:
    """Take the images of a tar (gzip allowed) or zip; repeatable, in any number of parts."""
    body = UploadBody(request, services.datasets.limits)
    return await run_in_threadpool(body.given_to, partial(services.datasets.receive, dataset_id))


@router.post("/{dataset_id}/files")
def adopt_files(dataset_id: str, body: OfferedFiles, services: Services) -> dict[str, Any]:
    """Take files by the SHA-256 of their bytes, which have come before; the answer's `missing` have to be sent."""
    return services.datasets.adopt(dataset_id, body.files)


@router.get("/{dataset_id}/files")
def list_files(
    dataset_id: str, services: Services, limit: FilesLimit = 10_000, cursor: str | None = None
) -> dict[str, Any]:
    """What has arrived, by path: a client that was cut off goes on from it."""
    files, following = services.datasets.files(dataset_id, limit=limit, cursor=cursor)
    return {"items": [file.json_object() for file in files], "next": following}


@router.get("/{dataset_id}/layout")
def get_layout(dataset_id: str, services: Services) -> dict[str, Any]:
    """How what has arrived is understood: classes, splits, or the `problem` that keeps it from being committed."""
    return services.datasets.layout(dataset_id)


@router.post("/{dataset_id}/commit", status_code=202)
def commit_dataset(dataset_id: str, services: Services, response: Response) -> dict[str, Any]:
    """Have it checked: `checking`, then `ready` or `rejected`."""
    response.headers["Location"] = f"/api/v1/datasets/{dataset_id}"
    return services.datasets.commit(dataset_id).representation()


@router.get("/{dataset_id}/versions")
def list_versions(dataset_id: str, services: Services) -> dict[str, Any]:
    """Its immutable versions, newest first."""
    return {"items": [version.representation() for version in services.datasets.versions(dataset_id)], "next": None}


@router.post("/{dataset_id}/versions", status_code=201)
def repair_dataset(dataset_id: str, body: Repair, services: Services, response: Response) -> dict[str, Any]:
    """Make a new version of the newest: leave out, merge equal images, rename classes, split again by groups."""
    version = services.datasets.repair(dataset_id, body)
    response.headers["Location"] = f"/api/v1/datasets/{dataset_id}/versions"
    return version.representation()
