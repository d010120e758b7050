"""JSON text from anywhere, bounded before it is parsed: bytes, depth and number of values."""

import json

import numpy as np
from pydantic import JsonValue

from app.core.errors import InvalidError, TooLargeError

LARGEST_BYTES = 16 * 2**20
DEEPEST = 100
MOST_VALUES = 1_000_000
_CHUNK = 2**20


def parse_json(text: str | bytes, *, what: str = "a Keras architecture") -> JsonValue:
    """The data that the text says. A byte order mark, a text that is itself quoted JSON, and NaN are taken.

    InvalidError where it is no JSON or nested more than DEEPEST levels, TooLargeError above LARGEST_BYTES.
    """
    data = _decoded(text, what=what)
    for _ in range(3):  # json.dumps(model.to_json()) quotes the text again; twice was seen, more is no accident
        value = _parsed(data, what=what)
        if not isinstance(value, str):
            return value
        data = value
    raise InvalidError(f"Expected {what} as a JSON object, received a text within a text within a text.")


def _decoded(text: str | bytes, *, what: str) -> str:
    size = len(text)
    if size > LARGEST_BYTES:
        raise TooLargeError(f"Received {size} bytes of JSON; {what} may have at most {LARGEST_BYTES}.")
    if isinstance(text, str):
        return text.lstrip("\ufeff")
    try:
        return text.decode("utf-16" if text[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidError(
            f"Expected {what} as JSON text, received bytes that are no text (at byte {error.start}: "
            f"{text[error.start : error.start + 4]!r}). Send what `model.to_json()` answers."
        ) from error


def _parsed(text: str, *, what: str) -> JsonValue:
    _refuse_absurd(text.encode("utf-8", "surrogatepass"), what=what)
    try:
        value: JsonValue = json.loads(text)
    except ValueError as error:
        start = text.lstrip()[:40]
        raise InvalidError(
            f"Expected {what} as JSON, received text that is none ({error}); it starts with {start!r}. "
            "Send what `model.to_json()` answers."
        ) from error
    return value


def _refuse_absurd(text: bytes, *, what: str) -> None:
    """Count brackets and commas outside strings before anything is parsed, a megabyte at a time."""
    plain = np.frombuffer(text.replace(b"\\\\", b"").replace(b'\\"', b""), dtype=np.uint8)
    depth, deepest, values, quoted = 0, 0, 0, 0
    for start in range(0, len(plain), _CHUNK):
        part = plain[start : start + _CHUNK]
        within = (np.cumsum(part == ord('"'), dtype=np.int32) + quoted) % 2
        quoted = int(within[-1])
        outside = within == 0
        opens = ((part == ord("[")) | (part == ord("{"))) & outside
        closes = ((part == ord("]")) | (part == ord("}"))) & outside
        depths = np.cumsum(opens.astype(np.int8) - closes.astype(np.int8), dtype=np.int32) + depth
        depth, deepest = int(depths[-1]), max(deepest, int(depths.max()))
        values += int(np.count_nonzero(opens)) + int(np.count_nonzero((part == ord(",")) & outside))
        if deepest > DEEPEST:
            raise InvalidError(
                f"The JSON is nested more than {DEEPEST} levels deep; {what} is nested a dozen. Nothing of it was read."
            )
        if values > MOST_VALUES:
            raise TooLargeError(f"The JSON holds more than {MOST_VALUES} values; {what} holds some ten thousand.")
