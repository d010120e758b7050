"""How the images are spread over classes and splits."""

from collections import Counter
from collections.abc import Sequence

from app.core.datasets.dataset import Finding, ImageRecord, Split
from app.core.datasets.findings import MOST_EXAMPLES, Listed, listed, verb

LOPSIDED_RATIO = 10
TINY = 10
"""Training images below which what is learned about a class is mostly those images themselves."""
_NAMED = 10


def of_classes(images: Sequence[ImageRecord], classes: Sequence[str]) -> list[Listed]:
    """Lopsided classes, tiny ones, and such as are missing where a result is measured."""
    counts = {split: Counter(image.class_name for image in images if image.split is split) for split in Split}
    found = [*_lopsided(counts[Split.TRAIN], classes), *_tiny(images, counts[Split.TRAIN], classes)]
    for split in (Split.VALIDATION, Split.TEST):
        found += _missing(counts[split], classes, split)
    return found


def _lopsided(counts: Counter[str], classes: Sequence[str]) -> list[Listed]:
    ordered = sorted(classes, key=lambda name: -counts[name])
    most, least = ordered[0], ordered[-1]
    if counts[most] < LOPSIDED_RATIO * max(1, counts[least]):
        return []
    finding = Finding(
        rule="lopsided_classes",
        severity="note",
        message=f"The class {most!r} has {counts[most]:,} training images, {least!r} only {counts[least]:,}.",
        effect="Accuracy mostly tells about the large class: always answering it is often right. Look at the accuracy of "
        "each class.",
        images=counts[least],
        evidence=tuple({"class": name, "images": counts[name]} for name in ordered[:MOST_EXAMPLES]),
    )
    return [Listed(finding)]


def _tiny(images: Sequence[ImageRecord], counts: Counter[str], classes: Sequence[str]) -> list[Listed]:
    names = [name for name in classes if counts[name] < TINY]
    if not names:
        return []
    of_them = [image for image in images if image.class_name in set(names) and image.split is Split.TRAIN]
    told = ", ".join(f"{name!r} ({counts[name]})" for name in names[:_NAMED])
    return [
        listed(
            "tiny_classes",
            "warning",
            f"{verb(len(names), 'One class has', f'{len(names):,} classes have')} fewer than {TINY} images to train on: "
            f"{told}{' and more' if len(names) > _NAMED else ''}.",
            effect="A network learns such images by heart, and a handful of test images says little about the class.",
            images=of_them,
        )
    ]


def _missing(counts: Counter[str], classes: Sequence[str], split: Split) -> list[Listed]:
    names = [name for name in classes if not counts[name]]
    if not names or not counts:
        return []
    told = ", ".join(map(repr, names[:_NAMED])) + (" and more" if len(names) > _NAMED else "")
    finding = Finding(
        rule=f"class_missing_in_{split.value}",
        severity="warning",
        message=f"No {split.value} image of the {verb(len(names), 'class', 'classes')} {told}.",
        effect=f"The {split.value} result says nothing about {verb(len(names), 'it', 'them')}.",
        evidence=tuple({"class": name} for name in names[:MOST_EXAMPLES]),
    )
    return [Listed(finding)]
