import io

import numpy as np
import pytest
from PIL import Image

from app.core.datasets.dataset import Dataset, Split
from app.core.datasets.repair import Repair, SplitAgain
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.services.datasets import DatasetService
from app.services.images import ImageService
from tests.factories import photographs
from tests.factories.bad_images import drawn
from tests.factories.images import tar_bytes


def leaking() -> dict[str, bytes]:
    """Three classes in three splits; each test image is a training image, turned."""
    files = {f"train/{name}/{n}.png": drawn(100 * int(name) + n) for name in "123" for n in range(12)}
    files |= {f"val/{name}/{n}.png": drawn(1_000 + 100 * int(name) + n) for name in "123" for n in range(4)}
    for name in "123":
        for n in range(4):
            image = Image.fromarray(np.random.default_rng([int(name), n]).integers(0, 256, (8, 10), dtype=np.uint8))
            image = image.resize((80, 64), Image.Resampling.BICUBIC)
            files[f"train/{name}/copy{n}.png"] = photographs.png(image)
            files[f"test/{name}/copy{n}.png"] = photographs.png(photographs.turned(image, 30 * (n + 1), "black"))
    return files


def checked(service: DatasetService) -> Dataset:
    dataset = service.create("dice")
    service.receive(dataset.id, io.BytesIO(tar_bytes(leaking())))
    service.commit(dataset.id)
    assert service.check(dataset.id)
    return service.get(dataset.id)


def rules(service: DatasetService, dataset_id: str) -> set[str]:
    return {finding.rule for finding in service.get(dataset_id).findings}


def test_a_leak_is_found_and_splitting_by_groups_mends_it(service: DatasetService, images: ImageService) -> None:
    dataset = checked(service)
    assert {"near_copies_across_splits"} <= rules(service, dataset.id)
    [leak] = [finding for finding in dataset.findings if finding.rule == "near_copies_across_splits"]
    assert leak.images == 12
    assert {entry["left"]["split"] for entry in leak.evidence} == {"train"}
    assert "turned by" in leak.evidence[0]["relation"]
    version = service.repair(dataset.id, Repair(split_again=SplitAgain(seed=1)))
    assert (version.number, version.made_from) == (2, 1)
    assert "near_copies_across_splits" not in rules(service, dataset.id)
    kept = images.page(dataset.id, limit=500).items
    splits: dict[int | None, set[Split]] = {}
    for image in kept:
        splits.setdefault(image.copy_group, set()).add(image.split)
    assert all(len(found) == 1 for group, found in splits.items() if group is not None)


def test_the_old_version_stays_as_it_was(service: DatasetService, images: ImageService) -> None:
    dataset = checked(service)
    before = images.page(dataset.id, limit=500).items
    repair = Repair(leave_out=("near_copies_across_splits",), rename_classes={"1": "one"}, split_again=SplitAgain())
    service.repair(dataset.id, repair)
    assert [version.number for version in service.versions(dataset.id)] == [2, 1]
    assert images.page(dataset.id, version_number=1, limit=500).items == before
    assert len(images.page(dataset.id, limit=500).items) == len(before) - 12
    assert service.versions(dataset.id)[1] == dataset.version
    with pytest.raises(NotFoundError):
        images.page(dataset.id, version_number=3)


def test_leaving_out_what_is_tested_is_refused_where_nothing_else_remains(service: DatasetService) -> None:
    dataset = checked(service)
    with pytest.raises(InvalidError, match="No finding 'nothing'"):
        service.repair(dataset.id, Repair(leave_out=("nothing",)))
    with pytest.raises(InvalidError, match="changes nothing"):
        service.repair(dataset.id, Repair(merge_duplicates=True))
    assert len(service.versions(dataset.id)) == 1


def test_what_is_not_ready_is_not_repaired(service: DatasetService) -> None:
    with pytest.raises(ConflictError, match="uploading"):
        service.repair(service.create("dice").id, Repair(merge_duplicates=True))
