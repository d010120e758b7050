"""A program on the leash where the kernel has no parent-death signals: held by a process that passes its input on."""

import subprocess
import sys
import time

import psutil

PROGRAM = "import os, sys; print(os.getpid(), sys.stdin.readline().strip(), flush=True); sys.stdin.read()"
HOLDER = "import sys; sys.platform = 'darwin'; from app.adapters import leash; sys.exit(leash.main(sys.argv[1:]))"


def test_a_held_program_reads_what_its_parent_writes_and_ends_when_that_pipe_closes() -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    holder.stdin.write(b"a line\n")
    holder.stdin.flush()
    pid, _, line = holder.stdout.readline().decode().strip().partition(" ")
    assert line == "a line"
    holder.stdin.close()
    holder.wait(60)
    holder.stdout.close()
    deadline = time.monotonic() + 60
    while psutil.pid_exists(int(pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(int(pid))
