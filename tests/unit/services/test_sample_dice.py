import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.adapters.clock import new_id, utc_now
from app.core.datasets.dataset import Dataset, DatasetState, Split
from app.core.datasets.sample_dice.request import SampleRequest
from app.core.errors import ConflictError, NotFoundError
from app.core.names import TaskName
from app.services import sample_dice
from app.services.datasets import DatasetService
from app.services.sample_dice import SampleService
from tests.factories.datasets import dataset_service
from tests.fakes.inline_dice import InlineDice
from tests.fakes.queue import RememberedTasks

SMALL = SampleRequest(images_per_class=4, height=16, width=24, seed=3)


@dataclass(frozen=True)
class Rooms:
    """The services over one folder, and what was sent."""

    datasets: DatasetService
    samples: SampleService
    queue: RememberedTasks
    dice: InlineDice

    def rendered(self, request: SampleRequest) -> Dataset:
        dataset = self.samples.request(request)
        assert self.samples.render(dataset.id)
        assert self.datasets.check(dataset.id)
        return self.datasets.get(dataset.id)


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    queue, dice = RememberedTasks(), InlineDice()
    with dataset_service(tmp_path, queue=queue) as datasets:
        samples = SampleService(
            database=datasets._database,
            blobs=datasets._blobs,
            queue=queue,
            clock=utc_now,
            new_id=new_id,
            render_dice=dice,
            datasets=datasets,
        )
        yield Rooms(datasets, samples, queue, dice)


def test_a_request_becomes_a_checked_version_with_all_its_images(rooms: Rooms) -> None:
    asked = rooms.samples.request(SMALL)
    assert (asked.state, asked.expected_files) == (DatasetState.RENDERING, 24)
    progress = asked.representation()["progress"]
    assert (progress["checked"], progress["files"]) == (0, 24)
    assert rooms.samples.render(asked.id)
    assert rooms.queue.sent == [(TaskName.RENDER_SAMPLES, asked.id), (TaskName.CHECK_DATASET, asked.id)]
    assert rooms.datasets.check(asked.id)
    dataset = rooms.datasets.get(asked.id)
    assert (dataset.state, dataset.files) == (DatasetState.READY, 24)
    assert [finding.rule for finding in dataset.findings] == ["tiny_classes"]
    assert dataset.version is not None
    assert dataset.version.classes == ("1", "2", "3", "4", "5", "6")
    assert [sum(dataset.version.splits[split].values()) for split in Split] == [12, 6, 6]
    assert (dataset.version.sizes, dataset.version.modes) == ({"16x24": 24}, {"RGB": 24})


def test_one_seed_is_one_version_and_another_seed_another(rooms: Rooms) -> None:
    versions = [rooms.rendered(request).version for request in (SMALL, SMALL, SMALL.model_copy(update={"seed": 4}))]
    digests = [version.digest for version in versions if version is not None]
    assert digests[0] == digests[1] != digests[2]


def test_a_rendering_that_broke_off_goes_on_where_it_was(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks() -> None:
        if rooms.dice.rendered == 10:
            raise OSError("the disk has gone")

    dataset = rooms.samples.request(SMALL)
    rooms.dice.before_each = breaks
    monkeypatch.setattr(sample_dice, "_PIXELS_AT_ONCE", 4 * 16 * 24)
    monkeypatch.setattr(sample_dice, "LEASE_SECONDS", 0.0)
    with pytest.raises(OSError, match="gone"):
        rooms.samples.render(dataset.id)
    there = rooms.datasets.get(dataset.id)
    assert (there.state, there.files, there.checked) == (DatasetState.RENDERING, 8, 8)
    assert rooms.samples.recover() == 1
    rooms.dice.rendered = 20
    assert rooms.samples.render(dataset.id)
    assert rooms.dice.rendered == 20 + 16
    assert rooms.datasets.get(dataset.id).files == 24


def test_nothing_can_be_sent_into_a_dataset_that_is_being_rendered(rooms: Rooms) -> None:
    dataset = rooms.samples.request(SMALL)
    with pytest.raises(ConflictError, match="rendering"):
        rooms.datasets.receive(dataset.id, io.BytesIO(b""))
    assert rooms.datasets.commit(dataset.id).state is DatasetState.RENDERING


def test_one_of_two_workers_renders(rooms: Rooms) -> None:
    dataset = rooms.samples.request(SMALL)
    with rooms.datasets._database.transaction() as transaction:
        assert transaction.datasets.claim_rendering(dataset.id, lease_seconds=60)
    assert not rooms.samples.render(dataset.id)
    assert rooms.samples.recover() == 0


def test_a_dataset_that_is_deleted_meanwhile_stays_deleted(rooms: Rooms) -> None:
    dataset = rooms.samples.request(SMALL)

    def deleting() -> None:
        with contextlib.suppress(NotFoundError):
            rooms.datasets.delete(dataset.id)

    rooms.dice.before_each = deleting
    assert not rooms.samples.render(dataset.id)
    with pytest.raises(NotFoundError):
        rooms.datasets.get(dataset.id)


def test_the_same_key_answers_the_same_dataset_and_refuses_another_wish(rooms: Rooms) -> None:
    first = rooms.samples.request(SMALL, idempotency_key="k")
    assert rooms.samples.request(SMALL, idempotency_key="k").id == first.id
    assert rooms.samples.request(SMALL).id != first.id
    with pytest.raises(ConflictError):
        rooms.samples.request(SampleRequest(), idempotency_key="k")


def test_a_broker_that_is_down_only_delays(rooms: Rooms) -> None:
    rooms.queue.answers = False
    dataset = rooms.samples.request(SMALL)
    rooms.queue.answers = True
    assert rooms.samples.recover() == 1
    assert rooms.queue.sent == [(TaskName.RENDER_SAMPLES, dataset.id)]
