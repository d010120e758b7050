"""Archives made to lead elsewhere, to fill the memory or to lie."""

import io
import struct
import tarfile
import zipfile
from collections.abc import Iterable

from tests.factories.images import png, tar_bytes, zip_bytes


def special_tar(*entries: tuple[str, bytes, str]) -> bytes:
    """(name, tar's type, what it points to) and then one image of a file."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, kind, points_to in entries:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, points_to
            archive.addfile(info)
        add(archive, "a/through.png", png(1))
    return target.getvalue()


def pairs_tar(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A tar in which a name may stand more than once."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, content in files:
            add(archive, name, content)
    return target.getvalue()


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    """One file."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def named_zip(raw_name: bytes, *, flags: int = 0) -> bytes:
    """A zip of one image under a name of these bytes."""
    placeholder = "n" * len(raw_name)
    made = zip_bytes({placeholder: png(1)}).replace(placeholder.encode(), raw_name)
    return with_flags(made, flags)


def with_flags(content: bytes, flags: int) -> bytes:
    """The zip with the flags of each entry set."""
    changed = bytearray(content)
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := changed.find(signature, at + 1)) >= 0:
            struct.pack_into("<H", changed, at + place, flags)
    return bytes(changed)


def zip_of_many() -> bytes:
    """A directory of 600,000 empty entries, as its end says, and nothing else."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    directory = entry * 600_000
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 600_000, 600_000, len(directory), 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(directory), 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return directory + end64 + locator + end


def overlapping_zip(entries: int) -> bytes:
    """Every entry of the directory is the same 8 MB of zeros."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/0.png", bytes(8 * 2**20))
        [info] = archive.infolist()
        archive.filelist.extend([info] * (entries - 1))
    return target.getvalue()


def lying_tar() -> bytes:
    """A whole file, and one whose header says more bytes than there are."""
    return tar_bytes({"a/whole.png": png(1), "a/lying.png": png(2) * 100})[: 3 * 1024]


def lying_zip() -> bytes:
    """An entry whose directory says fewer bytes than come out."""
    made = bytearray(zip_bytes({"a/lying.png": png(1) * 50, "a/whole.png": png(2)}))
    struct.pack_into("<L", made, made.find(b"PK\x01\x02") + 24, 10)
    return bytes(made)


def zip64() -> bytes:
    """A zip whose entry is written with the larger fields."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive, archive.open("a/1.png", "w", force_zip64=True) as file:
        file.write(png(1))
    return target.getvalue()
