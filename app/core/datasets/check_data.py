"""What the checks saw of each image, as bytes: a version that is made of another one decodes nothing again."""

import io
import json
import zipfile
from collections.abc import Mapping

import numpy as np

from app.core.datasets.checks import Seen
from app.core.datasets.facts import THUMBNAIL_SIDE
from app.core.datasets.near_copies import CopyPair, Resemblance
from app.core.errors import InvalidError

_PIXELS = THUMBNAIL_SIDE * THUMBNAIL_SIDE


def packed(thumbnails: Mapping[str, bytes], seen_pairs: list[CopyPair]) -> bytes:
    """A zip of thumbnails and pairs; the same input gives the same bytes."""
    target = io.BytesIO()
    pairs = [[pair.left, pair.right, pair.how.degrees, pair.how.mirrored, pair.how.scale] for pair in seen_pairs]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            ("digests.json", json.dumps(list(thumbnails)).encode()),
            ("thumbnails", b"".join(thumbnails.values())),
            ("pairs.json", json.dumps(pairs).encode()),
        ):
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def unpacked(content: bytes) -> Seen:
    """What `packed` was given; InvalidError where it is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            digests = json.loads(archive.read("digests.json"))
            pixels = np.frombuffer(archive.read("thumbnails"), np.uint8).reshape(len(digests), _PIXELS)
            pairs = json.loads(archive.read("pairs.json"))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise InvalidError("What the checks saw of these images is damaged; check the dataset again.") from error
    return Seen(
        thumbnails={digest: row.tobytes() for digest, row in zip(digests, pixels, strict=True)},
        pairs=[
            CopyPair(left, right, Resemblance(degrees, mirrored, scale))
            for left, right, degrees, mirrored, scale in pairs
        ],
    )
