"""Pairs of architectures that differ by edits which are known: what a comparison must name, and nothing else.

Left out by rule, since more than one answer would be right: two edits of one layer or of neighbours, an added or removed
layer of a kind that another edit concerns too, and a rewiring that leaves the connections as they were.
"""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import JsonValue

from app.core.architectures.architecture import Architecture, Call, Input, Layer, Style, source_of
from app.core.architectures.differences import Cause, Differences
from app.core.architectures.layer_table import LayerTable
from app.core.values import JsonObject
from tests.factories.architectures import random_architecture

ACTIVATIONS = ("relu", "tanh", "sigmoid", "elu", "gelu")
_INSERTED: tuple[tuple[str, JsonObject], ...] = (
    ("GaussianNoise", {"stddev": 0.07}),
    ("AlphaDropout", {"rate": 0.07}),
    ("UnitNormalization", {}),
    ("LayerNormalization", {}),
    ("BatchNormalization", {}),
)


@dataclass(frozen=True)
class Expected:
    """One edit as its cause must name it; for topology `left` and `right` are the kinds that were removed and added."""

    kind: str
    field: str
    layer_kind: str | None
    left: JsonValue
    right: JsonValue


def known_pair(seed: int, table_of: Callable[[Architecture], LayerTable]) -> "EditedPair":
    """The pair of a seed: a random architecture and one to three edits of it; none where nothing that was drawn applied."""
    rng = random.Random(seed)
    left = random_architecture(rng, size=rng.randint(2, 14))
    pair = EditedPair(left, table_of(left), rng)
    wanted = rng.randint(1, 3)
    for _ in range(8):
        if len(pair.expected) < wanted:
            pair.edit()
    return pair


def is_told_exactly(pair: "EditedPair", found: Differences) -> bool:
    """Whether each edit is one verified cause with its field, from and to, and there is no other cause.

    Equal edits of several layers are one cause. Of sharing and connections the values are names, which an edit has not.
    """
    wanted = Counter(_key(edit) for edit in pair.expected)
    causes = Counter(_key(cause) for cause in found.causes)
    same_change = {key for key in wanted if key[0] == "argument"}
    return (
        causes == Counter({key: 1 if key in same_change else count for key, count in wanted.items()})
        and all(cause.verified for cause in found.causes)
        and found.identical == (not pair.expected)
    )


def _key(change: "Expected | Cause") -> tuple[str, ...]:
    by_name = change.field in {"shared", "inputs"}
    values = () if by_name else (json.dumps(change.left), json.dumps(change.right))
    return (change.kind, change.field, str(change.layer_kind), *values)


@dataclass
class EditedPair:
    """Edits one architecture step by step."""

    left: Architecture
    table: LayerTable
    rng: random.Random
    inputs: list[Input] = field(init=False)
    layers: dict[str, Layer] = field(init=False)
    calls: list[Call] = field(init=False)
    outputs: list[str] = field(init=False)
    expected: list[Expected] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.inputs = list(self.left.inputs)
        self.layers = {layer.name: layer for layer in self.left.layers}
        self.calls = list(self.left.calls)
        self.outputs = list(self.left.outputs)
        self.known = {entry.name for entry in self.inputs} | {call.id for call in self.calls}
        self.rows = {row.call: row for row in self.table.rows}
        self.uses: dict[str, list[str]] = defaultdict(list)
        for call in self.calls:
            self.uses[call.layer].append(call.id)

    @property
    def right(self) -> Architecture:
        """What the edits have made of the left."""
        used = {call.layer for call in self.calls}
        return Architecture(
            name="edited",
            style=Style.FUNCTIONAL,
            inputs=tuple(self.inputs),
            layers=tuple(layer for layer in self.layers.values() if layer.name in used),
            calls=tuple(self.calls),
            outputs=tuple(self.outputs),
        )

    def edit(self) -> bool:
        """One more edit, or none where what was drawn does not apply."""
        ways: list[Callable[[], bool]] = [self.argument] * 5 + [
            self.insert,
            self.remove,
            self.input,
            self.split,
            self.rewire,
        ]
        return self.rng.choice(ways)()

    def argument(self) -> bool:
        call = self._old_call()
        row = self.rows[call.id]
        drawn = [
            (name, value)
            for name, make in _VALUES.items()
            if name in row.settings
            for value in [make(self.rng, row.settings[name])]
        ]
        drawn = [(name, value) for name, value in drawn if value is not None and value != row.settings[name]]
        ids = self.uses[call.layer]
        if not drawn or row.kind in self.kinds or not self._touch(ids):
            return False
        name, value = self.rng.choice(drawn)
        layer = self.layers[call.layer]
        self.layers[layer.name] = layer.model_copy(update={"config": {**layer.config, name: value}})
        self.expected.append(Expected("argument", name, row.kind, row.settings[name], value))
        return True

    def insert(self) -> bool:
        kind, config = self.rng.choice(_INSERTED)
        consumer = self._old_call()
        place = self.rng.randrange(len(consumer.inputs))
        source = consumer.inputs[place]
        if (
            kind in self.kinds
            or self._has_kind_near(kind, consumer)
            or not self._touch([consumer.id, self._base(source)])
        ):
            return False
        if self.rows[self._base(source)].kind == "InputLayer" and self._dtype(source) != "float32":
            return False
        new = Call(id="inserted", layer="inserted", inputs=(source,))
        if any(call.id == new.id for call in self.calls):
            return False
        self.layers["inserted"] = Layer(name="inserted", kind=kind, config=config)
        inputs = tuple(new.id if number == place else name for number, name in enumerate(consumer.inputs))
        position = self.calls.index(consumer)
        self.calls[position : position + 1] = [new, consumer.model_copy(update={"inputs": inputs})]
        self.kinds.add(kind)
        self.expected.append(Expected("topology", "layers", kind, None, [kind]))
        return True

    def remove(self) -> bool:
        call = self._old_call()
        row = self.rows[call.id]
        plain = len(call.inputs) == 1 and len(self.uses[call.layer]) == 1 and len(row.output_shapes or ()) == 1
        consumers = [other for other in self.calls if call.id in other.inputs]
        if not plain or not consumers or call.id in self.outputs or row.kind in self.kinds or len(self.calls) < 3:
            return False
        if any(row.kind == entry.layer_kind for entry in self.expected):
            return False
        if not self._touch([call.id, self._base(call.inputs[0]), *(other.id for other in consumers)]):
            return False
        self.calls = [self._without(other, call) for other in self.calls if other is not call]
        self.kinds.add(row.kind)
        self.expected.append(Expected("topology", "layers", row.kind, [row.kind], None))
        return True

    def input(self) -> bool:
        place = self.rng.randrange(len(self.inputs))
        entry = self.inputs[place]
        axis = self.rng.randrange(1, len(entry.shape))
        size = entry.shape[axis]
        if not isinstance(size, int) or not self._touch([entry.name]):
            return False
        shape = tuple(
            size + self.rng.randint(1, 3) if number == axis else other for number, other in enumerate(entry.shape)
        )
        self.inputs[place] = entry.model_copy(update={"shape": shape})
        self.expected.append(Expected("input", "shape", "InputLayer", list(entry.shape), list(shape)))
        return True

    def split(self) -> bool:
        shared = [name for name, ids in self.uses.items() if len(ids) > 1 and self.rows[ids[0]].parameters]
        if not shared or "twin" in self.layers:
            return False
        name = self.rng.choice(shared)
        layer = self.layers[name]
        if layer.kind in self.kinds or not self._touch(self.uses[name]):
            return False
        self.layers["twin"] = layer.model_copy(update={"name": "twin"})
        last = self.uses[name][-1]
        self.calls = [call.model_copy(update={"layer": "twin"}) if call.id == last else call for call in self.calls]
        self.kinds.add(layer.kind)
        self.expected.append(Expected("topology", "shared", layer.kind, None, None))
        return True

    def rewire(self) -> bool:
        call = self._old_call()
        position = self.calls.index(call)
        place = self.rng.randrange(len(call.inputs))
        earlier = [entry.name for entry in self.inputs] + [other.id for other in self.calls[:position]]
        candidates = [name for name in earlier if name not in call.inputs]
        if len(call.inputs) < 2 or not candidates or self.rows[call.id].kind in self.kinds:
            return False
        source = self.rng.choice(candidates)
        if not self._touch([call.id, self._base(source), self._base(call.inputs[place])]):
            return False
        inputs = tuple(source if number == place else name for number, name in enumerate(call.inputs))
        self.calls[position] = call.model_copy(update={"inputs": inputs})
        self.kinds.add(self.rows[call.id].kind)
        self.expected.append(Expected("topology", "inputs", self.rows[call.id].kind, None, None))
        return True

    def _old_call(self) -> Call:
        return self.rng.choice([call for call in self.calls if call.id in self.rows])

    def _touch(self, ids: list[str]) -> bool:
        """Whether none of the calls, nor their neighbours, has been edited; they count as edited from now on."""
        near = set(ids)
        for call in self.calls:
            bases = {self._base(name) for name in call.inputs}
            if call.id in ids:
                near |= bases
            if bases & set(ids):
                near.add(call.id)
        if near & self.touched:
            return False
        self.touched |= near
        return True

    def _has_kind_near(self, kind: str, consumer: Call) -> bool:
        return any(entry.layer_kind == kind for entry in self.expected)

    def _without(self, call: Call, gone: Call) -> Call:
        return call.model_copy(
            update={"inputs": tuple(gone.inputs[0] if name == gone.id else name for name in call.inputs)}
        )

    def _base(self, name: str) -> str:
        return source_of(name, self.known)[0]

    def _dtype(self, name: str) -> str:
        return next((entry.dtype for entry in self.inputs if entry.name == name), "float32")


def _other(*choices: JsonValue) -> Callable[[random.Random, JsonValue], JsonValue]:
    return lambda rng, now: rng.choice([choice for choice in choices if choice != now])


def _grown(rng: random.Random, now: JsonValue) -> JsonValue:
    if isinstance(now, list):
        return [entry + 1 if isinstance(entry, int) else entry for entry in now]
    return now + rng.randint(1, 4) if isinstance(now, int) and not isinstance(now, bool) else None


def _flipped(_rng: random.Random, now: JsonValue) -> JsonValue:
    return not now if isinstance(now, bool) else None


_VALUES: dict[str, Callable[[random.Random, JsonValue], JsonValue]] = {
    "units": _grown,
    "filters": _grown,
    "kernel_size": _grown,
    "pool_size": _grown,
    "output_dim": _grown,
    "rate": _other(0.11, 0.23),
    "activation": _other(*ACTIVATIONS),
    "padding": _other("valid", "same"),
    "use_bias": _flipped,
    "kernel_initializer": _other("he_normal", "zeros", "lecun_uniform"),
    "epsilon": _other(0.01, 0.02),
    "momentum": _other(0.5, 0.6),
    "return_sequences": _flipped,
    "negative_slope": _other(0.1, 0.15),
}
