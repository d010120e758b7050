"""Other people's scripts, served out of their installed packages: compressed once, cached for ever."""

import gzip
from functools import cache
from importlib.metadata import version
from importlib.resources import files

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.core.errors import NotFoundError

router = APIRouter(prefix="/vendor", include_in_schema=False)

_PACKAGES = {
    "plotly.min.js": ("plotly", "package_data", "text/javascript"),
    "swagger-ui-bundle.js": ("fastapi_offline", "static", "text/javascript"),
    "swagger-ui.css": ("fastapi_offline", "static", "text/css"),
}


def address(name: str) -> str:
    """Where a file is served; a new version of its package has another address."""
    return f"/vendor/{version(_PACKAGES[name][0])}/{name}"


def text(name: str) -> str:
    """The file itself, for what is to stand alone."""
    return _content(name, is_gzip=False).decode()


@router.get("/{release}/{name}")
def asset(release: str, name: str, request: Request) -> Response:
    """The file, with gzip for who takes it."""
    if name not in _PACKAGES or release != version(_PACKAGES[name][0]):
        raise NotFoundError(f"There is no {name!r:.100} of release {release!r:.40} here. Load the page again.")
    is_gzip = "gzip" in request.headers.get("accept-encoding", "")
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if is_gzip:
        headers["Content-Encoding"] = "gzip"
    kind = f"{_PACKAGES[name][2]}; charset=utf-8"
    return Response(_content(name, is_gzip=is_gzip), media_type=kind, headers=headers)


@cache
def _content(name: str, *, is_gzip: bool) -> bytes:
    package, folder, _ = _PACKAGES[name]
    content = files(package).joinpath(folder, name).read_bytes()
    return gzip.compress(content, compresslevel=9, mtime=0) if is_gzip else content
