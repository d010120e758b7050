"""How images come in: out of archives while those arrive, by what is here already, and with tables of labels."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.core.datasets.dataset import DatasetState, StagedFile
from app.core.datasets.labels import LARGEST_TABLE_BYTES, Labels, is_table, labels_of
from app.core.datasets.layout import Layout, layout_of
from app.core.datasets.media import image_type, is_named_like_an_image
from app.core.datasets.members import Member, ReadArchive, Source
from app.core.datasets.names import accepted_path, image_key, is_skipped
from app.core.errors import ConflictError, DiceboardError, InvalidError
from app.core.ports import BlobStore, Database, Transaction
from app.core.values import Instant, Value
from app.services.kept_blobs import keep_still

ROWS_AT_ONCE = 500
BYTES_AT_ONCE = 32 * 2**20
TAKES_FILES = (DatasetState.UPLOADING, DatasetState.REJECTED)


@dataclass(frozen=True)
class UploadLimits:
    """How much is taken: bytes of one request, bytes that stay free on disk, and where zips wait."""

    largest_upload_bytes: int
    reserve_bytes: int
    waiting_room: Path


class OfferedFile(Value):
    """A file that a client has, by the SHA-256 of its bytes."""

    path: str
    digest: str
    bytes: int
    modified: Instant | None = None


@dataclass
class _Receipt:
    """What became of the files of one request."""

    paths: dict[str, str] = field(default_factory=dict)
    already_there: int = 0
    skipped: int = 0
    rejected: list[dict[str, str]] = field(default_factory=list)

    def representation(self) -> dict[str, Any]:
        accepted = len(self.paths) - self.already_there
        return {
            "accepted": accepted,
            "already_there": self.already_there,
            "skipped": self.skipped,
            "rejected": self.rejected,
        }


class DatasetUploads:
    """The way in of a dataset's files, up to its commit."""

    def __init__(self, *, database: Database, blobs: BlobStore, read_archive: ReadArchive) -> None:
        self._database = database
        self._blobs = blobs
        self._read_archive = read_archive

    def receive(self, dataset_id: str, source: Source) -> dict[str, Any]:
        """Take the images of an archive as it comes in.

        Answers `{"accepted", "already_there", "skipped", "rejected": [{"path", "reason"}]}`. Sending the same again
        changes nothing. Where the archive turns out damaged or is cut off, what came before stays.
        """
        self._check_takes_files(dataset_id)
        receipt = _Receipt()
        for batch in _batches(_usable(self._read_archive(source), receipt)):
            self._check_takes_files(dataset_id)
            # The bytes first: a row never points at nothing, and bytes without a row do no harm.
            contents: dict[str, bytes] = {}
            self._stage(dataset_id, [self._kept(member, contents) for member in batch], receipt, contents)
        return receipt.representation()

    def adopt(self, dataset_id: str, offered: Sequence[OfferedFile]) -> dict[str, Any]:
        """Take those of the files whose bytes have come before, for whichever dataset; they need not be sent.

        Answers as `receive` does, and the paths that are `missing`: their bytes have to be sent.
        """
        receipt = _Receipt()
        accepted = []
        for file in offered:
            try:
                accepted.append(StagedFile.model_validate({**file.model_dump(), "path": _taken_path(file.path)}))
            except InvalidError as error:
                receipt.rejected.append({"path": file.path[:500], "reason": error.detail})
        with self._database.transaction() as transaction:
            known = transaction.datasets.known_digests([file.digest for file in accepted])
        # What is there in another length was torn by a loss of power: it has to come again.
        sizes = {digest: self._blobs.size(image_key(digest)) for digest in known}
        here = [file for file in accepted if sizes.get(file.digest) == file.bytes]
        for start in range(0, len(here), ROWS_AT_ONCE):
            self._stage(dataset_id, here[start : start + ROWS_AT_ONCE], receipt)
        missing = [file.path for file in accepted if receipt.paths.get(file.path) != file.digest]
        return {**receipt.representation(), "missing": missing}

    def files(
        self, dataset_id: str, *, limit: int = 10_000, cursor: str | None = None
    ) -> tuple[list[StagedFile], str | None]:
        """What has arrived, by path: a client goes on from it."""
        with self._database.transaction() as transaction:
            transaction.datasets.held_state(dataset_id)
            return transaction.datasets.arrived(dataset_id, limit=limit, cursor=cursor)

    def layout(self, dataset_id: str) -> dict[str, Any]:
        """How what has arrived is understood: the layout, or the `problem` that it has; never an error."""
        with self._database.transaction() as transaction:
            transaction.datasets.held_state(dataset_id)
            paths = [file.path for file in transaction.datasets.staged(dataset_id)]
            tables = transaction.datasets.tables(dataset_id)
        return read_layout(paths, {table.path: self._blobs.get_bytes(image_key(table.digest)) for table in tables})

    def settle(self, transaction: Transaction, dataset_id: str) -> Layout:
        """Note what the tables of labels say, and answer the layout; raise InvalidError where it names no classes."""
        tables = transaction.datasets.tables(dataset_id)
        paths = [file.path for file in transaction.datasets.staged(dataset_id)]
        content = {table.path: self._blobs.get_bytes(image_key(table.digest)) for table in tables}
        labels = labels_of(content, paths)
        layout = layout_of(paths, labels.by_path)
        transaction.datasets.set_labels(dataset_id, labels.by_path)
        return layout

    def _stage(
        self,
        dataset_id: str,
        files: Sequence[StagedFile],
        receipt: _Receipt,
        contents: Mapping[str, bytes] | None = None,
    ) -> None:
        """Note the files whose bytes are here. What was here before may have been collected since: such `contents` are
        written again; without any, files whose bytes are gone are left out.
        """
        with self._database.transaction() as transaction:
            keep_still(transaction, self._blobs, contents or {})
            if contents is None:
                files = [file for file in files if self._blobs.exists(image_key(file.digest))]
            # The state is held until the rows are in: a commit comes wholly before or wholly after them.
            check_takes_files(transaction.datasets.held_state(dataset_id), dataset_id)
            receipt.already_there += transaction.datasets.stage(dataset_id, files)
        receipt.paths.update({file.path: file.digest for file in files})

    def _check_takes_files(self, dataset_id: str) -> None:
        with self._database.transaction() as transaction:
            check_takes_files(transaction.datasets.held_state(dataset_id), dataset_id)

    def _kept(self, member: Member, contents: dict[str, bytes]) -> StagedFile:
        """Its bytes are written; what was here before is noted among the contents."""
        content = member.content or b""
        digest = hashlib.sha256(content).hexdigest()
        key = image_key(digest)
        if not self._blobs.put_bytes(key, content):
            if self._blobs.size(key) != len(content):
                # It was torn by a loss of power, and would stay so however often it came.
                self._blobs.delete(key)
                self._blobs.put_bytes(key, content)
            contents[key] = content
        return StagedFile(
            path=member.path,
            digest=digest,
            bytes=len(content),
            modified=member.modified,
            is_table=is_table(member.path),
        )


def check_takes_files(state: DatasetState, dataset_id: str) -> None:
    """Raise ConflictError where a dataset in this state takes no files."""
    if state not in TAKES_FILES:
        raise ConflictError(
            f"The dataset {dataset_id} is {state.value} and takes no more files. Make a new dataset for them."
        )


def read_layout(paths: Sequence[str], tables: Mapping[str, bytes]) -> dict[str, Any]:
    """How these paths are understood: the layout, or the `problem` that it has; never an error."""
    try:
        labels = labels_of(tables, paths)
        found = {"problem": None, **layout_of(paths, labels.by_path).representation()}
    except InvalidError as error:
        labels = Labels({}, (), ())
        found = {
            "problem": error.detail,
            "kind": None,
            "images": len(paths),
            "classes": [],
            "splits": {},
            "outside": None,
        }
    return {**found, "tables": list(labels.tables), "unused_tables": list(labels.unused)}


def layout_of_names(raw_paths: Iterable[str], tables: Mapping[str, str]) -> dict[str, Any]:
    """As `read_layout`, before anything is sent; paths that would not be taken are `rejected`."""
    paths: dict[str, None] = {}
    rejected = []
    for raw in raw_paths:
        try:
            paths[_taken_path(raw)] = None
        except InvalidError as error:
            rejected.append({"path": raw[:500], "reason": error.detail})
    content = {name: text.encode("utf-8", "replace") for name, text in tables.items()}
    images = [path for path in paths if not is_table(path)]
    return {**read_layout(images, content), "rejected": rejected}


def _taken_path(raw: str) -> str:
    path = accepted_path(raw)
    if is_skipped(path):
        raise InvalidError("Files of this name are left by operating systems and are not taken.")
    return path


def _usable(members: Iterator[Member], receipt: _Receipt) -> Iterator[Member]:
    """What is taken; the rest is noted."""
    taken: dict[str, bytes] = {}
    for member in members:
        if member.skipped:
            receipt.skipped += 1
            continue
        reason = member.reason or _no_image(member)
        if reason is None:
            digest = hashlib.sha256(member.content or b"").digest()
            if taken.setdefault(member.path, digest) != digest:
                reason = (
                    "Another file of this name came before it in the same archive, and was taken. Rename one of them."
                )
        if reason is None:
            yield member
        else:
            receipt.rejected.append({"path": member.path, "reason": reason})


def _batches(members: Iterator[Member]) -> Iterator[list[Member]]:
    batch: list[Member] = []
    size = 0
    try:
        for member in members:
            batch.append(member)
            size += len(member.content or b"")
            if len(batch) == ROWS_AT_ONCE or size > BYTES_AT_ONCE:
                yield batch
                batch, size = [], 0
    except DiceboardError as damage:
        if batch:
            yield batch
        raise damage from None
    if batch:
        yield batch


def _no_image(member: Member) -> str | None:
    content = member.content or b""
    if is_table(member.path):
        too_large = len(content) > LARGEST_TABLE_BYTES
        return f"A table of labels may have {LARGEST_TABLE_BYTES:,} bytes." if too_large else None
    # A broken file that is named like an image is kept, so that the check can name it among its findings.
    if is_named_like_an_image(member.path) or image_type(content):
        return None
    return "It is no image: neither its name nor its content is of JPEG, PNG, WebP, BMP, GIF or TIFF."
