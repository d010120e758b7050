"""Whatever bytes come in, the answer is members or a named error."""

import contextlib
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.archives import ArchiveReader
from app.core.errors import DiceboardError, TooLargeError
from tests.factories.archives import zip_of_many
from tests.factories.images import class_folders, tar_bytes, zip_bytes

FILES = dict(list(class_folders().items())[:3])
WHOLE = {
    "tar": tar_bytes(FILES | {f"{'long/' * 30}é.png": b"x"}),
    "tar.gz": tar_bytes(FILES, mode="w:gz"),
    "zip": zip_bytes(FILES),
}


def read(content: bytes) -> int:
    with tempfile.TemporaryDirectory() as folder:
        return sum(1 for _ in ArchiveReader(10_000, Path(folder)).members(io.BytesIO(content)))


@pytest.mark.parametrize("kind", WHOLE)
@given(data=st.data())
def test_flipped_bytes_are_answered_by_name(kind: str, data: st.DataObject) -> None:
    content = bytearray(WHOLE[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(DiceboardError):
        assert read(bytes(content)) <= 10


def test_many_extended_headers_before_an_entry_are_no_crash() -> None:
    header = tar_bytes({f"{'n' * 200}.png": b""})[:1024]
    with pytest.raises(DiceboardError):
        read(header * 3_000)


def test_a_directory_of_very_many_entries_is_refused_unread() -> None:
    with pytest.raises(TooLargeError, match="500,000"):
        read(zip_of_many())
