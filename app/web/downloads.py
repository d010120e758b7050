"""Downloads that can be resumed: ranges, entity tags, names as RFC 6266 has them."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")


def download(
    stream: Callable[[int, int], Iterator[bytes]], *, size: int, sha256: str, name: str, wanted: str | None
) -> Response:
    """The whole file (200), the one range that is wanted (206), or 416 where there is no such range."""
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": f'"{sha256}"',
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
    }
    if wanted is None:
        return _part(stream, 0, size, 200, headers)
    part = _parse(wanted, size)
    if part is None:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    start, end = part
    return _part(stream, start, end, 206, headers | {"Content-Range": f"bytes {start}-{end - 1}/{size}"})


def _part(
    stream: Callable[[int, int], Iterator[bytes]], start: int, end: int, status: int, headers: dict[str, str]
) -> Response:
    length = {"Content-Length": str(end - start)}
    return StreamingResponse(
        stream(start, end), status_code=status, headers=headers | length, media_type="application/octet-stream"
    )


def _parse(wanted: str, size: int) -> tuple[int, int] | None:
    match = _RANGE.match(wanted.strip())
    if match is None or (not match[1] and not match[2]):
        return None
    if not match[1]:
        start, end = max(0, size - int(match[2])), size
    else:
        start, end = int(match[1]), min(size, int(match[2]) + 1) if match[2] else size
    return (start, end) if start < end else None
