"""Numbers as strict JSON has them."""

import math
from typing import Any

from app.core.values import JsonObject


def finite(payload: JsonObject) -> JsonObject:
    """The payload with NaN and infinity as null, at any depth: JSON and PostgreSQL know neither."""
    return {name: _finite(value) for name, value in payload.items()}


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    return value
