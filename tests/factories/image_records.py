"""Images of a version, as the checks see them."""

import hashlib
from collections.abc import Sequence
from itertools import pairwise

from app.core.datasets.dataset import ImageRecord, Split
from app.core.datasets.near_copies import CopyPair, Resemblance

PLAIN = Resemblance(0, mirrored=False, scale=1)


def digest(name: str) -> str:
    """The digest that the image of this name has in tests."""
    return hashlib.sha256(name.encode()).hexdigest()


def record(
    path: str,
    *,
    content: str | None = None,
    split: Split = Split.TRAIN,
    class_name: str = "1",
    brightness: float = 100.0,
    mean_color: tuple[float, float, float] = (100.0, 100.0, 100.0),
    size: tuple[int, int] = (48, 64),
    mode: str = "RGB",
    file_format: str = "PNG",
    frames: int = 1,
    copy_group: int | None = None,
) -> ImageRecord:
    """An image whose bytes follow from `content`, its path unless said."""
    return ImageRecord(
        digest=digest(content or path),
        path=path,
        class_name=class_name,
        split=split,
        height=size[0],
        width=size[1],
        mode=mode,
        bytes=1,
        format=file_format,
        frames=frames,
        brightness=brightness,
        mean_color=mean_color,
        copy_group=copy_group,
    )


def many(count: int, *, class_name: str = "1", split: Split = Split.TRAIN, **facts: object) -> list[ImageRecord]:
    """So many different images of a class."""
    return [
        record(f"{split.value}/{class_name}/{n}.png", class_name=class_name, split=split, **facts) for n in range(count)
    ]  # type: ignore[arg-type]


def chain(names: Sequence[str], how: Resemblance = PLAIN) -> list[CopyPair]:
    """Each one a copy of the one before."""
    return [CopyPair(digest(left), digest(right), how) for left, right in pairwise(names)]
