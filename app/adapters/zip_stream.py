"""A zip as it is being written, so that nobody waits for the whole of it and none of it lies on disk."""

import io
import zipfile
from collections.abc import Iterable, Iterator

_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip can say: the same files are the same bytes, whenever they are asked for."""


def zipped(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """The bytes of a zip of (name, content), each stored as it is: images are compressed already."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), content)
            yield sink.taken()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """Takes what the archive writes, and cannot go back in it."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def writable(self) -> bool:
        """As files say it."""
        return True

    def write(self, content: object) -> int:
        """Keep it until it is taken."""
        part = bytes(content)  # type: ignore[call-overload]
        self._written += part
        return len(part)

    def taken(self) -> bytes:
        """What has been written since the last time."""
        part = bytes(self._written)
        self._written.clear()
        return part
