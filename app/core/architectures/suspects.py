"""Edits grouped into what may be one cause each: the same argument from one value to another, whatever the layer."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from app.core.architectures.activation_layers import activation_layers
from app.core.architectures.differences import CauseKind, LayerPair
from app.core.architectures.edits import (
    ArgumentEdit,
    CallArgumentEdit,
    Edit,
    InputEdit,
    InputOrderEdit,
    Region,
    SharingEdit,
)
from app.core.architectures.graph import Source, canonical
from app.core.architectures.pairing import Pairing


@dataclass(frozen=True)
class Suspect:
    """Edits that stand or fall together; `rows` are the aligned rows whose own definition they change."""

    id: str
    kind: CauseKind
    field: str
    layer_kind: str | None
    left: JsonValue
    right: JsonValue
    edits: tuple[Edit, ...]
    rows: tuple[int, ...]
    layers: tuple[LayerPair, ...]


def suspects_of(edits: Sequence[Edit], pairing: Pairing) -> list[Suspect]:
    """In the order in which their effects are measured: inputs, topology, arguments, each by its first row."""
    groups: dict[str, list[Edit]] = defaultdict(list)
    written_out = activation_layers(edits, pairing)
    for number, edit in enumerate(edits):
        groups[written_out.get(number) or _signature(edit, pairing, number)].append(edit)
    found = [_suspect(group, pairing) for group in _moves_joined(groups, pairing)]
    order: dict[CauseKind, int] = {"input": 0, "topology": 1, "argument": 2}
    found.sort(key=lambda suspect: (order[suspect.kind], min(suspect.rows, default=-1)))
    return _with_ids(found)


def _signature(edit: Edit, pairing: Pairing, number: int) -> str:
    if isinstance(edit, ArgumentEdit | CallArgumentEdit):
        return canonical(["argument", edit.kind, edit.field, edit.left, edit.right])
    if isinstance(edit, Region) and edit.removed + edit.added:
        return canonical(["region", _contents(edit.removed, "left", pairing), _contents(edit.added, "right", pairing)])
    return canonical(["alone", number])


def _contents(names: Sequence[str], side: str, pairing: Pairing) -> list[object]:
    graph = pairing.left if side == "left" else pairing.right
    return [[graph.nodes[name].kind, graph.nodes[name].settings] for name in names]


def _moves_joined(groups: dict[str, list[Edit]], pairing: Pairing) -> list[list[Edit]]:
    """As many removals as additions of the same layers are one move."""
    joined: list[list[Edit]] = []
    done: set[str] = set()
    for signature, group in groups.items():
        if signature in done:
            continue
        first = group[0]
        if isinstance(first, Region) and bool(first.removed) != bool(first.added):
            here = _contents(first.removed, "left", pairing) or _contents(first.added, "right", pairing)
            other = canonical(["region", *(([], here) if first.removed else (here, []))])
            if len(groups.get(other, ())) == len(group):
                done.add(other)
                joined.append([*group, *groups[other]])
                continue
        joined.append(group)
    return joined


def _suspect(edits: list[Edit], pairing: Pairing) -> Suspect:
    first = edits[0]
    arguments = [edit for edit in edits if isinstance(edit, ArgumentEdit | CallArgumentEdit)]
    regions = [edit for edit in edits if isinstance(edit, Region)]
    if arguments and regions:
        return _activation(arguments, regions, pairing)
    if isinstance(first, ArgumentEdit | CallArgumentEdit):
        calls = [call for edit in arguments for call in _calls(edit, pairing)]
        return Suspect(
            id=f"{first.kind}-{first.field}",
            kind="argument",
            field=first.field,
            layer_kind=first.kind,
            left=first.left,
            right=first.right,
            edits=tuple(edits),
            rows=tuple(sorted(pairing.row_of["left", call] for call in calls)),
            layers=_layer_pairs(calls, pairing),
        )
    if isinstance(first, InputEdit):
        row = pairing.row_of["left", first.input]
        pair = LayerPair(left=first.input, right=pairing.right_of[first.input])
        name = f"input-{first.field}"
        return Suspect(name, "input", first.field, "InputLayer", first.left, first.right, (first,), (row,), (pair,))
    if isinstance(first, InputOrderEdit):
        order: tuple[list[JsonValue], list[JsonValue]] = list(first.left), list(first.right)
        rows = tuple(sorted(pairing.row_of["left", name] for name in first.left))
        pairs = tuple(LayerPair(left=name, right=pairing.right_of[name]) for name in first.left)
        return Suspect("input-order", "input", "order", "InputLayer", *order, (first,), rows, pairs)
    if isinstance(first, SharingEdit):
        return _sharing(first, pairing)
    return _topology(regions, pairing)


def _calls(edit: ArgumentEdit | CallArgumentEdit, pairing: Pairing) -> list[str]:
    return [edit.call] if isinstance(edit, CallArgumentEdit) else pairing.layer_pairs[edit.layers]


def _layer_pairs(calls: Sequence[str], pairing: Pairing) -> tuple[LayerPair, ...]:
    pairs = [(pairing.left.nodes[call].layer, pairing.right.nodes[pairing.right_of[call]].layer) for call in calls]
    return tuple(LayerPair(left=left, right=right) for left, right in dict.fromkeys(pairs))


def _activation(arguments: list[ArgumentEdit | CallArgumentEdit], regions: list[Region], pairing: Pairing) -> Suspect:
    """An argument on one side, a layer of its own on the other: the function's name, and the kinds of such layers."""
    calls = [call for edit in arguments for call in _calls(edit, pairing)]
    lone = _topology(regions, pairing)
    nodes = [pairing.left.nodes[name] for region in regions for name in region.removed]
    nodes += [pairing.right.nodes[name] for region in regions for name in region.added]
    kinds: list[JsonValue] = [*sorted({node.kind for node in nodes})]
    return Suspect(
        id="activation-layers",
        kind="topology",
        field="activation",
        layer_kind=lone.layer_kind,
        left=arguments[0].left if lone.right else kinds,
        right=kinds if lone.right else arguments[0].right,
        edits=(*regions, *arguments),
        rows=tuple(sorted({*lone.rows, *(pairing.row_of["left", call] for call in calls)})),
        layers=(*_layer_pairs(calls, pairing), *lone.layers),
    )


def _sharing(edit: SharingEdit, pairing: Pairing) -> Suspect:
    calls = [call for (left, _), found in pairing.layer_pairs.items() if left in edit.left_layers for call in found]
    rows = tuple(sorted(pairing.row_of["left", call] for call in calls))
    kind = pairing.left.nodes[calls[0]].kind
    left: list[JsonValue] = list(edit.left_layers)
    right: list[JsonValue] = list(edit.right_layers)
    pairs = _layer_pairs(calls, pairing)
    return Suspect(f"{kind}-shared", "topology", "shared", kind, left, right, (edit,), rows, pairs)


def _topology(regions: list[Region], pairing: Pairing) -> Suspect:
    removed = [name for region in regions for name in region.removed]
    added = [name for region in regions for name in region.added]
    rows = {pairing.row_of["left", name] for name in removed} | {pairing.row_of["right", name] for name in added}
    first = regions[0]
    if not rows:
        return _rewired(first, pairing)
    moved = len(regions) > 1 and any(not region.added for region in regions) and any(not r.removed for r in regions)
    left_kinds: list[JsonValue] = [pairing.left.nodes[name].kind for name in (first.removed or removed)]
    right_kinds: list[JsonValue] = [
        pairing.right.nodes[name].kind for name in (first.added or (added if moved else ()))
    ]
    pairs = [LayerPair(left=pairing.left.nodes[name].layer or name, right=None) for name in removed]
    pairs += [LayerPair(left=None, right=pairing.right.nodes[name].layer or name) for name in added]
    kinds = dict.fromkeys([*left_kinds, *right_kinds])
    return Suspect(
        id=f"{'moved' if moved else 'layers'}-{'-'.join(map(str, kinds))[:60]}",
        kind="topology",
        field="position" if moved else "layers",
        layer_kind=str(next(iter(kinds))) if len(kinds) == 1 else None,
        left=left_kinds or None,
        right=right_kinds or None,
        edits=tuple(regions),
        rows=tuple(sorted(rows)),
        layers=tuple(pairs),
    )


def _rewired(region: Region, pairing: Pairing) -> Suspect:
    name = region.slots[0][0]
    if name is None:
        left, right = _names(pairing.left.outputs), _names(pairing.right.outputs)
        return Suspect("outputs", "topology", "inputs", None, left, right, (region,), (), ())
    one, two = pairing.left.nodes[name], pairing.right.nodes[pairing.right_of[name]]
    row = (pairing.row_of["left", name],)
    pair = (LayerPair(left=one.layer or name, right=two.layer or two.id),)
    left, right = _names(one.sources), _names(two.sources)
    return Suspect(f"{one.kind}-inputs", "topology", "inputs", one.kind, left, right, (region,), row, pair)


def _names(sources: Sequence[Source]) -> list[JsonValue]:
    return [f"{name}:{number}" if number else name for name, number in sources]


def _with_ids(suspects: list[Suspect]) -> list[Suspect]:
    """Ids that can stand in an address and are the same whenever the same two are compared."""
    plain = [re.sub(r"[^a-z0-9]+", "-", suspect.id.lower()).strip("-") for suspect in suspects]
    counts: Counter[str] = Counter()
    named = []
    for suspect, name in zip(suspects, plain, strict=True):
        counts[name] += 1
        named.append(replace(suspect, id=name if counts[name] == 1 else f"{name}-{counts[name]}"))
    return named
