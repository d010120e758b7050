"""Why an attempt broke off is told in plain words; a scripted trainer stands in for Keras, the supervisor is real."""

from dataclasses import replace

import psutil
import pytest

from app.adapters.blob_store import ObstoreBlobs
from app.core.errors import UnavailableError
from app.core.runs.run import EventKind
from app.services.bundle import ServiceBundle
from tests.fixtures.scripted import scripted, supervise, told
from worker import supervisor as supervising
from worker.logs import LOG_BYTES


@pytest.mark.parametrize(
    ("script", "state", "words"),
    [
        ("fault", "queued", "a fault in native code (a wrong memory access) (SIGSEGV)"),
        ("signal SIGBUS", "queued", "a memory-mapped file could not be read"),
        ("signal SIGKILL", "queued", "killed by somebody else, or by the kernel for want of memory (SIGKILL)"),
        ("exit 9", "queued", "ended with status 9 before the run was finished"),
        ("away", "queued", "UnavailableError: The storage did not answer"),
        ("bug", "queued", "RuntimeError: something that nobody thought of"),
        ("device", "failed", "ran out of memory with batches of 32 images. Use batches of at most 16 images"),
        ("disk", "failed", "The disk is full. Make room"),
    ],
)
def test_a_cause_is_told_in_plain_words(scripted_services: ServiceBundle, script: str, state: str, words: str) -> None:
    run = scripted(scripted_services, script)
    assert supervise(scripted_services)
    found = scripted_services.runs.get(run.id)
    assert (found.state, found.crashes) == (state, 1 if state == "queued" else 0)
    assert words in str(told(scripted_services, run, EventKind.STATE)[-1]["reason"])


def test_a_kill_for_memory_names_the_batch_to_try(
    scripted_services: ServiceBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = iter([4, 5])
    monkeypatch.setattr(supervising, "memory_kills", lambda: next(counted))
    run = scripted(scripted_services, "signal SIGKILL")
    supervise(scripted_services)
    reason = told(scripted_services, run, EventKind.STATE)[-1]["reason"]
    assert reason.startswith("out of memory: the kernel killed the process")
    assert "at most 16 images" in reason


class OftenAway(ObstoreBlobs):
    """Answers only where the list says so, and for ever after it."""

    def __init__(self, url: str, answers: list[bool]) -> None:
        super().__init__(url)
        self.answers = answers

    def ping(self) -> None:
        """As the list says."""
        if self.answers and not self.answers.pop(0):
            raise UnavailableError("The storage did not answer.")


def test_a_storage_that_is_away_is_no_crash_and_is_waited_for(scripted_services: ServiceBundle) -> None:
    storage = OftenAway(scripted_services.settings.blobs, [True, False])
    services = replace(scripted_services, blobs=storage)
    run = scripted(services, "away")
    assert supervise(services)
    found = services.runs.get(run.id)
    assert (found.state, found.crashes, found.attempt) == ("queued", 0, 1)
    storage.answers = [False, False]
    assert supervise(services)
    assert storage.answers == []
    assert services.runs.get(run.id).attempt == 2, "nothing is begun before it answers"


@pytest.mark.parametrize(
    ("phase", "words"),
    [("preparing", "while preparing images"), ("running", "while training"), ("evaluating", "while evaluating")],
)
def test_a_hung_trainer_is_ended_in_each_phase_and_leaves_the_stack_of_every_thread(
    scripted_services: ServiceBundle, phase: str, words: str
) -> None:
    run = scripted(scripted_services, f"hang {phase}")
    assert supervise(scripted_services, **{f"hang_{phase}_seconds": 1})
    assert (scripted_services.runs.get(run.id).state, scripted_services.runs.get(run.id).crashes) == ("queued", 1)
    reason = told(scripted_services, run, EventKind.STATE)[-1]["reason"]
    assert reason == f"hung: nothing got done for 1 s {words}; the log has the stack of every thread"
    (stack,) = (event["text"] for event in told(scripted_services, run, EventKind.LOG))
    assert "in _sleep_for_ever" in stack
    assert "reporting.py" in stack


def test_a_flood_of_junk_leaves_a_short_log_and_readable_last_lines(scripted_services: ServiceBundle) -> None:
    memory = psutil.Process().memory_info().rss
    run = scripted(scripted_services, "flood 200")
    supervise(scripted_services)
    assert psutil.Process().memory_info().rss - memory < 20 * 2**20
    logs = scripted_services.settings.data / "logs"
    assert sum(path.stat().st_size for path in logs.iterdir()) <= 2 * LOG_BYTES
    (text,) = (event["text"] for event in told(scripted_services, run, EventKind.LOG))
    assert text.splitlines()[-3:] == ["red text", " 9/9", "the end"]
    assert all(line.isprintable() for line in text.splitlines())
