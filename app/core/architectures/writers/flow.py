"""The calls of an architecture as statements: which variable holds which result."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

from pydantic import JsonValue

from app.core.architectures import written
from app.core.architectures.architecture import Architecture, Call, Layer, source_of
from app.core.architectures.kinds import SEVERAL_IN_A_ROW, TAKE_STATES
from app.core.architectures.operations import SEVERAL_RESULTS, is_operation
from app.core.architectures.writers.expressions import Expression, call, joined, keyword, lay_out, list_of
from app.core.architectures.writers.keras_words import FURTHER_RESULTS, LAYER_ARGUMENTS
from app.core.architectures.writers.writing import Writing

ApplyLayer = Callable[[Layer], Expression]
"""What a call calls: the layer's constructor, or the name under which the layer is kept."""


class Flow:
    """Follows the tensors from the inputs to the outputs.

    A result that only the next call takes is `x`; any other has a name of its own, so that `x` is never needed again.
    """

    def __init__(self, architecture: Architecture, writing: Writing) -> None:
        self._architecture = architecture
        self._writing = writing
        self._layers = {layer.name: layer for layer in architecture.layers}
        self._known = {entry.name for entry in architecture.inputs} | {made.id for made in architecture.calls}
        self._uses = Counter(source_of(reference, self._known) for reference in self._references())
        self._furthest: dict[str, int] = {}
        for name, number in self._uses:
            self._furthest[name] = max(number, self._furthest.get(name, 0))
        self._following = dict(pairwise([made.id for made in architecture.calls]))
        self._inputs_of = {made.id: made.inputs for made in architecture.calls}
        self._variables: dict[str, list[str]] = {}
        self._x = writing.names.fresh("x")

    def name_inputs(self) -> list[str]:
        """One variable for each input; the only one is `inputs`."""
        entries = self._architecture.inputs
        for entry in entries:
            wanted = "inputs" if len(entries) == 1 else entry.name
            self._variables[entry.name] = [self._writing.names.fresh(wanted, instead=f"{entry.name}_input")]
        return [self._variables[entry.name][0] for entry in entries]

    def statement(self, made: Call, apply: ApplyLayer, *, indent: int = 0) -> str:
        """The assignment that makes one call; calls are to be asked for in their order."""
        layer = self._layers[made.layer]
        if is_operation(layer.kind):
            value = self._writing.operation(layer, [self._variable(reference) for reference in made.inputs])
        else:
            value = call(apply(layer), self._inputs(made, layer))
        return lay_out(joined(f"{self._target(made, layer)} = ", value), indent=indent)

    def outputs(self) -> Expression:
        """What leaves the network: a variable, or a list of them."""
        variables: list[Expression] = [self._variable(reference) for reference in self._architecture.outputs]
        return variables[0] if len(variables) == 1 else list_of(variables)

    def _references(self) -> Iterator[str]:
        for made in self._architecture.calls:
            yield from made.inputs
        yield from self._architecture.outputs

    def _inputs(self, made: Call, layer: Layer) -> list[Expression]:
        first, *others = (self._variable(reference) for reference in made.inputs)
        further = self._writing.arguments(made.arguments)
        if layer.kind in SEVERAL_IN_A_ROW or not others:
            return [first, *others, *further]
        if layer.kind in TAKE_STATES:
            return [first, keyword("initial_state", list_of(list(others))), *further]
        return [list_of([first, *others]), *further]

    def _variable(self, reference: str) -> str:
        name, number = source_of(reference, self._known)
        return self._variables[name][number]

    def _target(self, made: Call, layer: Layer) -> str:
        """Name the results of a call: `lstm, lstm_state_h, lstm_state_c`, or one name to take them from by number."""
        count = self._count(made, layer)
        if count == 1:
            target = self._single_target(made)
            self._variables[made.id] = [target]
            return target
        name = self._fresh(made)
        further = FURTHER_RESULTS.get(layer.kind, ())
        if count != 1 + len(further):
            self._variables[made.id] = [f"{name}[{number}]" for number in range(count)]
            return name
        self._variables[made.id] = [name, *[self._writing.names.fresh(f"{name}_{ending}") for ending in further]]
        return ", ".join(self._variables[made.id])

    def _single_target(self, made: Call) -> str:
        used_once = self._uses[made.id, 0] == 1
        if used_once and made.id in self._inputs_of.get(self._following.get(made.id, ""), ()):
            return self._x
        if used_once and self._architecture.outputs == (made.id,):
            return self._writing.names.fresh("outputs", instead=made.id)
        return self._fresh(made)

    def _fresh(self, made: Call) -> str:
        return self._writing.names.fresh(made.id, instead=f"{made.id}_output")

    def _count(self, made: Call, layer: Layer) -> int:
        """How many results the call yields, as far as its arguments and the references to it tell."""
        several = asks_for_more(layer, made) or layer.kind in SEVERAL_RESULTS
        further = max(1, len(FURTHER_RESULTS.get(layer.kind, ()))) if several else 0
        return 1 + max(further, self._furthest.get(made.id, 0))


def asks_for_more(layer: Layer, made: Call) -> bool:
    """Whether a call yields states or scores behind its first result."""
    return made.arguments.get("return_attention_scores") is True or _returns_state(layer.config)


def _returns_state(config: JsonValue) -> bool:
    if not isinstance(config, dict):
        return False
    inner = [written.object_of(config.get(key)) for key in LAYER_ARGUMENTS]
    return config.get("return_state") is True or any(_returns_state(made[1]) for made in inner if made is not None)
