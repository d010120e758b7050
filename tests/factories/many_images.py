"""A ready dataset of as many images as wanted, published at once: a few pictures under many paths."""

import hashlib
from collections import Counter
from collections.abc import Iterator

from app.adapters.blob_store import ObstoreBlobs
from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.image_encoding import jpeg
from app.core.datasets.dataset import Dataset, DatasetState, Finding, ImageRecord, Split, Version
from app.core.datasets.names import image_key
from app.core.datasets.sample_dice.plan import planned
from app.core.datasets.sample_dice.request import SampleRequest

CLASSES = ("1", "2", "3", "4", "5", "6")
_SPLITS = (*[Split.TRAIN] * 7, Split.VALIDATION, Split.VALIDATION, Split.TEST)


def many_images(
    database: SqlDatabase, blobs: ObstoreBlobs, count: int, *, pictures: int = 60, side: int = 96
) -> Dataset:
    """`count` images in six classes and three splits; a finding lists the first few of them."""
    digests = list(_stored(blobs, pictures, side))
    records = [
        ImageRecord(
            digest=digests[number % pictures],
            path=f"dice/{CLASSES[number % 6]}/{number:06}.jpg",
            class_name=CLASSES[number % 6],
            split=_SPLITS[number // 6 % 10],
            height=side,
            width=side,
            mode="RGB",
            bytes=4_000,
        )
        for number in range(count)
    ]
    counts = Counter((record.split, record.class_name) for record in records)
    listed = tuple(record.path for record in records[:40:8])
    version = Version(
        id=new_id(),
        number=1,
        digest="e" * 64,
        created_at=utc_now(),
        classes=CLASSES,
        splits={split: {name: counts[split, name] for name in CLASSES} for split in Split},
        sizes={f"{side}x{side}": count},
        modes={"RGB": count},
        findings=(Finding(rule="near_copies", severity="note", message="Some are alike.", images=5, examples=listed),),
    )
    dataset = Dataset(id=new_id(), name="Many dice", state=DatasetState.CHECKING, created_at=utc_now())
    with database.transaction() as transaction:
        transaction.datasets.add(dataset)
        transaction.datasets.publish(dataset.id, version, records)
        return transaction.datasets.get(dataset.id)


def _stored(blobs: ObstoreBlobs, pictures: int, side: int) -> Iterator[str]:
    request = SampleRequest(images_per_class=-(-pictures // 6), height=side, width=side)
    by_value = sorted(planned(request), key=lambda image: (image.name, image.value))
    for image in by_value[:pictures]:
        content = jpeg(image.render(request))
        digest = hashlib.sha256(content).hexdigest()
        blobs.put_bytes(image_key(digest), content)
        yield digest
