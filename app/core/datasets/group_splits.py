"""Splitting so that copies of one photograph stay together, and each split has its share of each class."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence

from app.core.datasets.dataset import ImageRecord, Split
from app.core.datasets.near_copies import Union


def split_by_groups(images: Sequence[ImageRecord], *, seed: int, validation: float, test: float) -> dict[str, Split]:
    """The split of each path.

    Equal images and those of one copy group are never parted, so the shares are met as far as groups allow. Groups are
    drawn large ones first, equal ones in an order that follows from the seed, each to the split that lacks most images
    of its classes. A class keeps at least one group to train on, then gets one to validate and one to test with.
    """
    wanted = {Split.TRAIN: 1 - validation - test, Split.VALIDATION: validation, Split.TEST: test}
    totals = Counter(image.class_name for image in images)
    groups = sorted(_groups(images), key=lambda group: (-len(group), _draw(group, seed)))
    left = Counter(name for group in groups for name in {image.class_name for image in group})
    assigned: dict[str, Split] = {}
    given: dict[Split, Counter[str]] = {split: Counter() for split in Split if wanted[split] > 0}
    for group in groups:
        counts = Counter(image.class_name for image in group)
        empty = [split for split in given if not any(given[split][name] for name in counts)]
        if empty and (empty[0] is Split.TRAIN or min(left[name] for name in counts) <= len(empty)):
            chosen = empty[0]
        else:
            lack = {
                split: sum(many * (wanted[split] * totals[name] - there[name]) for name, many in counts.items())
                for split, there in given.items()
            }
            chosen = max(lack, key=lambda split: lack[split])
        given[chosen].update(counts)
        left.subtract(counts.keys())
        assigned.update((image.path, chosen) for image in group)
    return assigned


def validated_anew(images: Sequence[ImageRecord], share: float, *, seed: int) -> list[ImageRecord]:
    """Training and validation images divided again, so that about this share of them validates; test images stay."""
    divided = [image for image in images if image.split is not Split.TEST]
    splits = split_by_groups(divided, seed=seed, validation=share, test=0)
    return [image.model_copy(update={"split": splits.get(image.path, image.split)}) for image in images]


def _groups(images: Sequence[ImageRecord]) -> list[list[ImageRecord]]:
    """What must stay together: the same bytes, and the same number of a copy group."""
    union = Union(len(images))
    first: dict[str | int, int] = {}
    for index, image in enumerate(images):
        for key in (image.digest, image.copy_group):
            if key is not None:
                union.join(first.setdefault(key, index), index)
    together: dict[int, list[ImageRecord]] = defaultdict(list)
    for index, image in enumerate(images):
        together[union.root(index)].append(image)
    return list(together.values())


def _draw(group: Sequence[ImageRecord], seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{min(image.digest for image in group)}".encode()).digest()
