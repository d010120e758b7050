"""(width, height) where (height, width) is taken: told by names, by named constants, or by the network's own input."""

import re
from collections.abc import Iterator
from typing import Literal, TypeAlias

from app.core.architectures.architecture import Symbol
from app.core.architectures.reading import Finding, Record
from app.core.architectures.training_findings.records import argument, as_written, name_of, text_of, whole_number
from app.core.architectures.training_findings.story import Story

_SIZES = {
    "flow_from_directory": ("target_size", 1),
    "flow_from_dataframe": ("target_size", 5),
    "image_dataset_from_directory": ("image_size", 6),
    "load_img": ("target_size", 2),
    "tensorflow.image.resize": ("size", 1),
    "cv2.resize": ("dsize", 1),
}
_SQUEEZED = "Images that are not square are squeezed along one side and stretched along the other."

_Order: TypeAlias = Literal["width first", "height first"]


def width_before_height(story: Story) -> Iterator[Finding]:
    """A size in the wrong order, where something says so; OpenCV takes it the other way round than Keras."""
    for record in story.reading.records:
        sized = _SIZES.get(record.function) or _SIZES.get(name_of(record))
        if sized is None:
            continue
        opencv = record.function == "cv2.resize"
        order, evidence = _order_of(story, record, sized, opencv=opencv)
        if order == ("height first" if opencv else "width first"):
            yield _turned(record, name=sized[0], position=sized[1], opencv=opencv, evidence=evidence)
    yield from _turned_inputs(story)


def image_shape(story: Story, number: int) -> tuple[int | Symbol | None, ...] | None:
    """The input of a network of images, batch first and channels last; None for any other."""
    shape = story.input_shape(number)
    layers = story.definition(number).architecture.layers
    first = any(layer.config.get("data_format") == "channels_first" for layer in layers)
    return None if shape is None or len(shape) != 4 or first else shape


def _order_of(story: Story, record: Record, sized: tuple[str, int], *, opencv: bool) -> tuple[_Order | None, str]:
    """Which side a size gives first, and what says so where the pair itself does not."""
    pair = _pair(argument(record, *sized))
    if pair is not None and pair[0] == pair[1]:
        return None, ""
    named = _named_order(text_of(record, *sized))
    if named is not None or pair is None:
        return named, ""
    by_constants, evidence = _order_by_constants(story, pair)
    if by_constants is not None:
        return by_constants, evidence
    return _order_by_inputs(story, pair, opencv=opencv)


def _order_by_constants(story: Story, pair: tuple[int, int]) -> tuple[_Order | None, str]:
    """Told by constants of these values: `IMG_WIDTH = 640` and `IMG_HEIGHT = 480` say what 640 and 480 are."""
    sides: dict[tuple[str, int], str] = {}
    for name, value in story.reading.names.items():
        side, length = _side(name), whole_number(value)
        if side and length is not None and len(name) > 1:  # a lone `w` may be anything
            sides.setdefault((side, length), name)
    orders: tuple[tuple[_Order, str, str], ...] = (
        ("width first", "width", "height"),
        ("height first", "height", "width"),
    )
    found = [
        (order, f"{sides[one, pair[0]]} is {pair[0]} and {sides[other, pair[1]]} is {pair[1]}.")
        for order, one, other in orders
        if (one, pair[0]) in sides and (other, pair[1]) in sides
    ]
    return found[0] if len(found) == 1 else (None, "")


def _order_by_inputs(story: Story, pair: tuple[int, int], *, opencv: bool) -> tuple[_Order | None, str]:
    """Told by the networks: a size that is one's input the wrong way round, and no other's the right way."""
    taken = {}
    for number in range(len(story.reading.definitions)):
        shape = image_shape(story, number)
        height, width = (None, None) if shape is None else shape[1:3]
        if isinstance(height, int) and isinstance(width, int):
            taken[height, width] = story.name(number)
    right, turned = (pair[::-1], pair) if opencv else (pair, pair[::-1])
    if right in taken or turned not in taken:
        return None, ""
    evidence = f"{taken[turned]} takes images {turned[0]} pixels high and {turned[1]} wide."
    return ("height first" if opencv else "width first"), evidence


def _turned(record: Record, *, name: str, position: int, opencv: bool, evidence: str) -> Finding:
    takes, given = ("(width, height)", "(height, width)") if opencv else ("(height, width)", "(width, height)")
    return Finding(
        rule="width-before-height",
        severity="warning",
        place=record.place,
        message=f"{name_of(record)} is given {given}, but {'OpenCV' if opencv else 'Keras'} takes {takes}.",
        read=as_written(record, name, position),
        why=f"{evidence} {_SQUEEZED}".strip(),
        fix=f"Write {name}={takes}.",
    )


def _turned_inputs(story: Story) -> Iterator[Finding]:
    for number, definition in enumerate(story.reading.definitions):
        shape = image_shape(story, number)
        if shape is None:
            continue
        first, second = (size.symbol if isinstance(size, Symbol) else str(size) for size in shape[1:3])
        order, evidence = _named_order(f"({first}, {second})"), ""
        pair = _pair(list(shape[1:3]))
        if pair is not None and pair[0] != pair[1]:
            order, evidence = _order_by_constants(story, pair)
        if order == "width first":
            yield Finding(
                rule="width-before-height",
                severity="warning",
                place=definition.place,
                message=f"The input of {story.name(number)} is given (width, height), but Keras takes (height, width).",
                read=f"({first}, {second}, ...)",
                why=f"{evidence} Images that are not square arrive turned on their side, or do not fit.".strip(),
                fix=f"Write ({second}, {first}, ...).",
            )


def _pair(value: object) -> tuple[int, int] | None:
    if not isinstance(value, list) or len(value) < 2:
        return None
    first, second = value[:2]
    whole = isinstance(first, int) and isinstance(second, int)
    return (first, second) if whole else None


def _named_order(source: str) -> _Order | None:
    """Which side a written pair names first."""
    pair = re.fullmatch(r"[(\[]\s*([\w.]+)\s*,\s*([\w.]+)\s*(?:,[^()\[\]]*)?[)\]]", source.strip())
    if pair is None:
        return None
    sides = (_side(pair[1]), _side(pair[2]))
    if sides == ("width", "height"):
        return "width first"
    return "height first" if sides == ("height", "width") else None


def _side(name: str) -> str:
    words = re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower())
    if any(word in {"w", "width", "cols"} or word.endswith("width") for word in words):
        return "width"
    return "height" if any(word in {"h", "height", "rows"} or word.endswith("height") for word in words) else ""
