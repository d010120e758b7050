"""The single changes of definition that lead from one architecture to another, and the groups that are one cause."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from app.core.architectures.graph import Node, Source, canonical
from app.core.architectures.pairing import Pairing, Slot


@dataclass(frozen=True)
class ArgumentEdit:
    """An argument of a layer that is on both sides."""

    layers: tuple[str, str]
    kind: str
    field: str
    left: JsonValue
    right: JsonValue


@dataclass(frozen=True)
class CallArgumentEdit:
    """What one call of a layer is given beside its inputs."""

    call: str
    kind: str
    left: JsonValue
    right: JsonValue
    field: str = "arguments"


@dataclass(frozen=True)
class InputEdit:
    """Shape or dtype of an input that is on both sides."""

    input: str
    field: str
    left: JsonValue
    right: JsonValue


@dataclass(frozen=True)
class InputOrderEdit:
    """The order in which the network takes its inputs, as their left ids."""

    left: tuple[str, ...]
    right: tuple[str, ...]


@dataclass(frozen=True)
class Region:
    """Calls that are on one side only and hang together, and the places that take something else because of them."""

    removed: tuple[str, ...]
    added: tuple[str, ...]
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class SharingEdit:
    """Paired calls that use one layer on one side and several on the other."""

    left_layers: tuple[str, ...]
    right_layers: tuple[str, ...]


Edit = ArgumentEdit | CallArgumentEdit | InputEdit | InputOrderEdit | Region | SharingEdit


@dataclass
class _Sets:
    """Union-find over whatever hangs together."""

    parents: dict[object, object] = field(default_factory=dict)

    def find(self, item: object) -> object:
        root = item
        while self.parents.setdefault(root, root) != root:
            root = self.parents[root]
        self.parents[item] = root
        return root

    def join(self, one: object, two: object) -> None:
        self.parents[self.find(one)] = self.find(two)


def edits_between(pairing: Pairing) -> list[Edit]:
    """All edits: inputs, then topology, then arguments, each in the order of the rows."""
    return [*_input_order(pairing), *_inputs(pairing), *_regions(pairing), *_sharing(pairing), *_arguments(pairing)]


def _input_order(pairing: Pairing) -> Iterable[InputOrderEdit]:
    """Only where all inputs have partners: an input more or less is another edit."""
    left = tuple(name for name, node in pairing.left.nodes.items() if node.layer is None)
    right = tuple(pairing.left_of.get(name, "") for name, node in pairing.right.nodes.items() if node.layer is None)
    if left != right and sorted(left) == sorted(right):
        yield InputOrderEdit(left, right)


def _inputs(pairing: Pairing) -> Iterable[InputEdit]:
    for left, right in pairing.right_of.items():
        one, two = pairing.left.nodes[left], pairing.right.nodes[right]
        if one.layer is None:
            for name in ("shape", "dtype"):
                if canonical(one.settings[name]) != canonical(two.settings[name]):
                    yield InputEdit(left, name, one.settings[name], two.settings[name])


def _arguments(pairing: Pairing) -> Iterable[ArgumentEdit | CallArgumentEdit]:
    for layers, calls in pairing.layer_pairs.items():
        one, two = pairing.left.nodes[calls[0]], pairing.right.nodes[pairing.right_of[calls[0]]]
        for name in _edited(one, two):
            yield ArgumentEdit(layers, one.kind, name, one.settings.get(name), two.settings.get(name))
        for call in calls:
            left, right = pairing.left.nodes[call], pairing.right.nodes[pairing.right_of[call]]
            if canonical(left.arguments) != canonical(right.arguments):
                yield CallArgumentEdit(call, left.kind, left.arguments, right.arguments)


def _edited(left: Node, right: Node) -> list[str]:
    """Arguments that amount to something else and were written otherwise; the first alone may follow from another one."""
    differing = [name for name in {**left.settings, **right.settings} if differs(left, right, name)]
    written = [name for name in differing if canonical(_wrote(left, name)) != canonical(_wrote(right, name))]
    return written or differing


def differs(left: Node, right: Node, name: str) -> bool:
    """Whether an argument amounts to something else."""
    return left.setting_texts.get(name, "null") != right.setting_texts.get(name, "null")


def _wrote(node: Node, name: str) -> JsonValue:
    return [node.written[name]] if name in node.written else []


def _sharing(pairing: Pairing) -> Iterable[SharingEdit]:
    sets = _Sets()
    for one, two in pairing.layer_pairs:
        sets.join(("left", one), ("right", two))
    groups: dict[object, list[tuple[str, str]]] = defaultdict(list)
    for one, two in pairing.layer_pairs:
        groups[sets.find(("left", one))].append((one, two))
    for pairs in groups.values():
        left, right = tuple(dict.fromkeys(one for one, _ in pairs)), tuple(dict.fromkeys(two for _, two in pairs))
        calls = [call for pair in pairs for call in pairing.layer_pairs[pair]]
        if len(left) + len(right) > 2 and any(has_weights(pairing.left.nodes[call]) for call in calls):
            yield SharingEdit(left, right)


def has_weights(node: Node) -> bool:
    """Whether sharing the layer matters: it has weights, or it is not known that it has none."""
    shared_again = node.row.reached and node.row.parameters == 0 and _WEIGHTED.intersection(node.settings)
    return node.row.parameters != 0 or bool(shared_again)


_WEIGHTED = frozenset(
    {"kernel_initializer", "embeddings_initializer", "gamma_initializer", "alpha_initializer", "layer"}
)


def _regions(pairing: Pairing) -> Iterable[Region]:
    sets = _Sets()
    lone = {("left", n) for n, p in pairing.alignment.pairs if n and not p}
    lone |= {("right", p) for n, p in pairing.alignment.pairs if p and not n}
    for side, name in lone:
        graph = pairing.left if side == "left" else pairing.right
        sets.find((side, name))
        for source, _ in graph.nodes[name].sources:
            if (side, source) in lone:
                sets.join((side, name), (side, source))
    for slot, left, right in pairing.slots():
        for side, (name, _) in _behind(pairing, slot, left, right):
            if (side, name) in lone:
                sets.join(("slot", *slot), (side, name))
            else:
                sets.find(("slot", *slot))
    for slots in _reordered(pairing):
        for slot in slots[1:]:
            sets.join(("slot", *slots[0]), ("slot", *slot))
    groups: dict[object, list[tuple[object, ...]]] = defaultdict(list)
    for item in list(sets.parents):
        assert isinstance(item, tuple)
        groups[sets.find(item)].append(item)
    regions = [_region(pairing, members) for members in groups.values()]
    return sorted(regions, key=lambda region: _first_row(pairing, region))


def _reordered(pairing: Pairing) -> Iterable[list[Slot]]:
    """Places of one call that take the same tensors in another order: one change, however many places it touches."""
    changed: dict[str | None, list[tuple[Slot, Source, Source]]] = defaultdict(list)
    for slot, left, right in pairing.slots():
        if left is not None and right is not None and not pairing.same(left, right):
            changed[slot[0]].append((slot, left, right))
    for places in changed.values():
        ours = sorted((pairing.right_of.get(name, ""), number) for _, (name, number), _ in places)
        if ours == sorted(source for _, _, source in places):
            yield [slot for slot, _, _ in places]


def _behind(pairing: Pairing, slot: Slot, left: Source | None, right: Source | None) -> list[tuple[str, Source]]:
    """The sources of a slot that changed, by side; none where both sides take partners."""
    if left is not None and right is not None:
        return [] if pairing.same(left, right) else [("left", left), ("right", right)]
    name = slot[0]
    ours = pairing.left.outputs if name is None else pairing.left.nodes[name].sources
    theirs = pairing.right.outputs if name is None else pairing.right.nodes[pairing.right_of[name]].sources
    return [*(("left", source) for source in ours), *(("right", source) for source in theirs)]


def _region(pairing: Pairing, members: Sequence[tuple[object, ...]]) -> Region:
    def of(side: str) -> tuple[str, ...]:
        names = [str(member[1]) for member in members if member[0] == side]
        return tuple(sorted(names, key=lambda name: pairing.row_of[side, name]))

    slots = sorted(
        (member[1:] for member in members if member[0] == "slot"), key=lambda slot: (slot[0] is None, str(slot))
    )
    return Region(of("left"), of("right"), tuple(slots))  # type: ignore[arg-type]  # members are (side, *slot)


def _first_row(pairing: Pairing, region: Region) -> int:
    rows = [pairing.row_of["left", name] for name in region.removed]
    rows += [pairing.row_of["right", name] for name in region.added]
    rows += [pairing.row_of["left", name] for name, _ in region.slots if name is not None]
    return min(rows, default=len(pairing.alignment.pairs))
