"""What every part of the interpreter shares: where we are, what was made, what was noted."""

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

from pydantic import JsonValue

from app.core.architectures.architecture import LARGEST_LAYER_COUNT
from app.core.architectures.readers.keras_code.limits import (
    LONGEST_TEXT,
    MOST_CALLS,
    MOST_LAYERS,
    MOST_NOTES,
    MOST_OPEN_PARTS,
    Budget,
    LimitReachedError,
)
from app.core.architectures.readers.keras_code.scope import Scope
from app.core.architectures.readers.keras_code.shapes import inferred
from app.core.architectures.readers.keras_code.source_text import segment, shortened
from app.core.architectures.readers.keras_code.values import (
    Arguments,
    Layer,
    Network,
    NetworkKind,
    Node,
    Rank,
    RawRecord,
    Tensor,
    Unit,
    Unknown,
)
from app.core.architectures.reading import ErrorSeen, Finding, KerasFacts, NotUnderstood, Place
from app.core.architectures.written import OPEN_SHAPE
from app.core.values import JsonObject


class Machine(ABC):
    """The state of one reading. `evaluate`, `run` and `call` follow the source; everything else is made by them."""

    def __init__(self, *, facts: KerasFacts, symbols: Mapping[str, JsonValue], clock: Callable[[], float]) -> None:
        self.budget = Budget(clock)
        self.facts = facts
        self.catalogue = self.budget.without_counting(facts.catalogue)
        self.symbols = {name: _as_source(value) for name, value in symbols.items()}
        self.unit = Unit(None, ())
        self.here = Place(line=1)
        self.globals = Scope()
        self.star_imports: list[str] = []
        self.depth = 0
        self.path: tuple[Network, ...] = ()  # the networks whose call is being followed, outermost first
        self.given: Tensor | None = None  # what the innermost of them was called on
        self.data_format: str | None = None
        self.records: list[RawRecord] = []
        self.networks: list[Network] = []
        self.loose_nodes: list[Node] = []
        self.open_inputs: dict[str, Tensor] = {}
        self.open_parts: dict[Tensor, list[Tensor]] = {}
        self.not_understood: list[NotUnderstood] = []
        self._noted: set[object] = set()
        self.findings: list[Finding] = []
        self.errors_seen: list[ErrorSeen] = []
        self.layer_count = 0
        self.record_count = 0
        self.node_count = 0
        self._number = 0

    @abstractmethod
    def evaluate(self, node: ast.expr, scope: Scope) -> object:
        """What an expression stands for."""

    @abstractmethod
    def run(self, body: Sequence[ast.stmt], scope: Scope) -> None:
        """Follow statements."""

    @abstractmethod
    def call(self, callee: object, arguments: Arguments) -> object:
        """Call whatever can be called."""

    @abstractmethod
    def follow(self, network: Network, given: object, *, is_nested: bool = True) -> object:
        """What the `call` of a network that is written as a class yields for these tensors."""

    @property
    def made(self) -> int:
        """Grows with everything that makes part of a network."""
        return self.layer_count + self.node_count + len(self.networks)

    def place(self, node: ast.AST) -> Place:
        """Where a piece of the source is written."""
        return Place(cell=self.unit.cell, line=max(1, getattr(node, "lineno", 1)))

    def source(self, node: ast.AST) -> str:
        """A piece of the source as it is written."""
        return segment(self.unit.lines, node)

    def note(self, place: Place | None, text: str, why: str) -> None:
        """Say that something was not understood; the same is said once."""
        if len(self.not_understood) >= MOST_NOTES:
            return
        entry = NotUnderstood(place=place, text=shortened(text), why=why[: 2 * LONGEST_TEXT])
        key = (place and (place.cell, place.line), entry.text, entry.why)
        if key not in self._noted:
            self._noted.add(key)
            self.not_understood.append(entry)

    def remark(self, text: str, message: str) -> None:
        """Say that something means another thing today than it did."""
        entry = Finding(rule="legacy_layer", severity="note", place=self.here, message=message, read=shortened(text))
        if entry not in self.findings and len(self.findings) < MOST_NOTES:
            self.findings.append(entry)

    def unknown(
        self,
        text: str,
        rank: Rank = Rank.ATOM,
        *,
        record: RawRecord | None = None,
        base: object = None,
        attribute: str = "",
    ) -> object:
        """A value nobody defined, or what was filled in for that text."""
        text = shortened(text)
        filled = self.filled(text)
        if filled is not None:
            return filled
        return Unknown(text, rank, record, base, attribute)

    def filled(self, text: str) -> object:
        """What was filled in for a symbol, None where nothing was."""
        found = self.symbols.get(text)
        return self.symbols.get(f"{OPEN_SHAPE}{text}") if found is None else found

    def next_number(self) -> int:
        """Counts everything that is made, in its order."""
        self._number += 1
        return self._number

    def new_layer(self, kind: str, config: JsonObject, *, name: str | None = None) -> Layer:
        """A layer of Keras 3's kind and arguments, made here."""
        self.layer_count += 1
        if self.layer_count > MOST_LAYERS:
            raise LimitReachedError(f"it makes more than {MOST_LAYERS:,} layers; a network has {LARGEST_LAYER_COUNT:,}")
        return Layer(kind=kind, config=config, number=self.next_number(), place=self.here, name=name)

    def new_node(
        self,
        layer: Layer,
        inputs: Sequence[Tensor],
        *,
        arguments: JsonObject | None = None,
        place: Place | None = None,
        path: tuple[Network, ...] = (),
    ) -> Node:
        """A call of a layer, made here."""
        self.budget.step()
        self.node_count += 1
        if self.node_count > MOST_CALLS:
            raise LimitReachedError(f"it makes more than {MOST_CALLS:,} calls of layers")
        node = Node(layer, tuple(inputs), self.next_number(), place or self.here, arguments or {}, (*self.path, *path))
        node.shape = inferred(
            layer.kind, layer.config, [tensor.node.shape if not tensor.index else None for tensor in inputs]
        )
        layer.nodes.append(node)
        self.loose_nodes.append(node)
        return node

    def result_at(self, tensor: Tensor, index: int) -> Tensor:
        """The `index`-th of what turns out to be several: results of a call, or inputs of a network."""
        if not tensor.node.is_open:
            return Tensor(tensor.node, index) if index else tensor
        parts = self.open_parts.setdefault(tensor, [tensor])
        while len(parts) <= min(index, MOST_OPEN_PARTS):
            layer = self.new_layer("InputLayer", {})
            node = self.new_node(layer, ())
            node.is_open = True
            parts.append(Tensor(node))
        return parts[min(index, MOST_OPEN_PARTS)]

    def new_network(self, kind: NetworkKind, *, name: str | None = None, base: str = "") -> Network:
        """A network, made here."""
        network = Network(kind=kind, number=self.next_number(), place=self.here, name=name, base=base or kind)
        self.networks.append(network)
        return network


def _as_source(value: JsonValue) -> object:
    """A filled-in value as a source would write it: a list of sizes is a tuple."""
    if isinstance(value, list):
        return tuple(_as_source(entry) for entry in value)
    return {key: _as_source(entry) for key, entry in value.items()} if isinstance(value, dict) else value
