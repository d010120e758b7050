"""Serialised networks as graphs: Sequential as list or dict, Functional and Model of any Keras, nested or not."""

from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from app.core.architectures.catalogue import Catalogue
from app.core.architectures.chain import snake_case
from app.core.architectures.readers.keras_json.entries import Entry, read_entry
from app.core.architectures.readers.keras_json.graphs import (
    WHOLE,
    Argument,
    Graph,
    InputLeaf,
    Leaf,
    Member,
    Node,
    Tensor,
)
from app.core.architectures.readers.keras_json.nodes import read_nodes, read_tensors
from app.core.architectures.readers.keras_json.values import Era, plain, plain_config
from app.core.architectures.readers.keras_names import modern_layer, written_input_shape
from app.core.architectures.readers.keras_names.kinds import bare
from app.core.architectures.reading import NotUnderstood
from app.core.values import JsonObject

_DTYPES = {"bool_": "bool", "double": "float64", "float": "float32", "int": "int32"}  # numpy's names in Keras 1's files


@dataclass
class Parser:
    """Reads networks; what is no layer is noted and left out."""

    catalogue: Catalogue
    era: Era
    not_understood: list[NotUnderstood] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=dict)

    def network(self, entry: Entry) -> Graph:
        """The network that an entry with members says."""
        name = entry.name or self._fresh_name(bare(entry.class_name))
        entries = self._entries(entry.members or [])
        return self._sequential(name, entry, entries) if entry.is_sequential else self._functional(name, entry, entries)

    def _entries(self, written: list[JsonValue]) -> list[Entry]:
        found = []
        for piece in written:
            entry = read_entry(piece)
            if entry is None:
                self._note(piece, 'this is no layer: expected an object with "class_name" and "config"')
            else:
                found.append(entry)
        return found

    def _functional(self, name: str, entry: Entry, entries: list[Entry]) -> Graph:
        names = {own.name for own in entries}
        members: list[Member] = []
        for own in entries:
            content = self._content(own)
            nodes = () if isinstance(content, InputLeaf) else read_nodes(own.nodes, names)
            over_time = isinstance(content, Graph) and own.members is None
            members.append(Member(own.name, content, nodes, over_time=over_time))
        inputs = read_tensors(entry.arguments.get("input_layers"), names)
        outputs = read_tensors(entry.arguments.get("output_layers"), names)
        listed = {tensor.layer for tensor in inputs}
        more = [Tensor(own.name) for own in members if isinstance(own.content, InputLeaf) and own.name not in listed]
        numbered = self._numbered(members, outputs)
        return Graph(name, sequential=False, members=numbered, inputs=(*inputs, *more), outputs=tuple(outputs))

    def _numbered(self, members: list[Member], outputs: list[Tensor]) -> tuple[Member, ...]:
        """Find out from which number on the calls of nested networks count.

        A network built from an input has a call of its own (number 0) that the file leaves out, so others refer to its
        first call here as 1. Keras 3's Sequential has none, and not every Keras 2 wrote it so: what others say decides.
        """
        referred: dict[str, set[int]] = {}
        calls = [tensor for member in members for node in member.nodes for tensor in node.tensors]
        for tensor in (*calls, *outputs):
            referred.setdefault(tensor.layer, set()).add(tensor.node)
        return tuple(replace(own, first_node=self._first_node(own, referred.get(own.name, set()))) for own in members)

    def _first_node(self, member: Member, referred: set[int]) -> int:
        if not isinstance(member.content, Graph) or member.over_time or not referred:
            return 0
        if self.era == 3 and member.content.sequential:
            return 1 if max(referred) >= len(member.nodes) else 0
        return 0 if 0 in referred else 1

    def _sequential(self, name: str, entry: Entry, entries: list[Entry]) -> Graph:
        members: list[Member] = []
        previous: list[Tensor] = []
        taken: set[str] = set()
        for own in entries:
            own_name = self._free(own.name or self._fresh_name(bare(own.class_name)), taken)
            content = self._content(own)
            if not members and not isinstance(content, InputLeaf):
                previous = self._start(members, own, content, own_name=own_name, whole=entry, taken=taken)
            elif isinstance(content, InputLeaf) and members:
                self._note(own.arguments, "an input behind other layers of a Sequential is left out")
                continue
            given: list[Argument] = [*previous]
            nodes = () if isinstance(content, InputLeaf) else (Node((given[0] if len(given) == 1 else given,)),)
            members.append(Member(own_name, content, nodes, 0, isinstance(content, Graph) and own.members is None))
            previous = [Tensor(own_name, 0, WHOLE)]
        inputs = tuple(Tensor(member.name) for member in members if isinstance(member.content, InputLeaf))
        return Graph(name, sequential=True, members=tuple(members), inputs=inputs, outputs=tuple(previous))

    def _start(
        self,
        members: list[Member],
        own: Entry,
        content: Leaf | InputLeaf | Graph,
        *,
        own_name: str,
        whole: Entry,
        taken: set[str],
    ) -> list[Tensor]:
        """Put the inputs before a Sequential's first layer, and answer what that layer is called on."""
        branches = own.arguments.get("layers")
        if bare(own.class_name) == "Merge" and isinstance(branches, list):
            return self._branches(members, branches, taken)
        shapes = self._shapes_wanted(own, content, whole)
        base = f"{own_name}_input" if self.era < 3 else "input_layer"
        for number, leaf in enumerate(shapes):
            members.append(Member(self._free(f"{base}_{number}" if number else base, taken), leaf))
        return [Tensor(member.name) for member in members]

    def _shapes_wanted(self, own: Entry, content: Leaf | InputLeaf | Graph, whole: Entry) -> list[InputLeaf]:
        if isinstance(content, Graph) and own.members is not None:
            inner = [content.member(tensor.layer) for tensor in content.inputs]
            return [member.content for member in inner if member and isinstance(member.content, InputLeaf)]
        shape = self._input_leaf(own).shape
        built = whole.arguments.get("build_input_shape") or whole.built_for or own.built_for
        dtype = self._input_leaf(own).dtype
        return [InputLeaf(shape if shape is not None else plain(built, era=self.era), dtype)]

    def _branches(self, members: list[Member], branches: list[JsonValue], taken: set[str]) -> list[Tensor]:
        """Keras 1's Merge held the networks it merges, each with an input of its own."""
        ends = []
        for own in self._entries(branches):
            whole = own if own.members is not None else Entry("Sequential", "", [_as_written(own)], "", None, None)
            graph = self.network(whole)
            name = self._free(graph.name, taken)
            starts: list[Argument] = []
            for tensor in graph.inputs:
                inner = graph.member(tensor.layer)
                if inner is not None and isinstance(inner.content, InputLeaf):
                    start = Tensor(self._free(tensor.layer, taken))
                    starts.append(start)
                    members.append(Member(start.layer, inner.content))
            members.append(Member(name, graph, (Node((starts,)),)))
            ends.append(Tensor(name, 0, WHOLE))
        return ends

    def _content(self, entry: Entry) -> Leaf | InputLeaf | Graph:
        if entry.members is not None:
            return self.network(entry)
        if entry.is_input:
            leaf = self._input_leaf(entry)
            return InputLeaf(leaf.shape, leaf.dtype)
        inner = read_entry(entry.arguments.get("layer"))
        if bare(entry.class_name) == "TimeDistributed" and inner is not None and inner.members is not None:
            return self.network(inner)
        return Leaf(entry.class_name, entry.module, entry.arguments, entry.built_for)

    def _input_leaf(self, entry: Entry) -> InputLeaf:
        """What an entry's own arguments say about the input before it."""
        config = plain_config(_without_layer(entry.arguments), era=self.era)
        shape = written_input_shape(modern_layer(entry.class_name, (), config, self.catalogue, era=self.era))
        dtype = config.get("input_dtype") or (config.get("dtype") if entry.is_input else None)
        return InputLeaf(shape, _DTYPES.get(dtype, dtype) if isinstance(dtype, str) else "float32")

    def _fresh_name(self, class_name: str) -> str:
        base = snake_case(class_name)
        self._counts[base] = self._counts.get(base, -1) + 1
        return f"{base}_{self._counts[base]}" if self._counts[base] else base

    def _free(self, name: str, taken: set[str]) -> str:
        free, number = name, 1
        while free in taken:
            free, number = f"{name}_{number}", number + 1
        taken.add(free)
        return free

    def _note(self, piece: JsonValue, why: str) -> None:
        self.not_understood.append(NotUnderstood(place=None, text=str(piece)[:200], why=why))


def _as_written(entry: Entry) -> JsonObject:
    return {"class_name": entry.class_name, "config": entry.config, "name": entry.name}


def _without_layer(config: JsonObject) -> JsonObject:
    return {key: value for key, value in config.items() if key not in {"layer", "layers", "function"}}
