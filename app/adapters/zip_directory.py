"""How many entries a zip has, before Python's reader makes an object of each.

Layouts: PKWARE's APPNOTE 6.3.10, sections 4.3.12 to 4.3.16.
"""

import struct
from typing import IO

_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x06"
_LOCATOR_64 = b"PK\x06\x07"
_END_BYTES, _LOCATOR_BYTES, _END_64_BYTES = 22, 20, 56
_LONGEST_COMMENT = 65_535
_USUAL_ENTRY_BYTES = 46 + 255
"""An entry of the directory with a name as long as names get: a directory larger than its stated count allows lies."""


def stated_entries(file: IO[bytes]) -> int:
    """The larger of the count that the end states and the one that the directory's size makes likely; 0 where it has none."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        return 0
    entries, directory_bytes = map(int, struct.unpack_from("<HI", tail, at + 10))
    if entries == 0xFFFF or directory_bytes == 0xFFFFFFFF:
        entries, directory_bytes = _of_zip64(file, tail, at) or (entries, directory_bytes)
    file.seek(0)
    return max(entries, directory_bytes // _USUAL_ENTRY_BYTES)


def _of_zip64(file: IO[bytes], tail: bytes, at: int) -> tuple[int, int] | None:
    locator = at - _LOCATOR_BYTES
    if locator < 0 or tail[locator : locator + 4] != _LOCATOR_64:
        return None
    file.seek(struct.unpack_from("<Q", tail, locator + 8)[0])
    end = file.read(_END_64_BYTES)
    if len(end) < _END_64_BYTES or not end.startswith(_END_64):
        return None
    entries, directory_bytes = struct.unpack_from("<QQ", end, 32)
    return entries, directory_bytes
