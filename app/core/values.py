"""The base of every value object: immutable, strict about its fields, strict JSON."""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

JsonObject: TypeAlias = dict[str, JsonValue]


class Value(BaseModel):
    """An immutable value; an unknown field is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="null")

    def json_object(self) -> dict[str, Any]:
        """The value as plain JSON data (NaN and infinity as null)."""
        return self.model_dump(mode="json")


def _one_line(text: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("control characters are not allowed in a name")
    if not text.strip():
        raise ValueError("a name needs at least one visible character")
    return text.strip()


Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
"""What people call things: one visible line of at most 200 characters; always shown as text."""

LONGEST_TEXT = 20_000


def _lines(text: str) -> str:
    # A browser sends CR LF for each line's end; a NUL has no place in PostgreSQL.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(lines) > LONGEST_TEXT:
        raise ValueError(f"expected at most {LONGEST_TEXT:,} characters, there are {len(lines):,}; shorten the text")
    if any((ord(character) < 32 and character not in "\n\t") or ord(character) == 127 for character in lines):
        raise ValueError("control characters other than tabs and line breaks are not allowed in a text")
    if any(0xD800 <= ord(character) < 0xE000 for character in lines):
        raise ValueError("half of a surrogate pair is no character; send the text as UTF-8")
    return lines


Text: TypeAlias = Annotated[str, AfterValidator(_lines), Field(json_schema_extra={"maxLength": LONGEST_TEXT})]
"""What people write: lines of plain text, parted by LF, or nothing; always shown as text."""

Instant: TypeAlias = datetime
"""A moment, timezone-aware and in UTC."""

Sort: TypeAlias = Literal["-created", "created", "name", "-name"]
"""The order of a list: the newest first, the oldest first, by name, by name backwards."""
