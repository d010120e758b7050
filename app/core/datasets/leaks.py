"""Equal images and copies of one photograph: repeated in a split, across splits, under several classes."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from app.core.datasets.dataset import ImageRecord, Split
from app.core.datasets.findings import MOST_EVIDENCE, Listed, counted, listed, pair, verb
from app.core.datasets.near_copies import UNCHANGED, CopyGraph
from app.core.values import JsonObject

SAME_BYTES = "the same file, byte for byte"
SAME_PLACE = "encoded again, or brighter or darker"
_ORDER = {split: number for number, split in enumerate(Split)}


def exact(images: Sequence[ImageRecord]) -> list[Listed]:
    """What equal bytes tell."""
    same = _grouped(images, lambda image: image.digest)
    return [*_repeated(same), *_leaked(same), *_contradicting(same)]


def near(images: Sequence[ImageRecord], graph: CopyGraph) -> list[Listed]:
    """What copies of one photograph tell; equal bytes were told already."""
    groups = _grouped([image for image in images if image.copy_group is not None], lambda image: image.copy_group)
    return [*_near_repeated(groups, graph), *_near_leaked(groups, graph), *_near_contradicting(groups, graph)]


def _repeated(same: Iterable[Sequence[ImageRecord]]) -> list[Listed]:
    extra, evidence = [], []
    for images in same:
        for kept, *others in _grouped(images, lambda image: (image.split, image.class_name)):
            extra += others
            evidence += [pair(kept, other, SAME_BYTES) for other in others]
    if not extra:
        return []
    message = f"{counted(len(extra), 'image')} {verb(len(extra), 'repeats', 'repeat')} another one of the same class and split."
    effect = (
        "In training a repeated image weighs more than the others; in a test it counts as often as it is there, and the "
        "result looks surer than it is."
    )
    return [listed("exact_duplicates", "warning", message, effect=effect, images=extra, evidence=evidence)]


def _leaked(same: Iterable[Sequence[ImageRecord]]) -> list[Listed]:
    later, evidence = [], []
    for images in same:
        first = min(images, key=lambda image: _ORDER[image.split])
        leaked = [image for image in images if _ORDER[image.split] > _ORDER[first.split]]
        later += leaked
        evidence += [pair(first, image, SAME_BYTES) for image in leaked]
    if not later:
        return []
    message = (
        f"{counted(len(later), 'image')} {verb(len(later), 'stands', 'stand')} in another split as well: what was "
        "trained on is tested on."
    )
    effect = "Results look better than they are: remembering such an image is as good as recognising it."
    return [listed("duplicates_across_splits", "warning", message, effect=effect, images=later, evidence=evidence)]


def _contradicting(same: Iterable[Sequence[ImageRecord]]) -> list[Listed]:
    groups = [images for images in same if len({image.class_name for image in images}) > 1]
    if not groups:
        return []
    images = [image for group in groups for image in group]
    message = (
        f"{counted(len(groups), 'image')} {verb(len(groups), 'stands', 'stand')} in more than one class: whatever is "
        "answered, it counts as wrong once."
    )
    evidence = [pair(group[0], _other_class(group), SAME_BYTES) for group in groups]
    effect = "No network can be right about both, so the best possible result is below 100 %."
    return [listed("same_image_in_classes", "warning", message, effect=effect, images=images, evidence=evidence)]


def _near_repeated(groups: Iterable[Sequence[ImageRecord]], graph: CopyGraph) -> list[Listed]:
    extra: list[ImageRecord] = []
    evidence: list[JsonObject] = []
    for group in groups:
        repeated = _grouped(_once(group), lambda image: (image.split, image.class_name))
        extra += [other for _, *others in repeated for other in others]
        if repeated and len(evidence) < MOST_EVIDENCE:
            evidence += _beside_the_first(repeated, graph, most=MOST_EVIDENCE - len(evidence))
    if not extra:
        return []
    message = (
        f"{counted(len(extra), 'image')} {verb(len(extra), 'is a copy', 'are copies')} of another photograph of the "
        "same class and split: turned, mirrored, shifted, cropped, encoded again, brighter or darker."
    )
    effect = (
        "There are fewer different photographs than images. In training that is what augmentation does too; in a test "
        "the result looks surer than it is."
    )
    return [listed("near_duplicates", "note", message, effect=effect, images=extra, evidence=evidence)]


def _near_leaked(groups: Iterable[Sequence[ImageRecord]], graph: CopyGraph) -> list[Listed]:
    later: list[ImageRecord] = []
    evidence: list[JsonObject] = []
    photographs = 0
    for group in groups:
        leaked = _leaked_copies(group)
        photographs += bool(leaked)
        later += leaked
        first = {image.digest: image for image in sorted(group, key=lambda image: -_ORDER[image.split])}
        evidence += [_nearest_earlier(image, first, graph) for image in leaked[: max(0, MOST_EVIDENCE - len(evidence))]]
    if not later:
        return []
    message = (
        f"{counted(len(later), 'image')} of {counted(photographs, 'photograph')} "
        f"{verb(len(later), 'has a copy', 'have copies')} in another split: turned, mirrored, shifted, cropped, encoded "
        "again, brighter or darker."
    )
    effect = (
        "What is tested was seen in training, a little changed. Results look better than they are; split again by "
        "groups of copies to see how much."
    )
    return [listed("near_copies_across_splits", "warning", message, effect=effect, images=later, evidence=evidence)]


def _near_contradicting(groups: Iterable[Sequence[ImageRecord]], graph: CopyGraph) -> list[Listed]:
    odd = [images for images in map(_once, groups) if len({image.class_name for image in images}) > 1]
    if not odd:
        return []
    evidence = []
    for group in odd[:MOST_EVIDENCE]:
        other = _other_class(group)
        way = next(way for digest, way in graph.ways(group[0].digest) if digest == other.digest)
        evidence.append(pair(group[0], other, way.text or SAME_PLACE))
    message = (
        f"Copies of {counted(len(odd), 'photograph')} stand in more than one class: look whether the class is meant to "
        "change when the image is turned or mirrored."
    )
    effect = "Where it is not, a network is taught that one thing has two names."
    images = [image for group in odd for image in group]
    return [listed("near_copies_in_classes", "warning", message, effect=effect, images=images, evidence=evidence)]


def _beside_the_first(repeated: Sequence[Sequence[ImageRecord]], graph: CopyGraph, *, most: int) -> list[JsonObject]:
    """Pairs of copies in a group's splits and classes, each with the first one there."""
    # One walk through the group tells all of its ways: from one image to the start, and on to the other.
    start = repeated[0][0].digest
    ways = {start: UNCHANGED, **dict(graph.ways(start))}
    pairs = [(kept, other) for kept, *others in repeated for other in others][:most]
    return [
        pair(kept, other, ways[kept.digest].reversed.then(ways[other.digest]).text or SAME_PLACE)
        for kept, other in pairs
    ]


def _leaked_copies(group: Sequence[ImageRecord]) -> list[ImageRecord]:
    """Those of which another image of the group, not just an equal one, is in an earlier split."""
    earlier: set[str] = set()
    leaked: list[ImageRecord] = []
    for split in Split:
        here = [image for image in group if image.split is split]
        leaked += [image for image in here if len(earlier) > (image.digest in earlier)]
        earlier |= {image.digest for image in here}
    return leaked


def _nearest_earlier(image: ImageRecord, first: Mapping[str, ImageRecord], graph: CopyGraph) -> JsonObject:
    """The image beside its nearest copy in an earlier split; `first` has of equal images the one in the earliest."""
    digest, way = next(
        (digest, way)
        for digest, way in graph.ways(image.digest)
        if digest in first and _ORDER[first[digest].split] < _ORDER[image.split]
    )
    return pair(first[digest], image, way.reversed.text or SAME_PLACE)


def _other_class(group: Sequence[ImageRecord]) -> ImageRecord:
    return next(image for image in group if image.class_name != group[0].class_name)


def _once(group: Sequence[ImageRecord]) -> list[ImageRecord]:
    return list({image.digest: image for image in reversed(group)}.values())[::-1]


def _grouped(images: Sequence[ImageRecord], key: Callable[[ImageRecord], Hashable]) -> list[list[ImageRecord]]:
    groups: dict[Hashable, list[ImageRecord]] = defaultdict(list)
    for image in images:
        groups[key(image)].append(image)
    return [group for group in groups.values() if len(group) > 1]
