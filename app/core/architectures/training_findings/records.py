"""Reading the calls around a network: which function, which arguments, what they refer to."""

import re
from collections.abc import Iterator

from app.core.architectures import written
from app.core.architectures.reading import Place, Record, RecordedValue, Ref

FITTING = frozenset({"fit", "fit_generator"})
EVALUATING = frozenset({"evaluate", "evaluate_generator"})
PREDICTING = frozenset({"predict", "predict_generator", "predict_classes", "predict_proba"})
_TRANSFORMING = frozenset({"map", "flat_map", "interleave", "padded_batch", "unbatch", "window", "zip"})


def name_of(record: Record) -> str:
    """The last word of the function: `flow_from_directory`, `ModelCheckpoint`."""
    return record.function.rpartition(".")[2]


def is_given(record: Record, name: str, position: int | None = None) -> bool:
    """Whether an argument was written."""
    return _key(record, name, position) is not None


def argument(record: Record, name: str, position: int | None = None, *, default: RecordedValue = None) -> RecordedValue:
    """The value of an argument, by its name or its position; the default where it was not written."""
    key = _key(record, name, position)
    return default if key is None else record.arguments[key]


def text_of(record: Record, name: str, position: int | None = None) -> str:
    """How the source writes an argument's value; empty where it does not."""
    key = _key(record, name, position)
    return "" if key is None else record.sources.get(key, "")


def as_written(record: Record, name: str, position: int | None = None) -> str:
    """An argument as it stands in the call: `target_size=(width, height)`."""
    key = _key(record, name, position)
    value = text_of(record, name, position)
    return value if key is None or key.isdigit() else f"{key}={value}"


def whole_number(value: RecordedValue) -> int | None:
    """The value where it is a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def refs_in(value: RecordedValue) -> Iterator[Ref]:
    """All references in a value, in order."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, dict):
        for entry in value.values():
            yield from refs_in(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from refs_in(entry)


def is_known(value: RecordedValue) -> bool:
    """Whether nothing in the value was left open: no symbol and no code."""
    if isinstance(value, list):
        return all(is_known(entry) for entry in value)
    return written.symbol_of(value) is None and written.code_of(value) is None


def passes_images_on(record: Record) -> bool:
    """Whether a method of a dataset leaves the images as they are (`cache`, `prefetch`, `take`)."""
    return record.function.startswith(".") and name_of(record) not in _TRANSFORMING


def where(place: Place) -> str:
    """A place in words."""
    return f"line {place.line}" if place.cell is None else f"cell {place.cell}, line {place.line}"


def listed(words: list[str]) -> str:
    """Words as a sentence lists them."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def words_in(source: str) -> set[str]:
    """The names in a piece of source."""
    return set(re.findall(r"[^\W\d]\w*", source))


def _key(record: Record, name: str, position: int | None) -> str | None:
    if name in record.arguments:
        return name
    return str(position) if position is not None and str(position) in record.arguments else None
