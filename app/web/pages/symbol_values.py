"""Values for names that a definition leaves open, as people type them into a form."""

import json
from collections.abc import Mapping

from pydantic import JsonValue

SYMBOL = "symbol."
"""How the fields' names begin; the name of the symbol follows."""


def values_of(given: Mapping[str, str]) -> dict[str, JsonValue]:
    """Numbers, lists of numbers such as `224, 224, 3` or `(3, 3)`, else words; what is empty stays open."""
    return {name: _value(text.strip()) for name, text in given.items() if text.strip()}


def _value(text: str) -> JsonValue:
    for candidate in (text, f"[{text.strip('()[]').rstrip(', ')}]"):
        try:
            value: JsonValue = json.loads(candidate.replace("None", "null"))
        except (ValueError, RecursionError):
            continue
        return value
    return text.strip("\"'")
