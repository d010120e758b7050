"""An inspector for one command: started on a leash in a folder of its own, gone with the command."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.adapters import devices, leash


@contextmanager
def private_inspector() -> Iterator[Path]:
    """The socket that it answers on; it takes a few seconds until it does."""
    with tempfile.TemporaryDirectory(prefix="diceboard-") as folder:
        socket = Path(folder) / "inspector.sock"
        process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            leash.command((sys.executable, "-m", "app.networks", str(socket))),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, devices.VISIBLE: devices.NONE_VISIBLE, leash.PARENT_VARIABLE: str(os.getpid())},
        )
        try:
            yield socket
        finally:
            process.kill()
            process.communicate()
