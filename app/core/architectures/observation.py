"""What can be seen of a network in the rows of an alignment, so that two can be compared field by field."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from pydantic import JsonValue

from app.core.architectures.architecture import Architecture
from app.core.architectures.edits import InputOrderEdit, Region, SharingEdit
from app.core.architectures.graph import COMMUTATIVE, Graph, Node, graph_of
from app.core.architectures.layer_table import LayerTable
from app.core.architectures.pairing import Pairing

Field: TypeAlias = tuple[int, str]
"""An aligned row, and a field of it."""

Observation: TypeAlias = dict[Field, JsonValue]

SHAPE_FIELDS = frozenset({"present", "reached", "input_shapes", "output_shapes", "parameters"})
"""What makes two networks of different size."""

DERIVED = (
    "input_shapes",
    "output_shapes",
    "parameters",
    "trainable_parameters",
    "macs",
    "activation_bytes",
    "receptive_field",
)
"""What follows for a row from its own arguments and from what reaches it."""


class Observer:
    """Looks at networks in the rows of one alignment; what only bridges a removed call does not count as connection."""

    def __init__(self, pairing: Pairing, edits: list[object]) -> None:
        regions = [edit for edit in edits if isinstance(edit, Region)]
        slots = [slot for region in regions if not region.removed + region.added for slot in region.slots]
        self._rewired = {-1 if name is None else pairing.row_of["left", name] for name, _ in slots}
        self._ordered = any(isinstance(edit, InputOrderEdit) for edit in edits)
        shared = {name for edit in edits if isinstance(edit, SharingEdit) for name in edit.left_layers}
        calls = [call for (left, _), calls in pairing.layer_pairs.items() if left in shared for call in calls]
        self._shared = {pairing.row_of["left", call] for call in calls}

    def observe(self, architecture: Architecture, table: LayerTable, rows: Mapping[str, int]) -> Observation:
        """Every field of every row that the network has; `rows` gives the row of each input and call."""
        graph = graph_of(architecture, table)
        seen: Observation = {}
        firsts: dict[str | None, int] = {}
        weights = dict(_weights(graph, rows))
        for name in sorted(graph.nodes, key=lambda name: rows[name]):
            node, row = graph.nodes[name], rows[name]
            seen[row, "present"] = True
            seen[row, "reached"] = node.row.reached
            seen |= {(row, setting): value for setting, value in node.settings.items()}
            seen |= {
                (row, entry): value for entry, value in node.row.model_dump(mode="json", include=set(DERIVED)).items()
            }
            seen |= {(row, entry): value for entry, value in weights.get(name, {}).items()}
            if node.arguments:
                seen[row, "arguments"] = node.arguments
            first = firsts.setdefault(node.layer, row)
            if row in self._shared:
                seen[row, "shared"] = first
            if row in self._rewired:
                seen[row, "inputs"] = _connections(node, rows)
        if self._ordered:
            seen |= {(rows[entry.name], "order"): place for place, entry in enumerate(architecture.inputs)}
        if -1 in self._rewired:
            seen[-1, "inputs"] = [[rows[name], number] for name, number in graph.outputs]
        return seen


def _weights(graph: Graph, rows: Mapping[str, int]) -> Iterator[tuple[str, dict[str, JsonValue]]]:
    """A shared layer's parameters stand in the first aligned row that uses it, whichever call a table lists first."""
    uses: dict[str, list[Node]] = defaultdict(list)
    for node in graph.nodes.values():
        if node.layer is not None and node.row.reached:
            uses[node.layer].append(node)
    for nodes in uses.values():
        if len(nodes) < 2:
            continue
        for place, node in enumerate(sorted(nodes, key=lambda node: rows[node.id])):
            counts = [(other.row.parameters, other.row.trainable_parameters) for other in nodes]
            if not any(None in pair for pair in counts):
                totals = [
                    sum(count or 0 for count in column) if place == 0 else 0 for column in zip(*counts, strict=True)
                ]
                yield node.id, {"parameters": totals[0], "trainable_parameters": totals[1]}


def differing(one: Observation, two: Observation) -> set[Field]:
    """The fields in which two networks differ; of a row that only one has, just that."""
    alone = {row for row, field in one.keys() ^ two.keys() if field == "present"}
    fields = {field for field in one.keys() | two.keys() if field[0] not in alone and one.get(field) != two.get(field)}
    return fields | {(row, "present") for row in alone}


def _connections(node: Node, rows: Mapping[str, int]) -> JsonValue:
    found: list[JsonValue] = [[rows[name], number] for name, number in node.sources]
    return sorted(found, key=str) if node.kind in COMMUTATIVE else found
