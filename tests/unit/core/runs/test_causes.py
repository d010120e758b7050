"""Causes in plain words."""

import errno
import signal

import pytest

from app.core.runs import causes


@pytest.mark.parametrize(
    ("batch_size", "fits", "words"),
    [
        (32, None, "at most 16 images"),
        (32, 5, "at most 5 images"),
        (32, 4000, "at most 16 images"),  # the estimate was wrong: it did not fit
        (32, 0, "at most 1 images"),
        (3, 2, "at most 1 images"),
        (1, None, "Even single images do not fit"),
    ],
)
def test_the_batch_to_try_is_smaller_than_the_one_that_did_not_fit(
    batch_size: int, fits: int | None, words: str
) -> None:
    assert words in causes.out_of_host_memory(batch_size, fits=fits)
    assert words in causes.out_of_device_memory(batch_size, fits=fits)


def test_a_full_disk_is_found_behind_other_errors() -> None:
    behind = RuntimeError("could not save")
    behind.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert causes.is_disk_full(behind)
    assert causes.is_disk_full(OSError("Can't write data (errno = 28, error message = 'No space left on device')"))
    assert not causes.is_disk_full(OSError(errno.ENOENT, "No such file"))


def test_what_merely_is_exhausted_is_not_taken_for_memory() -> None:
    exhausted = type("ResourceExhaustedError", (Exception,), {})
    assert causes.is_out_of_device_memory(exhausted("OOM when allocating tensor with shape[8,8]"))
    assert not causes.is_out_of_device_memory(exhausted("too many open files"))
    assert not causes.is_out_of_device_memory(MemoryError("out of memory"))


@pytest.mark.parametrize("number", [*signal.Signals, 99])
def test_every_way_to_end_has_words(number: int) -> None:
    assert causes.ended(-number)
    assert f"status {int(number)}" in causes.ended(int(number))
