import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.core.datasets.browsing import Which
from app.core.datasets.dataset import DatasetState, Split
from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.names import TaskName
from app.services.datasets import DatasetService
from app.services.images import ImageService
from tests.factories.datasets import dataset_service, image_service
from tests.factories.images import class_folders, png, split_folders, tar_bytes
from tests.fakes.queue import RememberedTasks


@pytest.fixture
def queue() -> RememberedTasks:
    return RememberedTasks()


@pytest.fixture
def service(tmp_path: Path, queue: RememberedTasks) -> Iterator[DatasetService]:
    with dataset_service(tmp_path, queue=queue) as made:
        yield made


@pytest.fixture
def images(tmp_path: Path, service: DatasetService) -> Iterator[ImageService]:
    with image_service(tmp_path) as made:
        yield made


def received(service: DatasetService, files: dict[str, bytes]) -> str:
    dataset = service.create("dice")
    service.receive(dataset.id, io.BytesIO(tar_bytes(files)))
    return dataset.id


def checked(service: DatasetService, files: dict[str, bytes]) -> str:
    dataset_id = received(service, files)
    service.commit(dataset_id)
    assert service.check(dataset_id)
    return dataset_id


def test_class_folders_become_a_version_with_splits(service: DatasetService) -> None:
    dataset = service.get(checked(service, class_folders(classes=3, each=20)))
    assert (dataset.state, dataset.checked, dataset.findings) == (DatasetState.READY, 60, ())
    assert dataset.version is not None
    assert dataset.version.classes == ("1", "2", "3")
    assert [sum(dataset.version.splits[split].values()) for split in Split] == [42, 9, 9]
    assert (dataset.version.sizes, dataset.version.modes) == ({"12x16": 60}, {"RGB": 60})


def test_split_folders_are_kept_and_the_same_bytes_have_the_same_digest(service: DatasetService) -> None:
    files = split_folders()
    first = service.get(checked(service, files)).version
    second = service.get(checked(service, {f"other/{path}": content for path, content in files.items()})).version
    assert first is not None
    assert second is not None
    assert first.splits[Split.TEST] == {"1": 2, "2": 2}
    assert first.digest == second.digest


def test_sending_again_takes_nothing_twice(service: DatasetService) -> None:
    files = class_folders()
    dataset_id = received(service, files)
    again = service.receive(dataset_id, io.BytesIO(tar_bytes(files)))
    assert again == {"accepted": 0, "already_there": 20, "skipped": 0, "rejected": []}
    assert [file.path for file in service.files(dataset_id)[0]] == sorted(files)


def test_what_is_no_image_is_refused_by_name(service: DatasetService) -> None:
    files = {"d/SOURCE.md": b"# text", "d/../x.png": png(), "d/1/a": png(), "d/1/b.png": b"broken"}
    answer = service.receive(service.create("dice").id, io.BytesIO(tar_bytes(files)))
    assert answer["accepted"] == 2
    assert [entry["path"] for entry in answer["rejected"]] == ["d/SOURCE.md", "d/../x.png"]


def test_what_came_before_the_damage_stays(service: DatasetService) -> None:
    whole = tar_bytes(class_folders())
    dataset = service.create("dice")
    with pytest.raises(InvalidError, match="stay"):
        service.receive(dataset.id, io.BytesIO(whole[:5000]))
    arrived = len(service.files(dataset.id)[0])
    assert arrived > 0
    answer = service.receive(dataset.id, io.BytesIO(whole))
    assert (answer["accepted"], answer["already_there"]) == (20 - arrived, arrived)


def test_broken_images_are_named_and_left_out(service: DatasetService) -> None:
    files = class_folders() | {"dice/1/bad.png": png()[:50], "dice/2/empty.jpg": b""}
    dataset_id = checked(service, files)
    dataset = service.get(dataset_id)
    found = {finding.rule: finding for finding in dataset.findings}
    assert dataset.state is DatasetState.READY
    assert (found["broken_images"].images, found["broken_images"].examples) == (1, ("dice/1/bad.png",))
    assert found["empty_files"].evidence[0]["reason"] == "The file is empty."
    assert {finding.severity for finding in dataset.findings} == {"warning"}


def test_equal_images_in_two_splits_or_classes_are_found(service: DatasetService, images: ImageService) -> None:
    files = split_folders()
    files["dice/TEST/1/copy.png"] = files["dice/Train/1/0.png"]
    files["dice/Train/2/same.png"] = files["dice/Train/1/1.png"]
    dataset_id = checked(service, files)
    rules = {finding.rule: finding for finding in service.get(dataset_id).findings}
    assert set(rules) == {"duplicates_across_splits", "same_image_in_classes", "tiny_classes"}
    [leak] = rules["duplicates_across_splits"].evidence
    assert (leak["left"]["path"], leak["right"]["path"]) == ("dice/Train/1/0.png", "dice/TEST/1/copy.png")
    listed = images.page(dataset_id, Which(finding="duplicates_across_splits")).items
    assert [image.path for image in listed] == ["dice/TEST/1/copy.png"]
    listed = images.page(dataset_id, Which(finding="same_image_in_classes")).items
    assert {image.path for image in listed} == {"dice/Train/1/1.png", "dice/Train/2/same.png"}


def test_a_dataset_without_two_usable_classes_is_rejected_and_can_be_mended(service: DatasetService) -> None:
    dataset_id = checked(service, {"1/a.png": png(1), "1/b.png": png(2), "2/a.png": b"broken"})
    dataset = service.get(dataset_id)
    assert dataset.state is DatasetState.REJECTED
    assert [finding.rule for finding in dataset.findings] == ["unusable", "broken_images"]
    service.receive(dataset_id, io.BytesIO(tar_bytes({"2/a.png": png(3), "2/b.png": png(4)})))
    service.commit(dataset_id)
    assert service.check(dataset_id)
    assert service.get(dataset_id).state is DatasetState.READY


@pytest.mark.parametrize("files", [{}, {"a.png": png(), "b.png": png(1)}, {"1/a.png": png()}])
def test_a_commit_that_cannot_work_says_why_and_loses_nothing(service: DatasetService, files: dict[str, bytes]) -> None:
    dataset_id = received(service, files)
    with pytest.raises(InvalidError):
        service.commit(dataset_id)
    assert service.get(dataset_id).state is DatasetState.UPLOADING
    assert len(service.files(dataset_id)[0]) == len(files)


def test_a_check_is_asked_for_again_until_somebody_does_it(service: DatasetService, queue: RememberedTasks) -> None:
    queue.answers = False
    dataset_id = received(service, class_folders())
    assert service.commit(dataset_id).state is DatasetState.CHECKING
    queue.answers = True
    assert service.recover() == 1
    assert queue.sent == [(TaskName.CHECK_DATASET, dataset_id)]
    assert service.check(dataset_id)
    assert not service.check(dataset_id)
    assert service.recover() == 0
    assert service.commit(dataset_id).state is DatasetState.READY


def test_a_dataset_that_is_ready_takes_no_more_files(service: DatasetService) -> None:
    dataset_id = checked(service, class_folders())
    with pytest.raises(ConflictError, match="ready"):
        service.receive(dataset_id, io.BytesIO(tar_bytes(class_folders())))


def test_names_can_be_changed_and_datasets_forgotten(service: DatasetService) -> None:
    dataset = service.create("dice")
    assert service.rename(dataset.id, "cubes").name == "cubes"
    with pytest.raises(ValidationError):
        service.rename(dataset.id, " ")
    assert [entry.name for entry in service.page()[0]] == ["cubes"]
    service.delete(dataset.id)
    with pytest.raises(NotFoundError):
        service.get(dataset.id)
