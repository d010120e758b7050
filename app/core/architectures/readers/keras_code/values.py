"""What a name can stand for while a source is followed. Nothing here is ever a live object of Keras."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, TypeAlias

from pydantic import JsonValue

from app.core.architectures.reading import Place
from app.core.values import JsonObject


class Rank(IntEnum):
    """How tightly the outermost operator of a text binds, as Python's grammar orders them."""

    LAMBDA = 0
    CONDITION = 1
    OR = 2
    AND = 3
    NOT = 4
    COMPARISON = 5
    BITS = 6
    SUM = 7
    PRODUCT = 8
    SIGN = 9
    POWER = 10
    ATOM = 11


@dataclass(frozen=True)
class Unit:
    """A piece of source that is read as one: a cell, or everything; lines as they were written."""

    cell: int | None
    lines: tuple[str, ...]


@dataclass(eq=False)
class RawRecord:
    """A call that makes no part of a network, with values as they were at that moment."""

    function: str
    place: Place
    receiver: object = None
    receiver_text: str = ""
    arguments: dict[str, object] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    assigned_to: str | None = None
    node: ast.Call | None = None
    number: int = 0
    layer: "Layer | None" = None  # where it turned out to make a layer


@dataclass(frozen=True)
class Unknown:
    """A value nobody defined, or that only running the source could tell, as its text."""

    text: str
    rank: Rank = Rank.ATOM
    record: RawRecord | None = field(default=None, compare=False)
    base: object = field(default=None, compare=False)
    attribute: str = field(default="", compare=False)


@dataclass(frozen=True)
class ModulePath:
    """Something imported: `path` is where it comes from, `text` how the source writes it."""

    path: str
    text: str = field(compare=False)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True)
class Builtin:
    """One of Python's own functions or types."""

    name: str


@dataclass(frozen=True)
class Written:
    """One of Keras's objects that can be an argument (a regularizer, an initializer), in its written form."""

    value: JsonValue


@dataclass(eq=False)
class Layer:
    """A layer that was made: Keras 3's kind and arguments, and what was said of its input and name."""

    kind: str
    config: JsonObject
    number: int
    place: Place
    name: str | None = None
    input_shape: JsonValue = None
    dtype: str | None = None
    is_operation: bool = False
    nodes: list["Node"] = field(default_factory=list)
    parts: list["Layer"] = field(default_factory=list)  # layers it was made with, which have used up names
    branches: list["Network"] = field(default_factory=list)  # for Keras 1's Merge: the networks whose ends it joins
    inner: "Network | None" = None  # for TimeDistributed: the network that it applies at each step


@dataclass(eq=False)
class Node:
    """One call of a layer; an input is a node of a layer of kind InputLayer that takes nothing."""

    layer: Layer
    inputs: tuple["Tensor", ...]
    number: int
    place: Place
    arguments: JsonObject = field(default_factory=dict)
    path: tuple["Network", ...] = ()
    shape: list[JsonValue] | None = None  # batch first, where it is known without building
    is_open: bool = False  # an input that stands for data nobody described


@dataclass(frozen=True)
class Tensor:
    """The `index`-th result of a call."""

    node: Node
    index: int = 0


NetworkKind: TypeAlias = Literal["sequential", "functional", "subclassed", "application"]


@dataclass(eq=False)
class Network:
    """A network in the making, or made."""

    kind: NetworkKind
    number: int
    place: Place
    name: str | None = None
    base: str = ""  # what an automatic name starts with
    items: list[object] = field(default_factory=list)  # of a Sequential: layers, networks, inputs
    item_places: list[Place] = field(default_factory=list)
    built: list[tuple[object, Tensor]] = field(default_factory=list)  # an item and what came out of it
    given_shape: list[JsonValue] | None = None  # batch first: `build(...)`, or what it was first called on
    inputs: list[Tensor] = field(default_factory=list)
    outputs: object = None
    instance: "Instance | None" = None
    layers: list[object] | None = None
    variables: list[str] = field(default_factory=list)
    global_variable: str | None = None
    is_inside: bool = False
    is_used: bool = False  # compiled, trained, summarised
    is_block: bool = False  # a layer of the source's own that is made of layers: never a network by itself
    first_call: object = None  # the tensors it was first called on
    trainable_when_compiled: dict[Layer, bool] | None = None


@dataclass(eq=False)
class Function:
    """A function or lambda of the source."""

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: object
    unit: Unit
    defaults: tuple[object, ...] = ()
    keyword_defaults: dict[str, object] = field(default_factory=dict)
    owner: "UserClass | None" = None
    form: Literal["plain", "static", "class", "property"] = "plain"
    was_called: bool = False


@dataclass(eq=False)
class Bound:
    """A function of a class with its `self`."""

    function: Function
    receiver: object


@dataclass(eq=False)
class Method:
    """A method of anything that is no instance of a class of the source: `model.add`, `numbers.append`."""

    receiver: object
    name: str


@dataclass(eq=False)
class Partial:
    """`functools.partial`."""

    callee: object
    positional: list[object]
    keywords: dict[str, object]


@dataclass(eq=False)
class UserClass:
    """A class of the source."""

    name: str
    bases: tuple[object, ...]
    names: dict[str, object]
    place: Place
    was_used: bool = False


@dataclass(eq=False)
class Instance:
    """An instance of a class of the source; `layer` or `network` where it is one of Keras."""

    of: UserClass
    is_of_keras: bool = False
    attributes: dict[str, object] = field(default_factory=dict)
    layer: Layer | None = None
    network: Network | None = None


@dataclass(eq=False)
class Super:
    """`super()`: where to go on looking."""

    receiver: object
    after: UserClass


@dataclass
class Arguments:
    """What a call is given."""

    positional: list[object]
    keywords: dict[str, object]
    node: ast.Call | None = None
    written: str | Callable[[], str] = ""

    @property
    def text(self) -> str:
        """The call as it is written, with known values in place of names; worked out where it is asked for."""
        if not isinstance(self.written, str):
            self.written = self.written()
        return self.written

    def take(self, position: int, *names: str, default: object = None) -> object:
        """The argument at that position or under one of these names."""
        for name in names:
            if name in self.keywords:
                return self.keywords[name]
        return self.positional[position] if 0 <= position < len(self.positional) else default


TRAINING = Unknown("training")
"""Whether a network is being trained, inside its `call`: taken for true, and never written down."""

MISSING = Unknown("<nothing>")
"""No value at all: what a look-up answers that finds nothing."""


def is_plain(value: object) -> bool:
    """Whether a value is one of Python's own, known as such (what it holds may still be unknown)."""
    return value is None or isinstance(
        value, bool | int | float | complex | str | bytes | list | tuple | dict | set | range
    )
