"""Bytes as text: UTF-8, or UTF-16 that says so with its first two bytes."""

import codecs

from app.core.errors import InvalidError

_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HOW_TO_SAVE = (
    'Save the file as UTF-8 and give it again: "Save with Encoding" in VS Code, "Encoding" beside "Save" in Notepad, '
    "or `iconv -f UTF-16 -t UTF-8 OLD > NEW`."
)


def decoded(content: bytes) -> str:
    """The text of a file; InvalidError where it is none."""
    try:
        return content.decode("utf-16" if content.startswith(_WIDE_MARKS) else "utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidError(
            "This is neither text nor a .keras archive. Give Keras code, a notebook (.ipynb or its text export), "
            "architecture JSON (what model.to_json() writes), or a .keras file. Text has to be saved as UTF-8."
        ) from None


def refuse_wide_text(text: str) -> None:
    """Raise InvalidError for UTF-16 that somebody took for UTF-8: every other character is a zero."""
    start = text[:4_000]
    if start.count("\0") * 4 > len(start):
        raise InvalidError(f"This text is UTF-16, which was read as if it were UTF-8. {_HOW_TO_SAVE}")
