import tempfile
from pathlib import Path

import pytest

from app.adapters.blob_store import CHUNK_BYTES, ObstoreBlobs
from app.core.errors import InvalidError, NotFoundError


@pytest.fixture
def blobs(tmp_path: Path) -> ObstoreBlobs:
    return ObstoreBlobs((tmp_path / "a folder").as_uri())


def test_the_folder_belongs_to_its_owner_alone(blobs: ObstoreBlobs, tmp_path: Path) -> None:
    assert (tmp_path / "a folder").stat().st_mode & 0o777 == 0o700


def test_bytes_are_written_once(blobs: ObstoreBlobs) -> None:
    assert blobs.put_bytes("images/ab", b"first")
    assert not blobs.put_bytes("images/ab", b"second")
    assert blobs.get_bytes("images/ab") == b"first"


def test_a_file_replaces_what_was_there(blobs: ObstoreBlobs, tmp_path: Path) -> None:
    blobs.put_bytes("runs/x", b"old")
    source = tmp_path / "new"
    source.write_bytes(b"new")
    blobs.put_file("runs/x", source)
    assert blobs.get_bytes("runs/x") == b"new"


def test_a_file_may_come_from_another_filesystem(blobs: ObstoreBlobs, tmp_path: Path) -> None:
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("There is no second filesystem that may be written to.")
    with tempfile.NamedTemporaryFile(dir=memory) as source:
        source.write(b"from afar")
        source.flush()
        blobs.put_file("runs/x", Path(source.name))
    assert blobs.get_bytes("runs/x") == b"from afar"


def test_what_was_put_has_its_size_and_stays(blobs: ObstoreBlobs) -> None:
    blobs.put_bytes("images/x", b"whole")
    blobs.flush()
    assert (blobs.get_bytes("images/x"), blobs.size("images/x")) == (b"whole", 5)


def test_ranges_are_streamed_exactly(blobs: ObstoreBlobs) -> None:
    content = bytes(range(256)) * (CHUNK_BYTES // 128)
    blobs.put_bytes("k", content)
    assert b"".join(blobs.stream("k")) == content
    assert b"".join(blobs.stream("k", start=5, end=CHUNK_BYTES + 7)) == content[5 : CHUNK_BYTES + 7]
    assert b"".join(blobs.stream("k", start=len(content))) == b""


def test_what_is_not_there_is_not_found_and_deleting_it_is_no_error(blobs: ObstoreBlobs) -> None:
    blobs.delete("nothing")
    assert not blobs.exists("nothing")
    assert blobs.size("nothing") is None
    for read in (blobs.get_bytes, lambda key: list(blobs.stream(key))):
        with pytest.raises(NotFoundError):
            read("nothing")
    blobs.put_bytes("k", b"x")
    blobs.delete("k")
    assert not blobs.exists("k")
    blobs.ping()


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(InvalidError, match="s3://"):
        ObstoreBlobs("ftp://somewhere")
