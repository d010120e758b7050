"""Which row of a file of pixels holds which image: a line for each row, appended once its pixels are on disk."""

import os
from collections.abc import Sequence
from pathlib import Path

_DIGEST_BYTES = 64


def indexed(path: Path) -> dict[str, int]:
    """Row by digest, up to the first line that is not whole."""
    rows: dict[str, int] = {}
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    for line in lines:
        digest, _, row = line.partition(b" ")
        if not line.endswith(b"\n") or len(digest) != _DIGEST_BYTES or row.strip() != str(len(rows)).encode():
            break
        rows[digest.decode()] = len(rows)
    return rows


def append(path: Path, digests: Sequence[str], *, first_row: int) -> None:
    """Name the rows of images, whose pixels must be on disk by now."""
    with path.open("ab") as index:
        index.write(b"".join(f"{digest} {first_row + place}\n".encode() for place, digest in enumerate(digests)))
        index.flush()
        os.fsync(index.fileno())


def repaired(index: Path, pixels: Path, *, row_bytes: int) -> dict[str, int]:
    """The index's rows whose pixels are there; cuts both files back to them, for whoever alone writes."""
    rows = indexed(index)
    pixels.touch(mode=0o600)
    index.touch(mode=0o600)
    whole = min(len(rows), pixels.stat().st_size // row_bytes)
    kept = dict(list(rows.items())[:whole])
    os.truncate(pixels, whole * row_bytes)
    os.truncate(index, sum(len(f"{digest} {row}\n") for digest, row in kept.items()))
    return kept
