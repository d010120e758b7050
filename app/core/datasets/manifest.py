"""What makes two versions the same: classes, splits, and the bytes of the images."""

import hashlib
import json
from collections.abc import Iterable, Sequence

from app.core.datasets.dataset import ImageRecord


def manifest_digest(classes: Sequence[str], images: Iterable[ImageRecord]) -> str:
    """SHA-256 (hex) over the classes in order and each image's (split, class, digest), whatever its file is called."""
    rows = sorted((image.split.value, image.class_name, image.digest) for image in images)
    text = json.dumps({"classes": list(classes), "images": rows}, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
