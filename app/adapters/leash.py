"""Starts a program that ends when its parent does: `python -m app.adapters.leash PROGRAM ARGUMENT...`.

On Linux the kernel kills the program when its parent dies, and this process becomes the program. Elsewhere this
process stays, holds the program, passes its input on, and kills it when the pipe from the parent closes.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import IO

_PR_SET_PDEATHSIG = 1
PARENT_VARIABLE = "DICEBOARD_PARENT"


def command(argv: Sequence[str]) -> list[str]:
    """The command line that runs `argv` on the leash."""
    return [sys.executable, "-m", "app.adapters.leash", *argv]


def main(argv: Sequence[str]) -> int:
    """Become the program on Linux; elsewhere hold it and answer its exit status."""
    if sys.platform != "linux":
        return _hold(argv)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    # The parent may have died before the call: then no signal will ever come.
    if str(os.getppid()) != os.environ.get(PARENT_VARIABLE, str(os.getppid())):
        return 1
    return os.execvp(argv[0], list(argv))  # noqa: S606 - the program is one of ours, no shell is wanted


def _hold(argv: Sequence[str]) -> int:
    program = subprocess.Popen(list(argv), stdin=subprocess.PIPE, bufsize=0)  # noqa: S603 - one of our own programs
    assert program.stdin is not None

    def end_with_parent(to_program: IO[bytes]) -> None:
        while chunk := os.read(0, 1024):
            with contextlib.suppress(BrokenPipeError):
                to_program.write(chunk)
        program.kill()

    threading.Thread(target=end_with_parent, args=(program.stdin,), daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        signal.signal(number, lambda received, _frame: program.send_signal(received))
    return program.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
