"""What a finding is made of: sentences, the images that it lists, and some of them to be shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.datasets.dataset import Finding, ImageRecord
from app.core.values import JsonObject

MOST_EXAMPLES = 100
MOST_EVIDENCE = 200


@dataclass(frozen=True)
class Listed:
    """A finding, and every path that it lists: what is left out where it is repaired that way."""

    finding: Finding
    paths: tuple[str, ...] = ()


def listed(
    rule: str,
    severity: str,
    message: str,
    *,
    effect: str,
    images: Sequence[ImageRecord],
    evidence: Sequence[JsonObject] = (),
) -> Listed:
    """A finding about images of the version; without other evidence they are shown themselves."""
    paths = tuple(image.path for image in images)
    return Listed(
        Finding(
            rule=rule,
            severity=severity,
            message=message,
            effect=effect,
            images=len(paths),
            listed=True,
            examples=paths[:MOST_EXAMPLES],
            evidence=tuple(evidence or [shown(image) for image in images])[:MOST_EVIDENCE],
        ),
        paths,
    )


def shown(image: ImageRecord, **more: str | float) -> JsonObject:
    """An image as evidence."""
    return {
        "path": image.path,
        "digest": image.digest,
        "split": image.split.value,
        "class": image.class_name,
        **more,
    }


def pair(left: ImageRecord, right: ImageRecord, relation: str) -> JsonObject:
    """Two images as evidence, and how the right one comes of the left one."""
    return {"left": shown(left), "right": shown(right), "relation": relation}


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """`1 image`, `2,000 images`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def verb(count: int, one: str, many: str) -> str:
    """The verb that goes with so many."""
    return one if count == 1 else many
