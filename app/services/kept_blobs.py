"""Blobs that were there before somebody began to refer to them."""

from collections.abc import Mapping

from app.core.ports import BlobStore, Transaction


def keep_still(transaction: Transaction, blobs: BlobStore, contents: Mapping[str, bytes]) -> None:
    """Hold the blobs for this transaction, and write those of the contents again that were collected meanwhile."""
    transaction.blobs.hold()
    for key, content in contents.items():
        if not blobs.exists(key):
            blobs.put_bytes(key, content)
