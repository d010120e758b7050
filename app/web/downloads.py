"""Downloads that can be resumed: ranges, entity tags, digests, names as RFC 6266 has them."""

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Header
from starlette.responses import Response, StreamingResponse

from app.core.datasets.folders import fit_for_a_file

_RANGE = re.compile(r"^bytes=([0-9]*)-([0-9]*)$")
_BEYOND = 2**63
"""Of no file is there a byte at such a place; Python refuses to read numbers of thousands of digits."""


@dataclass(frozen=True)
class Wanted:
    """What of a file a client asks for: a range, if the file is still the one it began with (`if_range`).

    With `none_match` it says which it has already.
    """

    range: str | None = None
    if_range: str | None = None
    none_match: str | None = None


def _wanted(
    wanted: Annotated[str | None, Header(alias="range")] = None,
    if_range: Annotated[str | None, Header(alias="if-range")] = None,
    none_match: Annotated[str | None, Header(alias="if-none-match")] = None,
) -> Wanted:
    return Wanted(wanted, if_range, none_match)


WantedPart = Annotated[Wanted, Depends(_wanted)]
"""What the request's headers ask for."""


def download(
    stream: Callable[[int, int], Iterator[bytes]], *, size: int, sha256: str, name: str, wanted: Wanted
) -> Response:
    """The whole file (200), the one range that is wanted (206), nothing new (304), or 416 where there is no such range.

    The entity tag is the file's SHA-256; `Repr-Digest` (RFC 9530) says it as programs verify it.
    """
    tag = f'"{sha256}"'
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:",
        "Cache-Control": "private, no-cache",
        **attached(name),
    }
    if wanted.none_match is not None and _names(wanted.none_match, tag):
        return Response(status_code=304, headers=headers)
    # Of another file than the client began with, a part would not fit: it gets the whole (RFC 9110, 13.1.5).
    asked = wanted.range if wanted.if_range in {None, tag} else None
    match = None if asked is None else _RANGE.match(asked.strip())
    if match is None or not (match[1] or match[2]):
        return _part(stream, 0, size, 200, headers)
    start, end = _bounds(match[1], match[2], size)
    if start >= end:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    return _part(stream, start, end, 206, headers | {"Content-Range": f"bytes {start}-{end - 1}/{size}"})


def attached(name: str) -> dict[str, str]:
    """The header by which a browser saves the answer under a name, in any alphabet.

    A plain name stands beside it where the alphabet needs one: `curl -OJ` reads no other.
    """
    plain = "".join(letter if 32 <= ord(letter) < 127 and letter not in '"\\%' else "_" for letter in name)
    in_full = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return {"Content-Disposition": f'attachment; filename="{plain}"{in_full}'}


def file_name(owner: str, name: str) -> str:
    """What a file is called once it lies among others: whose it is, then what it is."""
    return f"{fit_for_a_file(owner)[:100].rstrip()} {name}"


def _part(
    stream: Callable[[int, int], Iterator[bytes]], start: int, end: int, status: int, headers: dict[str, str]
) -> Response:
    length = {"Content-Length": str(end - start)}
    return StreamingResponse(
        stream(start, end), status_code=status, headers=headers | length, media_type="application/octet-stream"
    )


def _names(listed: str, tag: str) -> bool:
    return listed.strip() == "*" or tag in {entry.strip().removeprefix("W/") for entry in listed.split(",")}


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return max(0, size - _place(last)), size
    return _place(first), min(size, _place(last) + 1) if last else size


def _place(digits: str) -> int:
    significant = digits.lstrip("0") or "0"
    return int(significant) if len(significant) <= 18 else _BEYOND
