"""Tells what a file or a pasted text is, and reads it: Keras code, a notebook, architecture JSON or a `.keras` archive."""

import re
from collections.abc import Mapping
from pathlib import PurePath

from pydantic import JsonValue

from app.core.architectures.readers.keras_archive import read_keras_archive
from app.core.architectures.readers.keras_code import read_code
from app.core.architectures.readers.keras_json import read_keras_json
from app.core.architectures.readers.notebook import read_notebook
from app.core.architectures.readers.plain_text import decoded, refuse_wide_text
from app.core.architectures.reading import KerasFacts, Reading

_ARCHIVE = b"PK\x03\x04"
_EXPORTED_CELL = re.compile(r"^In \[\s*\d*\s*\]:", re.MULTILINE)
_NOTEBOOK_KEYS = re.compile(r'"(cells|nbformat|worksheets)"\s*:')


def read_any(
    content: bytes | str, *, facts: KerasFacts, symbols: Mapping[str, JsonValue] | None = None, name: str = ""
) -> Reading:
    """Read it as what it is; InvalidError where it is none of these, or none that can be read.

    `name` is the file's, if it has one: a network that has no name of its own is called like it.
    """
    if isinstance(content, bytes):
        if content.startswith(_ARCHIVE):
            return read_keras_archive(content, facts=facts, symbols=symbols or {})
        content = decoded(content)
    refuse_wide_text(content)
    if _EXPORTED_CELL.search(content):
        return read_notebook(content, facts=facts, symbols=symbols or {})
    if content.lstrip("\ufeff \t\r\n").startswith(("{", '"{')):
        if _NOTEBOOK_KEYS.search(content):
            return read_notebook(content, facts=facts, symbols=symbols or {})
        return read_keras_json(content, facts=facts, symbols=symbols or {})
    return read_code(content, facts=facts, symbols=symbols or {}, name=PurePath(name).stem or "network")
