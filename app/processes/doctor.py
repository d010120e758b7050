"""Looks at this machine: what Diceboard needs, what it finds, and how to mend what is missing."""

import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from dataclasses import dataclass

from app.adapters import devices
from app.adapters.signs_of_life import silent_seconds
from app.core.errors import DiceboardError
from app.processes import broker
from app.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Examined:
    """One thing that was looked at."""

    what: str
    ok: bool
    found: str
    remedy: str = ""


def examine(settings: Settings) -> list[Examined]:
    """Look at everything; nothing is changed but a probe file in the data folder."""
    return [_python(), _keras_backend(), _broker(settings), _data_folder(settings), _room(settings), _gpu()]


def examine_workers(settings: Settings) -> list[Examined]:
    """Whether the workers of this machine live: a quick look for health checks, which nothing is started for."""
    limit = max(60.0, 4 * settings.heartbeat_seconds)
    silent = silent_seconds(settings)
    remedy = "Look at what it said last, and start it again if it does not come back by itself."
    found = [
        Examined(what=name, ok=seconds <= limit, found=f"last sign of life {seconds:.0f} s ago", remedy=remedy)
        for name, seconds in silent.items()
    ]
    none = Examined(what="workers", ok=False, found="none has started here", remedy="Start them: `diceboard worker`.")
    return found or [none]


def _python() -> Examined:
    fits = (3, 11) <= sys.version_info[:2] < (3, 14)
    return Examined(
        what="Python",
        ok=fits,
        found=platform.python_version(),
        remedy="Python 3.11, 3.12 or 3.13 is needed: `make run`.",
    )


def _keras_backend() -> Examined:
    # Looked for, not loaded: this command must not become a process that holds a GPU.
    wanted = os.environ.get("KERAS_BACKEND", "tensorflow")
    names = [name for name in ("keras", wanted) if importlib.util.find_spec(name) is None]
    remedy = "Install TensorFlow: `pip install 'diceboard[cpu]'`, or `[gpu]` where there is an NVIDIA driver."
    return Examined(
        what="Keras and its backend",
        ok=not names,
        found=f"{wanted}, without {names}" if names else wanted,
        remedy=remedy,
    )


def _broker(settings: Settings) -> Examined:
    if settings.broker_url is not None:
        return Examined(what="broker", ok=True, found="the one of DICEBOARD_BROKER_URL")
    try:
        found = str(broker.server_binary())
    except DiceboardError as error:
        return Examined(what="broker", ok=False, found="no server", remedy=error.detail)
    return Examined(what="broker", ok=True, found=found)


def _data_folder(settings: Settings) -> Examined:
    remedy = "Choose a folder that you may write to with DICEBOARD_DATA."
    try:
        settings.socket("inspector")
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=settings.data):
            pass
    except (OSError, ValueError) as error:
        return Examined(what="data folder", ok=False, found=f"{settings.data} ({error})", remedy=remedy)
    return Examined(what="data folder", ok=True, found=str(settings.data))


def _room(settings: Settings) -> Examined:
    folder = next(path for path in (settings.data.absolute(), *settings.data.absolute().parents) if path.exists())
    free = shutil.disk_usage(folder).free
    remedy = f"Free some room: uploads stop at {settings.reserve_bytes / 2**30:.1f} GiB (DICEBOARD_RESERVE_BYTES)."
    return Examined(
        what="room on disk", ok=free > 2 * settings.reserve_bytes, found=f"{free / 2**30:.1f} GiB free", remedy=remedy
    )


def _gpu() -> Examined:
    try:
        found = devices.gpus()
    except DiceboardError as error:
        return Examined(what="devices", ok=False, found="the CPU only", remedy=error.detail)
    names = [f"{gpu.name} ({gpu.uuid})" for gpu in found]
    return Examined(what="devices", ok=True, found=", ".join(names) or "CPU only (no NVIDIA GPU to be used)")
