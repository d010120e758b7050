"""Several processes, processes that are killed, and too little room."""

import os
import resource
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from app.adapters.prepared import PreparedArrays
from app.adapters.prepared.room import Room
from app.core.datasets.preparation import Preparation
from app.core.errors import OutOfSpaceError

IMAGES = 600
SHAPE = Preparation(height=8, width=8)
ROW_BYTES = 8 * 8 * 3
DIGESTS = [f"{number:064x}" for number in range(IMAGES)]
SLOWLY = """
import sys, time
from pathlib import Path
from tests.unit.adapters.prepared.test_sharing import DIGESTS, SHAPE, arrays
folder, log = Path(sys.argv[1]), Path(sys.argv[2])

def noted(digest):
    time.sleep(0.03)
    with log.open("a") as file:
        file.write(digest + "\\n")
    return digest.encode()

arrays(folder, read=noted).open(SHAPE, DIGESTS, lambda done, total: print(done, flush=True))
"""


def pixels_of(digest: str) -> np.ndarray:
    return np.random.default_rng(int(digest, 16)).integers(0, 256, SHAPE.shape, dtype=np.uint8)


def decode(content: bytes, preparation: Preparation) -> np.ndarray:
    return np.resize(pixels_of(content.decode()), preparation.shape)


def arrays(folder: Path, *, read=str.encode, most_bytes: int = 2**30) -> PreparedArrays:  # type: ignore[no-untyped-def]
    return PreparedArrays(folder, read, decode, most_bytes=most_bytes)


def slowly(folder: Path, log: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", SLOWLY, str(folder), str(log)], stdout=subprocess.PIPE, text=True)


def sets(folder: Path) -> set[str]:
    return {path.name.split("-")[0] for path in folder.iterdir() if path.is_dir()}


def shape(side: int) -> Preparation:
    return Preparation(height=side, width=side)


def check(opened) -> None:  # type: ignore[no-untyped-def]
    expected = np.stack([pixels_of(digest) for digest in DIGESTS])
    np.testing.assert_array_equal(opened.pixels[opened.rows], expected)


def test_killed_at_any_moment_it_goes_on_where_it_was(tmp_path: Path) -> None:
    folder, log = tmp_path / "prepared", tmp_path / "log"
    for _ in range(2):
        process = slowly(folder, log)
        assert process.stdout is not None
        with process.stdout as told:
            assert int(told.readline()) > 0
            process.send_signal(signal.SIGKILL)
            process.wait()
    again = arrays(folder).open(SHAPE, DIGESTS)
    check(again)
    again.close()
    assert (next(folder.glob("*/pixels.bin"))).stat().st_size == IMAGES * ROW_BYTES


def test_two_at_once_decode_each_image_once(tmp_path: Path) -> None:
    folder, log = tmp_path / "prepared", tmp_path / "log"
    both = [slowly(folder, log), slowly(folder, log)]
    told = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(log.read_text().split()) == DIGESTS
    # The one that waited told how far the other was.
    assert all(told)
    opened = arrays(folder).open(SHAPE, DIGESTS)
    check(opened)
    opened.close()


def test_who_waits_for_another_can_still_be_stopped(tmp_path: Path) -> None:
    process = slowly(tmp_path / "prepared", tmp_path / "log")
    assert process.stdout is not None
    assert process.stdout.readline()

    def stop(done: int, total: int) -> None:
        raise InterruptedError

    os.kill(process.pid, signal.SIGSTOP)
    with pytest.raises(InterruptedError):
        arrays(tmp_path / "prepared").open(SHAPE, DIGESTS, stop)
    process.kill()
    process.communicate()


def test_the_least_recently_used_set_goes_when_room_is_short(tmp_path: Path) -> None:
    kept = arrays(tmp_path, most_bytes=140_000)
    for side in (4, 5, 6, 4):
        kept.open(shape(side), DIGESTS[:300]).close()
    assert sets(tmp_path) == {"4x4", "5x5", "6x6"}
    kept.open(shape(8), DIGESTS[:200]).close()
    assert sets(tmp_path) == {"4x4", "6x6", "8x8"}


def test_what_is_in_use_stays_whoever_needs_room(tmp_path: Path) -> None:
    used = arrays(tmp_path).open(SHAPE, DIGESTS)
    kept = arrays(tmp_path, most_bytes=ROW_BYTES)
    kept.open(shape(4), DIGESTS[:10]).close()
    assert sets(tmp_path) == {"8x8", "4x4"}
    check(used)
    used.close()
    kept.open(shape(5), DIGESTS[:10]).close()
    assert sets(tmp_path) == {"5x5"}


def test_a_set_in_use_by_another_process_stays_until_that_process_is_killed(tmp_path: Path) -> None:
    process = slowly(tmp_path / "prepared", tmp_path / "log")
    assert process.stdout is not None
    assert process.stdout.readline()
    kept = arrays(tmp_path / "prepared", most_bytes=ROW_BYTES)
    kept.open(shape(4), DIGESTS[:10]).close()
    assert "8x8" in sets(tmp_path / "prepared")
    process.kill()
    process.communicate()
    kept.open(shape(5), DIGESTS[:10]).close()
    assert "8x8" not in sets(tmp_path / "prepared")


def test_a_run_larger_than_the_limit_still_gets_its_images_and_rows_of_others_go(tmp_path: Path) -> None:
    kept = arrays(tmp_path, most_bytes=250 * ROW_BYTES)
    kept.open(SHAPE, DIGESTS[:200]).close()
    opened = kept.open(SHAPE, DIGESTS[200:])
    assert opened.pixels.shape == (IMAGES - 200, *SHAPE.shape)
    np.testing.assert_array_equal(opened.pixels[opened.rows[0]], pixels_of(DIGESTS[200]))
    opened.close()


def test_rows_of_others_stay_while_somebody_uses_them(tmp_path: Path) -> None:
    used = arrays(tmp_path).open(SHAPE, DIGESTS[:200])
    kept = arrays(tmp_path, most_bytes=250 * ROW_BYTES)
    both = kept.open(SHAPE, DIGESTS)
    check(both)
    np.testing.assert_array_equal(used.pixels[used.rows[199]], pixels_of(DIGESTS[199]))
    both.close()
    used.close()


def test_preparing_holds_a_few_images_in_memory_however_many_there_are(tmp_path: Path) -> None:
    large = shape(200)
    tracemalloc.start()
    opened = arrays(tmp_path).open(large, DIGESTS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * (os.cpu_count() or 1) * 200 * 200 * 3 + 2_000_000 < opened.pixels.nbytes / 10
    opened.close()


def test_too_small_a_disk_is_told_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Room, "free_bytes", lambda self: ROW_BYTES)
    with pytest.raises(OutOfSpaceError, match=r"600 images of 8 by 8 pixels needs 115,200 bytes, and 192 are free"):
        arrays(tmp_path).open(SHAPE, DIGESTS)
    assert next(tmp_path.glob("*/pixels.bin")).stat().st_size == 0


def test_a_full_disk_is_told_in_words(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100 * ROW_BYTES, before[1]))
    try:
        with pytest.raises(OutOfSpaceError, match="Free some room"):
            arrays(tmp_path).open(SHAPE, DIGESTS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    opened = arrays(tmp_path).open(SHAPE, DIGESTS)
    check(opened)
    opened.close()
