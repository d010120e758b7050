"""Reads the architecture inside a `.keras` file: a zip with config.json and metadata.json. Weights are never touched."""

import io
import zipfile
import zlib
from collections.abc import Mapping

from pydantic import JsonValue

from app.core.architectures.readers.keras_json.documents import read_document
from app.core.architectures.readers.keras_json.reader import read_network
from app.core.architectures.readers.keras_json.text import LARGEST_BYTES, parse_json
from app.core.architectures.reading import KerasFacts, Reading
from app.core.errors import InvalidError, TooLargeError

_LARGEST_RATIO = 200
"""JSON that Keras writes packs to about a twentieth; a zip bomb packs to less than a thousandth."""
_MOST_MEMBERS = 10_000
_HDF5 = b"\x89HDF\r\n\x1a\n"


def read_keras_archive(content: bytes, *, facts: KerasFacts, symbols: Mapping[str, JsonValue] | None = None) -> Reading:
    """The network in a `.keras` file; InvalidError where the file is none, TooLargeError where it is beyond all bounds.

    Only config.json and metadata.json are unpacked, into memory; nothing is extracted and nothing is loaded.
    """
    if content.startswith(_HDF5):
        raise InvalidError(
            "Expected a .keras file (a zip with a config.json), received an HDF5 file. "
            "Load it where it was made and send what `model.to_json()` answers."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            config, metadata = _member(archive, "config.json"), _member(archive, "metadata.json")
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError) as error:
        raise InvalidError(
            f"Expected a .keras file (a zip with a config.json), received {len(content)} bytes that are no readable zip: "
            f"{error}. If it was copied or downloaded, it may have been cut off."
        ) from error
    if config is None:
        raise InvalidError(
            "Expected a .keras file, received a zip without a config.json: no network is described in it."
        )
    document = read_document(config, keras_version=_version(metadata))
    return read_network(document, facts=facts, kind="keras_archive", symbols=symbols or {})


def _member(archive: zipfile.ZipFile, name: str) -> bytes | None:
    entries = archive.infolist()
    if len(entries) > _MOST_MEMBERS:
        raise TooLargeError(f"The zip has {len(entries)} members; a .keras file has a handful.")
    entry = next((entry for entry in entries if entry.filename == name), None)
    if entry is None:
        return None
    if entry.flag_bits & 1:
        raise InvalidError(f"{name} is encrypted; a .keras file is read without a password only.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InvalidError(f"{name} is packed by a method (number {entry.compress_type}) that Keras does not use.")
    if entry.file_size > LARGEST_BYTES or entry.file_size > _LARGEST_RATIO * max(entry.compress_size, 100):
        raise TooLargeError(
            f"{name} unpacks from {entry.compress_size} to {entry.file_size} bytes; at most {LARGEST_BYTES} bytes and "
            f"{_LARGEST_RATIO} times its packed size are read."
        )
    with archive.open(entry) as stream:  # the sizes in the directory may lie: read no more than they promise
        data = stream.read(entry.file_size + 1)
    if len(data) > entry.file_size:
        raise InvalidError(f"{name} unpacks to more than the {entry.file_size} bytes that the zip's directory says.")
    return data


def _version(metadata: bytes | None) -> str:
    """The Keras that wrote it; the format itself came with Keras 3 (and the last of tf.keras)."""
    try:
        written = parse_json(metadata or b"{}", what="metadata.json")
    except InvalidError:
        written = {}
    version = written.get("keras_version") if isinstance(written, dict) else None
    return version if isinstance(version, str) else "3.0"
