"""A source as people look at it: the code cells of a notebook, laid-out JSON, or the text as it is."""

import json
import re

from app.core.architectures.readers.notebook import code_cells
from app.core.architectures.readers.text_export import looks_exported
from app.core.errors import InvalidError

_NOTEBOOK_KEYS = re.compile(r'"(cells|nbformat|worksheets)"\s*:')


def source_cells(text: str) -> list[tuple[int | None, str]]:
    """Pieces with the number that places give them; one without a number where the source has no cells."""
    is_json = text.lstrip("\ufeff \t\r\n").startswith(("{", '"{'))
    if looks_exported(text) or (is_json and _NOTEBOOK_KEYS.search(text)):
        try:
            return list(enumerate(code_cells(text), start=1))
        except InvalidError:
            return [(None, text)]
    return [(None, _laid_out(text) if is_json else text)]


def _laid_out(text: str) -> str:
    try:
        found = json.loads(text)
        # What `to_json()` gave is sometimes stored as a JSON string.
        return json.dumps(json.loads(found) if isinstance(found, str) else found, indent=1, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
