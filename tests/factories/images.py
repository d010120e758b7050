"""Small images, folders and archives of them."""

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from PIL import Image


def png(seed: int = 0, *, height: int = 12, width: int = 16, file_format: str = "PNG") -> bytes:
    """A small image whose pixels follow from the seed."""
    image = Image.new("RGB", (width, height), (seed * 37 % 256, seed * 59 % 256, seed * 83 % 256))
    image.putpixel((seed % width, seed // width % height), (255, 255, 255))
    target = io.BytesIO()
    image.save(target, file_format)
    return target.getvalue()


def class_folders(*, classes: int = 2, each: int = 10) -> dict[str, bytes]:
    """dice/<class>/<number>.png, all different."""
    return {
        f"dice/{name}/{number}.png": png(name * each + number)
        for name in range(1, classes + 1)
        for number in range(each)
    }


def split_folders(*, train: int = 6, validation: int = 2, test: int = 2) -> dict[str, bytes]:
    """dice/<split>/<class>/<number>.png, all different."""
    files: dict[str, bytes] = {}
    for folder, count in (("Train", train), ("val", validation), ("TEST", test)):
        for name in (1, 2):
            for number in range(count):
                files[f"dice/{folder}/{name}/{number}.png"] = png(len(files))
    return files


def tar_bytes(files: Mapping[str, bytes], *, mode: str = "w") -> bytes:
    """A tar (`w`) or gzipped tar (`w:gz`)."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:  # type: ignore[call-overload]
        for path, content in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return target.getvalue()


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """A zip."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return target.getvalue()


def write(folder: Path, name: str, content: bytes) -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content)
    return path
