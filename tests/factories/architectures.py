"""Random architectures that Keras can build: chains and graphs, drawn from one generator and nothing else."""

import json
import random
from dataclasses import dataclass, field
from functools import lru_cache
from math import prod

import keras

from app.core.architectures.architecture import Architecture, Call, Input, Layer, Style, source_of
from app.core.values import JsonObject
from tests.factories.keras_twins import keras_inputs, keras_layer
from tests.factories.random_layers import Shape, keeping_layer, merging_layer, one_layer, shared_candidate

MOST_VALUES = 60_000
_IMAGE, _VOLUME, _SEQUENCE, _VECTOR, _TOKENS = "image", "volume", "sequence", "vector", "tokens"


def random_architecture(rng: random.Random, *, size: int) -> Architecture:
    """About `size` layers: branches, shared layers, several inputs and outputs; always complete."""
    growing = _Growing(rng)
    for _ in range(1 if rng.random() < 0.7 else rng.randint(2, 3)):
        growing.add_input()
    graph = len(growing.inputs) > 1 or rng.random() < 0.6
    while len(growing.calls) < max(size, 1):
        growing.grow(branches=graph)
    return growing.architecture()


def random_chain(rng: random.Random, *, size: int) -> Architecture:
    """One layer after another, in a style drawn at random."""
    growing = _Growing(rng)
    growing.add_input()
    while len(growing.calls) < max(size, 1):
        growing.grow(branches=False)
    several = any(":" in name for name in growing.shapes)  # a Sequential takes no layer that yields its states too
    return growing.architecture(Style.FUNCTIONAL if several else rng.choice(list(Style)))


@dataclass
class _Growing:
    rng: random.Random
    inputs: list[Input] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    dtypes: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)

    def add_input(self) -> None:
        rng = self.rng
        form = rng.choices([_IMAGE, _VOLUME, _SEQUENCE, _VECTOR, _TOKENS], weights=[10, 2, 5, 2, 2])[0]
        side = rng.randint(4, 20)
        shapes: dict[str, Shape] = {
            _IMAGE: (None, side, side if rng.random() < 0.6 else rng.randint(4, 20), rng.choice([1, 2, 3, 4])),
            _VOLUME: (None, rng.randint(3, 8), rng.randint(3, 8), rng.randint(3, 8), rng.choice([1, 2])),
            _SEQUENCE: (None, side, rng.choice([1, 2, 4, 6])),
            _VECTOR: (None, rng.randint(2, 30)),
            _TOKENS: (None, side),
        }
        name = f"input_{len(self.inputs)}"
        dtype = "int32" if form == _TOKENS else "float32"
        self.inputs.append(Input(name=name, shape=shapes[form], dtype=dtype))
        self._yields(name, [(shapes[form], dtype)])

    def grow(self, *, branches: bool) -> None:
        """One more call, or none where Keras refuses what was drawn."""
        chosen = self.rng.random()
        last = self.calls[-1].id if self.calls else self.inputs[-1].name
        if branches and chosen < 0.15:
            self._merge(self.rng.choice(self.unused))
        elif branches and chosen < 0.3:
            self._go_around(self.rng.choice(self.unused))
        elif branches and chosen < 0.37:
            self._share()
        elif branches and chosen < 0.5:
            self._apply(self.rng.choice(list(self.shapes)))
        else:
            self._apply(last if not branches else self.rng.choice([last, *self.unused]))

    def architecture(self, style: Style = Style.FUNCTIONAL) -> Architecture:
        self._join_ends(most=self.rng.randint(1, 3))
        return Architecture(
            name="drawn",
            style=style,
            inputs=tuple(self.inputs),
            layers=tuple(self.layers),
            calls=tuple(self.calls),
            outputs=tuple(self.unused),
        )

    def _join_ends(self, *, most: int) -> None:
        """Each end that nothing takes becomes an output; where those are many they are joined first."""
        inputs = {entry.name for entry in self.inputs}
        for name in [name for name in self.unused if name in inputs]:
            self._apply(name) if self.dtypes[name] == "int32" else self._add("Dense", {"units": 2}, (name,))
        if len(self.unused) > most:
            surplus = self.unused[: len(self.unused) - most + 1]
            flat = tuple(self._flat(name) for name in surplus)
            self._add("Concatenate", {}, flat)

    def _flat(self, name: str) -> str:
        if len(self.shapes[name]) > 2:
            self._add("Flatten", {}, (name,))
            return self.calls[-1].id
        return name

    def _apply(self, name: str) -> None:
        kind, config = one_layer(self.rng, shape=self.shapes[name], dtype=self.dtypes[name])
        self._add(kind, config, (name,))

    def _merge(self, first: str) -> None:
        made = merging_layer(self.rng, first=first, shapes=self.shapes, dtypes=self.dtypes)
        if made is not None:
            self._add(*made)

    def _go_around(self, start: str) -> None:
        """A residual block: a branch that keeps its shape, and a sum with what it started from."""
        end = start
        for _ in range(self.rng.randint(1, 3)):
            drawn = keeping_layer(self.rng, shape=self.shapes[end], dtype=self.dtypes[end])
            if drawn is not None and self._add(*drawn, (end,)):
                end = self.calls[-1].id
        if end != start:
            self._add(self.rng.choice(["Add", "Add", "Concatenate", "Multiply"]), {}, (start, end))

    def _share(self) -> None:
        """Call a layer that is there on something else that it can take."""
        first_calls: dict[str, Call] = {}
        for call in self.calls:
            first_calls.setdefault(call.layer, call)
        found = shared_candidate(self.rng, layers=self.layers, first_calls=first_calls, shapes=self.shapes)
        if found is not None:
            layer, inputs = found
            self._call(layer, inputs)

    def _add(self, kind: str, config: JsonObject, inputs: tuple[str, ...]) -> bool:
        layer = Layer(name=f"{kind.lower()}_{len(self.layers)}", kind=kind, config=config)
        if not self._call(layer, inputs):
            return False
        self.layers.append(layer)
        return True

    def _call(self, layer: Layer, inputs: tuple[str, ...]) -> bool:
        results = _results(layer, [(self.shapes[name], self.dtypes[name]) for name in inputs])
        if not results or any(_too_large(shape) for shape, _ in results):
            return False
        call = Call(id=f"call_{len(self.calls)}", layer=layer.name, inputs=inputs)
        self.calls.append(call)
        taken = {source_of(name, ())[0] for name in inputs} | set(inputs)
        self.unused = [name for name in self.unused if name not in taken]
        self._yields(call.id, results)
        return True

    def _yields(self, name: str, results: list[tuple[Shape, str]]) -> None:
        for number, (shape, dtype) in enumerate(results):
            reference = f"{name}:{number}" if number else name
            self.shapes[reference] = shape
            self.dtypes[reference] = dtype
        self.unused.append(name)


def _too_large(shape: Shape) -> bool:
    return any(size is None or size < 1 for size in shape[1:]) or prod(size or 1 for size in shape) > MOST_VALUES


def _results(layer: Layer, arriving: list[tuple[Shape, str]]) -> list[tuple[Shape, str]]:
    config = json.dumps(layer.config, sort_keys=True)
    return _asked(layer.kind, config, tuple(arriving))


@lru_cache(maxsize=50_000)
def _asked(kind: str, config: str, arriving: tuple[tuple[Shape, str], ...]) -> list[tuple[Shape, str]]:
    """Shapes and types that Keras itself yields; none where it refuses."""
    try:
        with keras.StatelessScope(initialize_variables=False):
            tensors = [keras.KerasTensor(shape, dtype=dtype) for shape, dtype in arriving]
            layer = keras_layer(kind, json.loads(config))
            made = keras.tree.flatten(layer(*keras_inputs(kind, tensors)))
            return [(tuple(tensor.shape), str(tensor.dtype)) for tensor in made]
    except Exception:  # noqa: BLE001 -- Keras raises what it likes where a layer does not fit
        return []
    finally:
        keras.utils.clear_session(free_memory=False)
