"""What the sender of messages sees of a real broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from app.adapters.task_queue import CeleryTaskQueue
from app.core.names import TaskName
from app.settings import Settings


@pytest.fixture
def queue(valkey: redis.Redis, tmp_path: Path) -> Iterator[CeleryTaskQueue]:
    made = CeleryTaskQueue(Settings(data=tmp_path))
    yield made
    made.close()


def test_messages_that_wait_are_counted_in_the_queue_of_their_task(queue: CeleryTaskQueue) -> None:
    assert queue.length(TaskName.TRAIN_NEXT_RUN) == 0
    for _ in range(3):
        assert queue.send(TaskName.TRAIN_NEXT_RUN, "a-run")
    assert queue.length(TaskName.TRAIN_NEXT_RUN) == 3
    assert queue.length(TaskName.CHECK_DATASET) == 0


def test_a_broker_that_is_gone_is_no_empty_queue(queue: CeleryTaskQueue, valkey: redis.Redis) -> None:
    valkey.shutdown(nosave=True)
    assert queue.length(TaskName.TRAIN_NEXT_RUN) is None
    assert not queue.send(TaskName.TRAIN_NEXT_RUN, "a-run")
