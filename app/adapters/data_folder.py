"""The data folder: made private, held by one `diceboard up` at a time, and the keeper of the access token."""

import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock, Timeout

from app.core.errors import ConflictError, DiceboardError
from app.settings import Settings

TOKEN_BYTES = 32
_HOLDER = "lock.json"


class DataFolderError(DiceboardError):
    """The data folder cannot be made or written to."""

    status = 500
    title = "The data folder cannot be used"


class DataFolderHeldError(ConflictError):
    """Another Diceboard holds the data folder."""

    title = "The data folder is in use"


def prepare(folder: Path) -> Path:
    """Make the data folder, for its owner's eyes only; raise DataFolderError where that cannot be done."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise DataFolderError(
            f"DICEBOARD_DATA is {str(folder)!r}, which cannot be made or is not ours ({error.strerror}): "
            "choose a folder that you may write to."
        ) from error
    return folder


@contextmanager
def hold(folder: Path, *, address: str, since: datetime) -> Iterator[None]:
    """Hold the data folder for the time of the block, saying beside the lock who holds it.

    Raise DataFolderHeldError, leaving everything as it is, where somebody else does. The kernel releases the lock
    when the process dies, however it dies, so a stale note about the holder locks nobody out.
    """
    prepare(folder)
    lock = FileLock(folder / "lock", mode=0o600, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise DataFolderHeldError(_who_holds(folder)) from error
    holder = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "address": address,
        "since": since.isoformat(timespec="seconds"),
    }
    try:
        write_private(folder / _HOLDER, json.dumps(holder))
        yield
    finally:
        (folder / _HOLDER).unlink(missing_ok=True)
        lock.release()


def holder(folder: Path) -> dict[str, str | int] | None:
    """Who holds the folder, as noted by the holder; None where no note can be read."""
    try:
        noted = json.loads((folder / _HOLDER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return noted if isinstance(noted, dict) else None


def access_token(settings: Settings) -> str:
    """The configured token, or the one kept in the data folder, which is made (mode 0600) the first time."""
    if settings.token is not None:
        return settings.token.get_secret_value()
    path = prepare(settings.data) / "token"
    token = _made_once(path, secrets.token_urlsafe(TOKEN_BYTES))
    if len(token) < 16:
        raise DataFolderError(
            f"{str(path)!r} holds {len(token)} characters, too few for a token: delete it, and a new one is made."
        )
    return token


def machine_name(settings: Settings) -> str:
    """What no other machine's workers are called: the configured name, and behind it a few characters of this folder's.

    Two machines of one host name, or with one `.env` file, would else take each other's runs for their own.
    """
    return f"{settings.worker_name}-{_made_once(prepare(settings.data) / 'machine', secrets.token_hex(3))}"


@contextmanager
def hold_workers(settings: Settings) -> Iterator[None]:
    """For the time of the block be the only one who runs this machine's workers; raise DataFolderHeldError else.

    Machines may share a data folder (a volume of several containers), so that the lock is one of the name.
    """
    name = settings.worker_name
    lock = FileLock(prepare(settings.data) / f"workers.{quote(name, safe='')}.lock", mode=0o600, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise DataFolderHeldError(
            f"The workers of {name!r} run already on {str(settings.data)!r}, one for each device. Use those, stop them, "
            "or give these another DICEBOARD_WORKER_NAME."
        ) from error
    try:
        yield
    finally:
        lock.release()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _made_once(path: Path, content: str) -> str:
    """What a file holds, which is made with this content the first time."""
    if not path.exists():
        candidate = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        write_private(candidate, content)
        try:
            # A link is made once: of two processes that start together, both read what the winner wrote.
            os.link(candidate, path)
        except FileExistsError:
            pass
        finally:
            candidate.unlink()
    return path.read_text(encoding="ascii").strip()


def _who_holds(folder: Path) -> str:
    noted = holder(folder)
    if noted is None:
        return f"{str(folder)!r} is held by another Diceboard. Stop that one, or choose another DICEBOARD_DATA."
    return (
        f"{str(folder)!r} is held by the Diceboard at {noted.get('address')} (process {noted.get('pid')} on "
        f"{noted.get('host')}, since {noted.get('since')}). Use that one, stop it, or choose another DICEBOARD_DATA."
    )
