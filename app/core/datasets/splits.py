"""Who trains, who validates, who tests: decided by a seed and the images' digests, so it comes out the same anywhere."""

import hashlib
from collections.abc import Mapping, Sequence

from app.core.datasets.dataset import Split
from app.core.datasets.layout import Place

SEED = 0
VALIDATION_SHARE = 0.15
TEST_SHARE = 0.15


def split_of_each(places: Sequence[Place], digests: Mapping[str, str], *, seed: int = SEED) -> dict[str, Split]:
    """The split of each path.

    Without split folders, each class is divided 70/15/15; with train and no validation, 15 % of each class's training
    images validate. Equal images of a class stay together, and each class keeps at least one image to train on.
    """
    chosen = {place.path: place.split for place in places if place.split is not None}
    if Split.VALIDATION in chosen.values():
        return chosen
    make_test = Split.TEST not in chosen.values()
    by_class: dict[str, list[Place]] = {}
    for place in places:
        if place.split in {None, Split.TRAIN}:
            by_class.setdefault(place.class_name, []).append(place)
    for members in by_class.values():
        assigned = _divide({digests[place.path] for place in members}, seed=seed, make_test=make_test)
        chosen.update({place.path: assigned[digests[place.path]] for place in members})
    return chosen


def _divide(digests: set[str], *, seed: int, make_test: bool) -> dict[str, Split]:
    order = sorted(digests, key=lambda digest: hashlib.sha256(f"{seed}:{digest}".encode()).digest())
    validation = _share(len(order), VALIDATION_SHARE, least_to_share=2)
    test = _share(len(order), TEST_SHARE, least_to_share=3) if make_test else 0
    assigned = dict.fromkeys(order[:validation], Split.VALIDATION)
    assigned |= dict.fromkeys(order[validation : validation + test], Split.TEST)
    return assigned | dict.fromkeys(order[validation + test :], Split.TRAIN)


def _share(images: int, share: float, *, least_to_share: int) -> int:
    return max(1, round(images * share)) if images >= least_to_share else 0
