"""Use cases of sources: what was pasted or dropped is kept as it is, so that its reading has an address.

A text stays for as long as an architecture that was read from it, and for a day after it was read last: whoever corrects
it comes back to it, and one that is read while it goes is kept again. Then it is forgotten.
"""

import hashlib
from collections.abc import Collection
from datetime import timedelta

from app.core.errors import InvalidError, NotFoundError, TooLargeError
from app.core.ports import BlobStore, Clock, Database

LARGEST_SOURCE_BYTES = 8 * 2**20
STAYS_UNUSED = timedelta(days=1)
FORGOTTEN_AT_ONCE = 50


class SourceService:
    """Keeps texts under their digests; the database says which are needed, and its row of a text is the lock of its blob."""

    def __init__(self, *, database: Database, blobs: BlobStore, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock

    def keep(self, text: str, *, architectures: Collection[str] = ()) -> str:
        """Keep the text with the architectures that were read from it; answer its digest, which is its id."""
        content = text.encode("utf-8", "surrogatepass")
        if not content.strip():
            raise InvalidError("There is nothing to read: paste Keras code, a notebook or architecture JSON.")
        if len(content) > LARGEST_SOURCE_BYTES:
            raise TooLargeError(
                f"The definition has {len(content) / 2**20:.1f} MiB; up to {LARGEST_SOURCE_BYTES // 2**20} MiB are read. "
                "Leave out the outputs of a notebook, or the weights of a file."
            )
        digest = hashlib.sha256(content).hexdigest()
        with self._database.transaction() as transaction:
            transaction.sources.keep(digest, read_at=self._clock(), architectures=architectures)
            self._blobs.put_bytes(_key(digest), content)
        return digest

    def text(self, digest: str) -> str:
        """The text that was kept; NotFoundError where nothing has this digest."""
        try:
            return self._blobs.get_bytes(_key(digest)).decode("utf-8", "surrogatepass")
        except NotFoundError:
            raise NotFoundError(
                "This definition is not kept any more: no architecture that was read from it is left. Paste it again."
            ) from None

    def forget_unused(self) -> int:
        """Remove texts that nothing needs; answer how many. Any process may, at any time."""
        with self._database.transaction() as transaction:
            digests = transaction.sources.take_unused(read_before=self._clock() - STAYS_UNUSED, limit=FORGOTTEN_AT_ONCE)
            # Before the rows are let go: whoever keeps the same text meanwhile waits for them, and writes it again.
            for digest in digests:
                self._blobs.delete(_key(digest))
        return len(digests)


def _key(digest: str) -> str:
    return f"sources/{digest}"
