"""Blobs in a local folder or in S3, through obstore."""

import os
import stat
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, from_url

from app.core.errors import InvalidError, NotFoundError, OutOfSpaceError, UnavailableError
from app.core.storage import StoredBlob

CHUNK_BYTES = 1024 * 1024
SOON_SECONDS = 5.0
"""A person waits for an answer: what does not come within so many seconds is told to be away."""
PATIENT_SECONDS = 40.0
"""Work that would have to be done again waits longer, and still less than a lease."""


class ObstoreBlobs:
    """Implements ports.BlobStore for `file:///folder` and `s3://bucket/prefix`.

    A service that refuses connections, breaks them off or answers 5xx is asked again, ever less often, for
    `patience_seconds`; then UnavailableError is raised.
    """

    def __init__(
        self,
        url: str,
        options: Mapping[str, str] = MappingProxyType({}),
        *,
        patience_seconds: float = SOON_SECONDS,
    ) -> None:
        """`options` are S3's own (`endpoint`, `region`, keys); what is not said is read from AWS_... variables."""
        self._store = _open(url, options, patience_seconds)

    def put_bytes(self, key: str, content: bytes) -> bool:
        """Write whole or not at all; False where the key was there already."""
        try:
            obstore.put(self._store, key, content, mode="create")
        except AlreadyExistsError:
            return False
        except (OSError, BaseError) as error:
            raise _explained(error, key) from error
        return True

    def put_file(self, key: str, path: Path) -> None:
        """Write a file whole or not at all, replacing what was there; NotFoundError where there is no such file."""
        try:
            obstore.put(self._store, key, path)
        except (OSError, BaseError) as error:
            if isinstance(error, FileNotFoundError) and path.exists():
                # A service that was started anew no longer knows what was sent of a large file.
                raise UnavailableError(f"The storage lost what was sent for {key!r}. Try again in a moment.") from error
            raise _explained(error, key) from error

    def get_bytes(self, key: str) -> bytes:
        """Raise NotFoundError where nothing has this key."""
        try:
            return bytes(obstore.get(self._store, key).bytes())
        except (OSError, BaseError) as error:
            raise _explained(error, key) from error

    def stream(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from start up to (not including) end, in chunks."""
        try:
            size = obstore.head(self._store, key)["size"]
            last = size if end is None else min(end, size)
            for offset in range(start, last, CHUNK_BYTES):
                yield bytes(obstore.get_range(self._store, key, start=offset, end=min(offset + CHUNK_BYTES, last)))
        except (OSError, BaseError) as error:
            raise _explained(error, key) from error

    def exists(self, key: str) -> bool:
        """Whether the key is there."""
        return self.size(key) is not None

    def size(self, key: str) -> int | None:
        """How many bytes the key has; None where it is not there."""
        try:
            return int(obstore.head(self._store, key)["size"])
        except FileNotFoundError:
            return None
        except (OSError, BaseError) as error:
            raise _explained(error, key) from error

    def flush(self) -> None:
        """Have the disk hold what was written: from then on a loss of power takes none of it. S3 answers only then anyway."""
        if isinstance(self._store, LocalStore) and hasattr(os, "sync"):
            os.sync()

    def delete(self, key: str) -> None:
        """Remove the key; nothing happens where it is not there."""
        try:
            obstore.delete(self._store, key)
        except FileNotFoundError:
            return
        except (OSError, BaseError) as error:
            raise _explained(error, key) from error

    def list(self, prefix: str) -> Iterator[StoredBlob]:
        """Everything whose key begins so (a whole first part with its slash), in no order."""
        try:
            for batch in obstore.list(self._store, prefix=prefix, chunk_size=1_000):
                for entry in batch:
                    yield StoredBlob(key=entry["path"], bytes=entry["size"], modified=entry["last_modified"])
        except (OSError, BaseError) as error:
            raise _explained(error, prefix) from error

    def ping(self) -> None:
        """Raise UnavailableError where the storage does not answer."""
        self.exists("ping")


def _open(url: str, options: Mapping[str, Any], patience_seconds: float) -> Any:
    parts = urlsplit(url)
    if parts.scheme == "file":
        folder = Path(url2pathname(parts.path))
        folder.mkdir(parents=True, exist_ok=True, mode=stat.S_IRWXU)
        return LocalStore(folder)
    if parts.scheme == "s3":
        # A service of one's own behind the firewall often has no certificate; object_store refuses it unless told.
        client: Any = {"allow_http": True} if options.get("endpoint", "").startswith("http://") else None
        # Left to itself it tries ten times, which takes from one second to a minute.
        retries: Any = {
            "max_retries": 1_000,
            "retry_timeout": timedelta(seconds=patience_seconds),
            "backoff": {"max_backoff": timedelta(seconds=2)},
        }
        return from_url(url, client_options=client, retry_config=retries, **options)
    raise InvalidError(
        f"The storage URL {url!r} has the scheme {parts.scheme!r}; use file:///folder or s3://bucket/prefix."
    )


def _explained(error: Exception, key: str) -> Exception:
    if isinstance(error, FileNotFoundError):
        return NotFoundError(f"Nothing is stored under {key!r}.")
    if "No space left" in str(error):
        return OutOfSpaceError("The storage has no room left. Free some, then send the same again.")
    return UnavailableError(f"The storage did not answer for {key!r} ({type(error).__name__}). Try again in a moment.")
