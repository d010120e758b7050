"""Values, counts and kinds of layers as one says them."""

from pydantic import JsonValue

from app.core.architectures.written import code_of, object_of, symbol_of

_PLURALS = {
    "Conv1D": "convolutions",
    "Conv2D": "convolutions",
    "Conv3D": "convolutions",
    "MaxPooling2D": "max-pooling layers",
    "AveragePooling2D": "average-pooling layers",
}
SINGULARS = {
    "Conv1D": "convolution",
    "Conv2D": "convolution",
    "Conv3D": "convolution",
    "MaxPooling2D": "max-pooling layer",
    "AveragePooling2D": "average-pooling layer",
}
NUMBERS = {
    1: "one",
    2: "two",
    3: "three",
    4: "four",
    5: "five",
    6: "six",
    7: "seven",
    8: "eight",
    9: "nine",
    10: "ten",
}


def value_text(value: JsonValue) -> str:
    """A written value as one would say it in Python."""
    symbol, code, made = symbol_of(value), code_of(value), object_of(value)
    if symbol is not None or code is not None:
        return symbol or code or ""
    if made is not None:
        return f"{made[0]}({', '.join(f'{name}={value_text(entry)}' for name, entry in made[1].items())})"
    if isinstance(value, list):
        return f"({', '.join(value_text(entry) for entry in value)})"
    return repr(value)


def count_text(count: int, kind: str) -> str:
    """`16 convolutions`, `1 Dense layer`."""
    if count == 1:
        return f"1 {SINGULARS.get(kind, f'{kind} layer')}"
    return f"{count} {_PLURALS.get(kind, f'{kind} layers')}"


def ordinal(number: int) -> str:
    """1st, 2nd, 16th."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
