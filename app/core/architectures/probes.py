"""Sizes that nobody gave a value: numbers put in their place, and names found again in what came out.

A network with open sizes is built several times, in worlds that differ in those sizes alone. What is the same in every world
does not depend on them; what always equals one of them is that one; what grows evenly with one is written as a sum.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from app.core.architectures.architecture import Architecture, Dimension, Shape, Symbol
from app.core.architectures.catalogue import Argument, Catalogue
from app.core.architectures.written import OPEN_SHAPE, code_of, object_of, symbol_of
from app.core.values import JsonObject

WORLDS = 3
_SMALL = (3, 5, 7, 11, 13, 17)
_WINDOWS = frozenset(
    {"kernel_size", "pool_size", "strides", "dilation_rate", "size", "cropping", "padding", "n", "num_heads", "groups"}
)
_OBJECTS = ("activation", "initializer", "regularizer", "constraint")
_SHARES = frozenset({"rate", "stddev", "factor", "dropout", "recurrent_dropout", "momentum", "epsilon"})
_SHARE = 0.25  # stands for a rate or a factor that nobody defined: no shape depends on it


@dataclass(frozen=True)
class Open:
    """A size without a value: its text, and the number that stands for it in each world. A hidden one has no name."""

    text: str
    numbers: tuple[int, ...]
    hidden: bool = False


class Probes:
    """The open sizes of one architecture, each with its numbers."""

    def __init__(self, architecture: Architecture) -> None:
        self.open: dict[str, Open] = {}
        for layer in architecture.layers:
            for argument, value in layer.config.items():
                for text in open_texts(value):
                    self._add(text, small=argument in _WINDOWS)
        for entry in architecture.inputs:
            for size in entry.shape:
                if isinstance(size, Symbol) and not size.symbol.startswith(OPEN_SHAPE):
                    self._add(size.symbol)

    def hide(self, text: str) -> str:
        """Add a size that has no name, only a place; answers its text."""
        self._add(text, hidden=True)
        return text

    def name(self, text: str) -> str:
        """Add a size that has one; answers its text."""
        self._add(text)
        return text

    @property
    def worlds(self) -> range:
        """The numbers of the worlds that tell the open sizes apart; one where there are none."""
        return range(WORLDS if self.open else 1)

    def number(self, text: str, world: int) -> int:
        """What stands for that size in that world."""
        return self.open[text].numbers[world]

    def shape(self, shape: Shape, world: int) -> tuple[int | None, ...]:
        """The shape with numbers in place of names."""
        return tuple(self.number(size.symbol, world) if isinstance(size, Symbol) else size for size in shape)

    def dimension(self, sizes: Sequence[int | None]) -> Dimension:
        """The size that came out as these numbers, world by world."""
        if all(size == sizes[0] for size in sizes):
            return sizes[0]
        numbers = tuple(size for size in sizes if size is not None)
        if len(numbers) != len(sizes):
            return None
        for entry in self.open.values():
            if entry.numbers == numbers:
                return None if entry.hidden else Symbol(symbol=entry.text)
        sums = (_sum(entry, numbers) for entry in self.open.values() if not entry.hidden)
        text = next((text for text in sums if text is not None), None)
        return None if text is None or len(text) > 200 else Symbol(symbol=text)

    def _add(self, text: str, *, small: bool = False, hidden: bool = False) -> None:
        if text in self.open:
            return
        index = len(self.open)
        draw = random.Random(index)  # noqa: S311 -- numbers that are told apart, no secret
        large = tuple(2 * number + 1 for number in draw.sample(range(101, 450), WORLDS))
        some = tuple(_SMALL[(index + world) % len(_SMALL)] for world in range(WORLDS))
        self.open[text] = Open(text, some if small else large, hidden)


def counts(argument: str) -> bool:
    """Whether shapes or weights can depend on an argument of that name."""
    return not argument.endswith((*_OBJECTS, "seed")) and argument not in _SHARES


def is_open(value: JsonValue) -> bool:
    """Whether a written value holds a symbol or code."""
    return next(open_texts(value), None) is not None


def closed(
    kind: str, config: JsonObject, *, probes: Probes, world: int, catalogue: Catalogue
) -> tuple[JsonObject, frozenset[str]]:
    """The arguments as they are in a world, and the names of those whose written value is not found again in numbers."""
    made: JsonObject = {}
    replaced: set[str] = set()
    told = catalogue.layer(kind)
    for name, value in config.items():
        argument = None if told is None else told.argument(name)
        if not is_open(value) and not (name.endswith(_OBJECTS) and _is_custom(value, catalogue)):
            made[name] = value
        elif name == "seed":
            replaced.add(name)
        elif name.endswith(_OBJECTS):  # they leave shapes and counts alone: Keras's default stands for them
            replaced.add(name)
            if argument is not None and argument.required:
                made[name] = "linear"
        elif (chosen := _choice(argument, world)) is not None and not isinstance(value, list):
            replaced.add(name)
            made[name] = chosen
        else:
            if object_of(value) is not None:
                replaced.add(name)
            made[name] = _numbered(value, probes=probes, world=world, catalogue=catalogue)
    return made, frozenset(replaced)


def opened(values: Sequence[JsonValue], probes: Probes) -> JsonValue:
    """An argument as it came out in every world, its open sizes by name; raises ValueError where that cannot be said."""
    first = values[0]
    if all(value == first for value in values):
        return first
    if all(isinstance(value, list) for value in values):
        lists = [value for value in values if isinstance(value, list)]
        return [opened(entries, probes) for entries in zip(*lists, strict=True)]
    if not all(isinstance(value, int) for value in values):
        raise ValueError("not a size")
    size = probes.dimension([value for value in values if isinstance(value, int)])
    if not isinstance(size, Symbol):
        raise ValueError("no size that has a name")  # noqa: TRY004 -- the value is at fault, not its type
    return {"symbol": size.symbol}


def _is_custom(value: JsonValue, catalogue: Catalogue) -> bool:
    """Whether it is an object that Keras does not have, or an activation with arguments, which Keras cannot write."""
    written = object_of(value)
    if written is None:
        return False
    told = catalogue.object(written[0])
    return catalogue.layer(written[0]) is None and (told is None or (told.group == "activation" and bool(written[1])))


def open_texts(value: JsonValue) -> Iterator[str]:
    """The texts of symbols and of code in a written value."""
    found = symbol_of(value) or code_of(value)
    if found is not None:
        yield found
    elif isinstance(value, dict):
        for entry in value.values():
            yield from open_texts(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from open_texts(entry)


def _choice(argument: Argument | None, world: int) -> JsonValue:
    """What stands for an argument that is no size: another one of its choices in every world."""
    if argument is None:
        return None
    if argument.choices:
        return argument.choices[world % len(argument.choices)]
    if isinstance(argument.default, bool):
        return bool(world % 2)
    if isinstance(argument.default, float) or argument.name in _SHARES:
        return _SHARE
    return None


def _numbered(value: JsonValue, *, probes: Probes, world: int, catalogue: Catalogue) -> JsonValue:
    text = symbol_of(value) or code_of(value)
    if text is not None:
        return probes.number(text, world)
    written = object_of(value)
    if written is not None:
        kind, config = written
        made, _ = closed(kind, config, probes=probes, world=world, catalogue=catalogue)
        return {"kind": kind, "config": made}
    if isinstance(value, list):
        return [_numbered(entry, probes=probes, world=world, catalogue=catalogue) for entry in value]
    return value


def _sum(entry: Open, numbers: tuple[int, ...]) -> str | None:
    """The text of `factor * size + rest` where that gives the numbers in every world."""
    factor, remainder = divmod(numbers[1] - numbers[0], entry.numbers[1] - entry.numbers[0])
    rest = numbers[0] - factor * entry.numbers[0]
    if (
        remainder
        or factor < 1
        or any(factor * size + rest != number for size, number in zip(entry.numbers, numbers, strict=True))
    ):
        return None
    name = entry.text if entry.text.isidentifier() else f"({entry.text})"
    product = name if factor == 1 else f"{factor} * {name}"
    return product if not rest else f"{product} {'+' if rest > 0 else '-'} {abs(rest)}"
