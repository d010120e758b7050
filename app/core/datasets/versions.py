"""Makes a version of what was checked."""

from collections import Counter
from collections.abc import Sequence

from app.core.datasets.checks import Checked
from app.core.datasets.dataset import ImageRecord, Split, Version
from app.core.datasets.manifest import manifest_digest
from app.core.values import Instant, JsonObject


def version_of(
    result: Checked,
    classes: Sequence[str],
    *,
    version_id: str,
    number: int,
    created_at: Instant,
    check_data: str | None,
    made_from: int | None = None,
    changes: Sequence[JsonObject] = (),
) -> Version:
    """A version with these images; `made_from` and `changes` where it is a changed one."""
    images = result.images
    return Version(
        id=version_id,
        number=number,
        digest=manifest_digest(classes, images),
        created_at=created_at,
        classes=tuple(classes),
        splits=_counts(classes, images),
        sizes=dict(Counter(f"{image.height}x{image.width}" for image in images).most_common()),
        modes=dict(Counter(image.mode for image in images).most_common()),
        findings=tuple(entry.finding for entry in result.found),
        baselines=result.baselines,
        made_from=made_from,
        changes=tuple(changes),
        check_data=check_data,
    )


def _counts(classes: Sequence[str], images: Sequence[ImageRecord]) -> dict[Split, dict[str, int]]:
    counted = Counter((image.split, image.class_name) for image in images)
    return {split: {name: counted[split, name] for name in classes} for split in Split}
