import io
import tarfile
from pathlib import Path

import pytest

from app.adapters.archives import ArchiveReader
from app.core.errors import InvalidError, TooLargeError
from tests.factories.images import tar_bytes, write, zip_bytes

FILES = {"dice/1/a.png": b"one" * 1000, "dice/2/b.png": b"two" * 1000, "dice/.DS_Store": b"x"}


def read(path: Path, **options: int):
    with path.open("rb") as file:
        return list(ArchiveReader(options.pop("largest", 10_000), path.parent, **options).members(file))


@pytest.mark.parametrize("content", [tar_bytes(FILES), tar_bytes(FILES, mode="w:gz"), zip_bytes(FILES)])
def test_files_come_out_without_what_operating_systems_leave(tmp_path: Path, content: bytes) -> None:
    members = read(write(tmp_path, "a", content))
    assert {member.path: (member.content, member.skipped) for member in members} == {
        "dice/1/a.png": (b"one" * 1000, False),
        "dice/2/b.png": (b"two" * 1000, False),
        "dice/.DS_Store": (None, True),
    }


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_tar_that_was_cut_off_is_an_error_wherever_it_was_cut(tmp_path: Path, mode: str, share: float) -> None:
    whole = tar_bytes({f"dice/{n}/a.png": bytes([n]) * 3000 for n in range(1, 9)}, mode=mode)
    end = len(whole) if mode == "w:gz" else 8 * 3584
    with pytest.raises(InvalidError, match="stay"):
        read(write(tmp_path, "a", whole[: int(end * share)]))


def test_a_damaged_header_does_not_lose_the_rest_in_silence(tmp_path: Path) -> None:
    whole = bytearray(tar_bytes(FILES))
    whole[3584 + 10] ^= 0xFF
    with pytest.raises(InvalidError, match="damaged"):
        read(write(tmp_path, "a", bytes(whole)))


def test_links_and_devices_are_refused_by_name(tmp_path: Path) -> None:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, kind in (("a/link", tarfile.SYMTYPE), ("a/hard", tarfile.LNKTYPE), ("a/pipe", tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    members = read(write(tmp_path, "a", target.getvalue()))
    assert [(member.path, member.content) for member in members] == [
        ("a/link", None),
        ("a/hard", None),
        ("a/pipe", None),
    ]
    assert all("link or a device" in str(member.reason) for member in members)


@pytest.mark.parametrize("pack", [tar_bytes, zip_bytes])
@pytest.mark.parametrize("path", ["../a.png", "/abs/a.png", "a/../../b.png", "C:/a.png", "a\\b.png"])
def test_paths_that_lead_elsewhere_are_refused_by_name(tmp_path: Path, pack, path: str) -> None:
    [member] = read(write(tmp_path, "a", pack({path: b"x"})))
    assert member.content is None
    assert member.reason


def test_a_file_that_is_too_large_is_refused_and_the_next_is_taken(tmp_path: Path) -> None:
    for pack in (tar_bytes, zip_bytes):
        members = read(write(tmp_path, "a", pack({"c/big.png": b"x" * 5000, "c/small.png": b"y"})), largest=2000)
        assert [member.content for member in members] == [None, b"y"]


def test_a_bomb_is_stopped_by_what_comes_out(tmp_path: Path) -> None:
    bomb = {f"c/{number}.png": bytes(8 * 2**20) for number in range(12)}
    for content in (tar_bytes(bomb, mode="w:gz"), zip_bytes(bomb)):
        with pytest.raises(TooLargeError, match="200 times"):
            read(write(tmp_path, "a", content), largest=16 * 2**20)


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    for pack in (tar_bytes, zip_bytes):
        with pytest.raises(TooLargeError, match="several parts"):
            read(write(tmp_path, "a", pack({f"c/{number}": b"" for number in range(20)})), most_members=10)


@pytest.mark.parametrize("content", [b"\x89PNG\r\n", b"GIF89a" + bytes(600), b"PK\x03\x04 no zip"])
def test_what_is_no_archive_is_told_so(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidError):
        read(write(tmp_path, "a", content))
