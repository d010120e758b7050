"""Folders of small files on disk, as people choose them."""

from collections.abc import Mapping
from pathlib import Path

from tests.factories.images import png


def written(root: Path, files: Mapping[str, bytes]) -> Path:
    """The folder with these files in it."""
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def small_files(count: int, *, classes: int = 4, padding: int = 0) -> dict[str, bytes]:
    """<class>/<number>.png, each different: a PNG may have anything behind its end, which makes it so, and larger."""
    image = png()
    return {
        f"{number % classes}/{number:06}.png": image + f"{number}".encode() + bytes(padding) for number in range(count)
    }
