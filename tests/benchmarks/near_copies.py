"""How well copies of one photograph are found.

`python -m tests.benchmarks.near_copies FOLDER [FOLDER]`: folders of real photographs, each in class folders. Every
photograph is multiplied; the source image is the truth. Photographs of the same face and of the same scene are the
negatives: the folders hold many of both.
"""

import hashlib
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from app.adapters.blob_store import ObstoreBlobs
from app.adapters.image_pool import ImagePool
from app.core.datasets.names import image_key
from app.core.datasets.near_copies import CopyGraph
from tests.factories.dice import REAL
from tests.factories.photographs import multiplied, png

PHOTOGRAPHS = {"casino_dice": 120, "single_die_640x480": 81}
_LARGEST = 50_000_000


@dataclass(frozen=True)
class Found:
    """Pairs that are copies in truth, pairs that were called so, and those that are both."""

    true: int
    called: int
    both: int

    @property
    def precision(self) -> float:
        """Of the pairs that were called copies, the share that are."""
        return self.both / max(1, self.called)

    @property
    def recall(self) -> float:
        """Of the pairs that are copies, the share that were called so."""
        return self.both / max(1, self.true)


def real_photographs() -> list[Path]:
    """The folders of photographs that lie beside the project; empty where there are none."""
    beside = Path(os.environ.get("DICEBOARD_TEST_DICE") or REAL).parent
    return [beside / name for name in PHOTOGRAPHS if (beside / name).is_dir()]


def measure(folders: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """(what, figure) for each measurement, as they come."""
    for folder in folders:
        with tempfile.TemporaryDirectory(prefix="diceboard-") as scratch:
            yield from _accuracy(folder, Path(scratch))


def photographs(folder: Path) -> list[Path]:
    """Its image files, as many as are measured, spread over all of them."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
    most = PHOTOGRAPHS.get(folder.name, len(paths))
    return [paths[index * len(paths) // most] for index in range(min(most, len(paths)))]


def pairs_found(sources: dict[str, int], groups: Sequence[Sequence[str]]) -> Found:
    """Compare groups with the truth, pair by pair."""
    true = sum(count * (count - 1) // 2 for count in Counter(sources.values()).values())
    called = sum(len(group) * (len(group) - 1) // 2 for group in groups)
    counts = [Counter(sources[digest] for digest in group) for group in groups]
    return Found(true, called, sum(count * (count - 1) // 2 for group in counts for count in group.values()))


def _accuracy(folder: Path, scratch: Path) -> Iterator[tuple[str, str]]:
    blobs = ObstoreBlobs((scratch / "blobs").as_uri())
    sources: dict[str, int] = {}
    kinds: dict[str, str] = {}
    for number, path in enumerate(photographs(folder)):
        with Image.open(path) as opened:
            image = opened.convert("L" if opened.mode == "L" else "RGB")
        for kind, copy in [("itself", image), *multiplied(image, number)]:
            digest = _kept(blobs, png(copy))
            sources[digest], kinds[digest] = number, kind
    with ImagePool((scratch / "blobs").as_uri(), largest_pixels=_LARGEST, folder=scratch).examination(
        list(sources)
    ) as look:
        look.facts(_nobody)
        graph = CopyGraph(look.copies(list(sources), _nobody))
    found = pairs_found(sources, graph.groups(sources))
    count = len(set(sources.values()))
    yield (
        f"{folder.name}: near copies among {len(sources):,} images of {count} photographs",
        f"precision {found.precision:.3f}, recall {found.recall:.3f}",
    )
    missed = Counter(kinds[digest] for digest in sources if not any(graph.ways(digest)))
    yield (
        f"{folder.name}: copies found alone, by what was done",
        ", ".join(f"{n} {k}" for k, n in missed.most_common(5)),
    )
    originals = [digest for digest, kind in kinds.items() if kind == "itself"]
    yield (
        f"{folder.name}: distinct photographs called copies without any copy beside them",
        f"{_wrongly_joined(scratch, originals)} of {len(originals)}",
    )


def _wrongly_joined(scratch: Path, originals: Sequence[str]) -> int:
    with ImagePool((scratch / "blobs").as_uri(), largest_pixels=_LARGEST, folder=scratch).examination(
        originals
    ) as look:
        look.facts(_nobody)
        return sum(map(len, CopyGraph(look.copies(originals, _nobody)).groups(originals)))


def _kept(blobs: ObstoreBlobs, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    blobs.put_bytes(image_key(digest), content)
    return digest


def _nobody(_done: int, _of_all: int) -> None:
    """Nobody waits for progress."""


if __name__ == "__main__":
    for what, figure in measure([Path(argument) for argument in sys.argv[1:]]):
        print(f"{what}: {figure}", flush=True)  # noqa: T201 - its output is what it is for
