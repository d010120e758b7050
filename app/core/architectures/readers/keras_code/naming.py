"""Names as Keras gives them in a fresh session: by kind, counted in the order in which layers are made."""

import re
from collections.abc import Iterable, Sequence

from app.core.architectures.chain import snake_case
from app.core.architectures.operations import is_operation
from app.core.architectures.readers.keras_code.values import Layer, Network, Node, Tensor

LONGEST_NAME = 190


class Names:
    """Gives each layer, network and input a name of its own."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._taken: set[str] = set()

    def automatic(self, base: str) -> str:
        """`conv2d`, `conv2d_1`, ..."""
        count = self._counts.get(base, 0)
        self._counts[base] = count + 1
        return f"{base}_{count}" if count else base

    def free(self, wanted: str, *, separator: str = "_", first: int = 1) -> str:
        """The wanted name, or the next one that nobody has."""
        free, number = wanted, first
        while free in self._taken:
            free, number = f"{wanted}{separator}{number}", number + 1
        self._taken.add(free)
        return free


def layer_names(nodes: Iterable[Node]) -> dict[Layer, str]:
    """A name for each layer that is called, `outer.inner` where it is called inside a nested network."""
    first: dict[Layer, Node] = {}
    for node in nodes:
        first.setdefault(node.layer, node)
    networks = {network for node in first.values() for network in node.path}
    parts = {part for layer in first for part in layer.parts}
    made: list[Layer | Network] = sorted({*first, *parts, *networks}, key=lambda entry: entry.number)
    names = Names()
    own: dict[Layer | Network, str] = {
        entry: cleaned(entry.name) if entry.name else names.automatic(_base(entry)) for entry in made
    }
    unique: dict[Layer, str] = {}
    for entry in made:
        if isinstance(entry, Layer) and entry in first:
            path = (
                () if is_operation(entry.kind) else first[entry].path
            )  # a function of tensors has no place of its own
            whole = ".".join([*[own[network] for network in path], own[entry]])
            unique[entry] = names.free(whole[-LONGEST_NAME:])
    return unique


def input_names(inputs: Sequence[Tensor]) -> list[str]:
    """A name for each input."""
    names = Names()
    in_order = sorted(inputs, key=lambda tensor: tensor.node.number)
    own = {
        tensor: names.free(cleaned(tensor.node.layer.name) if _is_named(tensor) else names.automatic("input_layer"))
        for tensor in in_order
    }
    return [own[tensor] for tensor in inputs]


def cleaned(name: str | None) -> str:
    """A name in the letters that a layer's name may have."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name or "")[:LONGEST_NAME] or "layer"


def _is_named(tensor: Tensor) -> bool:
    return tensor.node.layer.kind == "InputLayer" and tensor.node.layer.name is not None


def _base(entry: Layer | Network) -> str:
    return entry.base if isinstance(entry, Network) else snake_case(entry.kind) or "layer"
