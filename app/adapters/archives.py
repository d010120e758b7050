"""Archives as a stream of files: nothing is ever extracted, and what counts is what really comes out.

Sizes and counts that an archive states about itself are only hints; links and devices are refused by name.
"""

import gzip
import itertools
import lzma
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

from app.adapters.archive_streams import Counted, Forward
from app.adapters.zip_directory import stated_entries
from app.core.datasets.members import Member, Source
from app.core.datasets.names import accepted_path, is_skipped
from app.core.errors import InvalidError, OutOfSpaceError, TooLargeError

MOST_MEMBERS = 500_000
LARGEST_RATIO = 200
RATIO_FREE_BYTES = 64 * 2**20
"""Output below this never counts as a bomb: folders of tiny plain images do compress well."""
_COPY_BYTES = 2**20
_DAMAGED = (
    tarfile.TarError,
    EOFError,
    OSError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    NotImplementedError,  # a compression that Python does not know
    RecursionError,  # tarfile goes one call deeper for each extended header before an entry
)
_ENCRYPTED = 0x1
_UTF8 = 0x800


class ArchiveReader:
    """Reads tar (plain or gzip) as it comes in, and zip from a file in `waiting_room`, since its list stands at its end.

    A file over `largest_member_bytes` is refused, not cut.
    """

    def __init__(self, largest_member_bytes: int, waiting_room: Path, *, most_members: int = MOST_MEMBERS) -> None:
        self._largest = largest_member_bytes
        self._waiting_room = waiting_room
        self._most_members = most_members

    def members(self, source: Source) -> Iterator[Member]:
        """Each regular file, taken or refused with its reason; raise InvalidError where the archive is damaged.

        What was answered before the damage stays good: sending the whole archive again does no harm.
        """
        arriving = Counted(source)
        start = arriving.peek(tarfile.BLOCKSIZE)
        if start.startswith(b"PK"):
            yield from self._of_zip(arriving)
        elif start.startswith(b"\x1f\x8b"):
            with gzip.GzipFile(fileobj=cast("IO[bytes]", arriving)) as unpacked:
                yield from self._of_tar(unpacked, arriving)
        elif start[257:262] == b"ustar" or not start.strip(b"\0"):
            yield from self._of_tar(arriving, arriving)
        else:
            raise InvalidError(
                f"This is no archive that is taken (it begins with {start[:8]!r}). Send a tar, a gzipped tar or a zip."
            )

    def _of_tar(self, unpacked: Counted | gzip.GzipFile, arriving: Counted) -> Iterator[Member]:
        stream = Forward(unpacked, self._largest, lambda output: _check_ratio(output, arriving))
        try:
            with tarfile.open(fileobj=stream, mode="r:", errorlevel=2) as archive:
                for number in itertools.count():
                    if (info := archive.next()) is None:
                        break
                    archive.members = []  # type: ignore[attr-defined]  # tarfile would remember every header
                    self._check_count(number)
                    if not info.isdir():
                        yield self._tar_member(archive, info)
        except tarfile.ReadError as error:
            if "empty file" not in str(error):
                raise _cut(error) from error
        except _DAMAGED as error:
            raise _cut(error) from error
        if stream.last_block.strip(b"\0"):
            # tarfile takes a broken header for the end, and would lose the rest in silence.
            raise _cut(tarfile.ReadError("a header is damaged or cut off"))
        arriving.drain()

    def _tar_member(self, archive: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
        if is_skipped(info.name):
            return Member(info.name, None, skipped=True)
        path, reason = _path_of(info.name)
        if reason is None and not info.isreg():
            reason = "It is a link or a device, not a file; pack the files themselves (tar --dereference)."
        if reason is None:
            reason = self._size_reason(info.size)
        if reason is not None:
            return Member(path, None, reason)
        file = archive.extractfile(info)
        content = b"" if file is None else file.read()
        if len(content) != info.size:
            raise EOFError(f"{path!r} is cut off")
        return Member(path, content, modified=_moment(info.mtime))

    def _of_zip(self, arriving: Counted) -> Iterator[Member]:
        taken = 0
        self._waiting_room.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with tempfile.TemporaryFile(dir=self._waiting_room, prefix="upload-") as file:
                _copy(arriving, file)
                self._check_count(stated_entries(file) - 1)
                with zipfile.ZipFile(file) as archive:
                    self._check_count(len(archive.infolist()) - 1)
                    for info in archive.infolist():
                        if info.filename.endswith("/"):  # is_dir() fails where there is no name
                            continue
                        member = self._zip_member(archive, info)
                        taken += len(member.content or b"")
                        _check_ratio(taken, arriving)
                        yield member
        except _DAMAGED as error:
            raise _cut(error) from error

    def _zip_member(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
        if is_skipped(_zip_name(info)):
            return Member(_zip_name(info), None, skipped=True)
        path, reason = _path_of(_zip_name(info))
        kind = stat.S_IFMT(info.external_attr >> 16)
        if reason is None and kind not in {0, stat.S_IFREG}:
            reason = "It is a link or a device, not a file; pack the files themselves."
        if reason is None and info.flag_bits & _ENCRYPTED:
            reason = "It is encrypted; pack without a password."
        if reason is None:
            reason = self._size_reason(info.file_size)
        if reason is not None:
            return Member(path, None, reason)
        try:
            with archive.open(info) as file:
                content = file.read(self._largest + 1)
        except _DAMAGED as error:
            return Member(path, None, f"It is damaged inside the zip ({_plain(error)}).")
        reason = self._size_reason(len(content))
        if reason is not None:
            return Member(path, None, reason)
        return Member(path, content, modified=_zip_moment(info))

    def _size_reason(self, size: int) -> str | None:
        if size <= self._largest:
            return None
        return f"It has {size:,} bytes; an image may have {self._largest:,}."

    def _check_count(self, number: int) -> None:
        if number >= self._most_members:
            raise TooLargeError(f"The archive has more than {self._most_members:,} entries. Send it in several parts.")


def _copy(arriving: Counted, file: IO[bytes]) -> None:
    try:
        while chunk := arriving.read(_COPY_BYTES):
            file.write(chunk)
        file.seek(0)
    except OSError as error:
        raise OutOfSpaceError(
            f"The upload could not be written ({error.strerror}). Free some room and repeat."
        ) from error


def _check_ratio(output: int, arriving: Counted) -> None:
    if output > arriving.count * LARGEST_RATIO + RATIO_FREE_BYTES:
        raise TooLargeError(
            f"The archive unpacks to more than {LARGEST_RATIO} times its size, which no folder of images does. "
            "What came before that stays."
        )


def _path_of(raw: str) -> tuple[str, str | None]:
    try:
        return accepted_path(raw), None
    except InvalidError as error:
        # Shown to people and sent as JSON: what is not text becomes visible escapes.
        return raw.encode("utf-8", "backslashreplace").decode()[:500], error.detail


def _zip_name(info: zipfile.ZipInfo) -> str:
    # zipfile ends a name at its first NUL, which would hide what stands behind it.
    name = info.orig_filename
    if info.flag_bits & _UTF8:
        return name
    try:
        return name.encode("cp437").decode()  # UTF-8 without the flag that says so, as some programs write it
    except UnicodeError:
        return name


def _moment(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(round(seconds, 3), UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _zip_moment(info: zipfile.ZipInfo) -> datetime | None:
    # A zip tells the time without a zone. Every reader here takes it for UTC, so that the same file has the same time.
    try:
        return datetime(*info.date_time, tzinfo=UTC)
    except ValueError:
        return None


def _cut(error: BaseException) -> InvalidError:
    return InvalidError(
        f"The archive is damaged or was cut off ({_plain(error)}). The images before that place were taken and stay; "
        "send the archive again, what is there already is not taken twice."
    )


def _plain(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
