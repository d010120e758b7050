"""The live tail in a real broker: numbered as the database says, bounded, and gone some time after the last event."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from app.adapters import event_log
from app.adapters.clock import utc_now
from app.adapters.event_log import ValkeyEventLog, stream_key
from app.core.runs.run import Event, EventKind
from app.settings import Settings


@pytest.fixture
def log(valkey: redis.Redis, tmp_path: Path) -> Iterator[ValkeyEventLog]:
    made = ValkeyEventLog(Settings(data=tmp_path).broker)
    yield made
    made.close()


def events(run_id: str, *numbers: int) -> list[Event]:
    facts = {"attempt": 1, "kind": EventKind.LOG, "payload": {"text": "x"}, "created_at": utc_now()}
    return [Event.model_validate({"run_id": run_id, "seq": seq, **facts}) for seq in numbers]


def kept(valkey: redis.Redis, run_id: str) -> list[bytes]:
    return [key for key, _ in valkey.xrange(stream_key(run_id))]


def test_a_tail_goes_some_time_after_its_last_event(log: ValkeyEventLog, valkey: redis.Redis) -> None:
    log.append([*events("one", 1, 2), *events("another", 1)])
    valkey.expire(stream_key("one"), 10)
    log.append(events("one", 3))
    for run_id in ("one", "another"):
        assert event_log.KEPT_SECONDS - 10 < valkey.ttl(stream_key(run_id)) <= event_log.KEPT_SECONDS


def test_a_run_that_speaks_again_after_its_tail_has_gone_has_one_again(
    log: ValkeyEventLog, valkey: redis.Redis
) -> None:
    log.append(events("one", 1, 2))
    valkey.delete(stream_key("one"))
    log.append(events("one", 3))
    assert kept(valkey, "one") == [b"0-3"]


def test_an_event_that_comes_late_is_left_out(log: ValkeyEventLog, valkey: redis.Redis) -> None:
    log.append(events("one", 2))
    log.append(events("one", 1, 3))
    assert kept(valkey, "one") == [b"0-2", b"0-3"]
