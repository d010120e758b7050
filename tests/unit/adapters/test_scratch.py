"""Passing files: gone after use, left by a process that is killed, and then swept, but never from under one that lives."""

import subprocess
import sys
import threading
from pathlib import Path

from app.adapters.room_on_disk import RoomOnDisk
from app.adapters.scratch import scratch_folder, scratch_folders, sweep_scratch

HOLDS = """
import sys
from pathlib import Path
from app.adapters.scratch import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "below").mkdir()
    (folder / "below" / "half a zip").write_bytes(bytes(1000))
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_process_leaves_is_swept_and_what_a_living_one_has_is_not(tmp_path: Path) -> None:
    room, scratch = RoomOnDisk(tmp_path), tmp_path / "scratch"
    command = [sys.executable, "-c", HOLDS, str(scratch)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        assert list(room.scratch()) == [(1_000, True)]
        room.forget_scratch()
        assert (folder / "below" / "half a zip").exists()
        process.kill()
    assert list(room.scratch()) == [(1_000, False)]
    room.forget_scratch()
    assert list(scratch.iterdir()) == []


def test_a_folder_is_gone_after_use_and_private_meanwhile(tmp_path: Path) -> None:
    with scratch_folder(tmp_path / "new") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert [in_use for _, in_use in scratch_folders(tmp_path / "new")] == [True]
    assert list((tmp_path / "new").iterdir()) == []


def test_without_any_there_is_nothing_to_sweep(tmp_path: Path) -> None:
    sweep_scratch(tmp_path / "none")
    assert list(scratch_folders(tmp_path / "none")) == []


def test_none_is_swept_while_it_is_being_made(tmp_path: Path) -> None:
    end = threading.Event()

    def sweep() -> None:
        while not end.is_set():
            sweep_scratch(tmp_path)

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    try:
        for _ in range(300):
            with scratch_folder(tmp_path) as folder:
                (folder / "file").write_bytes(b"x")
    finally:
        end.set()
        sweeper.join()
