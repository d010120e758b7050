"""What lets a network that cannot be completed be completed: changes that were tried, one by one, on the definition."""

from collections.abc import Callable, Iterator, Sequence

from pydantic import JsonValue

from app.core.architectures.architecture import Architecture, Call, Input, Layer, source_of
from app.core.architectures.layer_table import Failure, LayerTable, Remedy
from app.core.values import JsonObject

MOST_BUILDS = 60
LARGEST_SIDE = 4096
_MOST_POOLS = 8
_MAPS = ("1D", "2D", "3D")

TableOf = Callable[[Architecture], LayerTable]


def with_remedies(
    architecture: Architecture, table: LayerTable, table_of: TableOf, *, most_builds: int = MOST_BUILDS
) -> LayerTable:
    """The table of a network that stops, with the changes that help; any other table as it is.

    At most `most_builds` variants are built; where that ends the search, the last remedy says so and was not tried.
    """
    failure = table.failure
    if failure is None or failure.kind == "InputLayer":
        return table
    found = _Search(architecture, failure, table_of, most_builds)
    mended = failure.model_copy(update={"remedies": found.remedies(), "smallest_input": found.smallest_input})
    return table.model_copy(update={"failure": mended})


class _OutOfBuildsError(Exception):
    """The search has built as many variants as it may."""


class _Search:
    def __init__(self, architecture: Architecture, failure: Failure, table_of: TableOf, most_builds: int) -> None:
        self._architecture = architecture
        self._failure = failure
        self._table_of = table_of
        self._builds_left = most_builds
        self._before = _ancestors(architecture, failure.call)
        self._layers = {layer.name: layer for layer in architecture.layers}
        self.smallest_input: JsonValue = None

    def remedies(self) -> tuple[Remedy, ...]:
        """Those that work first, in the order in which they are tried."""
        tried: list[Remedy] = []
        try:
            for search in (self._padding, self._smallest_input, self._pools):
                tried += search()
        except _OutOfBuildsError:
            change: JsonObject = {"kind": "more", "text": "the search was cut here: more changes may help"}
            return (*_working_first(tried), Remedy(change=change, tried=False, works=False))
        return tuple(_working_first(tried))

    def _padding(self) -> Iterator[Remedy]:
        """Padding where it stops; around every convolution up to there; around every pool too."""
        windows = [layer for layer in self._reaching_layers() if _is_unpadded(layer)]
        convolutions = [layer for layer in windows if "Conv" in layer.kind]
        here = [layer for layer in windows if layer.name == self._call(self._failure.call).layer]
        seen: list[list[Layer]] = []
        for layers in (here, convolutions, windows):
            if layers and layers not in seen:
                seen.append(layers)
                names: list[JsonValue] = [layer.name for layer in layers]
                text = f'padding="same" for {_names(layers)}'
                change: JsonObject = {
                    "kind": "argument",
                    "field": "padding",
                    "to": "same",
                    "layers": names,
                    "text": text,
                }
                remedy = self._try(change, _padded(self._architecture, {layer.name for layer in layers}))
                yield remedy
                if remedy.works:
                    return

    def _smallest_input(self) -> Iterator[Remedy]:
        """The smallest square (or cube, or length) with which it passes: doubled until it does, then halved between."""
        inputs = [entry for entry in self._architecture.inputs if entry.name in self._before and _sides(entry)]
        if len(inputs) != 1:
            return
        entry = inputs[0]
        axes = _map_axes(entry, self._reaching_layers())
        fails, passes = 0, max(size for axis in axes if isinstance(size := entry.shape[axis], int))
        while not self._passes(entry, axes, passes):
            fails, passes = passes, 2 * passes
            if passes > LARGEST_SIDE:
                return
        while passes - fails > 1:
            middle = (fails + passes) // 2
            if self._passes(entry, axes, middle):
                passes = middle
            else:
                fails = middle
        resized = _resized(entry, axes, passes)
        shape: JsonValue = [size if isinstance(size, int) else None for size in resized.shape]
        self.smallest_input = shape
        text = f"an input of {' × '.join(str(passes) for _ in axes)}; with {passes - 1} it stops"
        change: JsonObject = {"kind": "input", "field": "shape", "input": entry.name, "to": shape, "text": text}
        yield Remedy(change=change, tried=True, works=True)

    def _pools(self) -> Iterator[Remedy]:
        """Each pool that can be left out, from the last one before the stop backwards."""
        pools = [
            layer for layer in self._reaching_layers() if layer.kind.endswith(tuple(f"Pooling{map_}" for map_ in _MAPS))
        ]
        for pool in [pool for pool in reversed(pools) if not pool.kind.startswith(("Global", "Adaptive"))][
            :_MOST_POOLS
        ]:
            variant = _without(self._architecture, pool.name)
            if variant is not None:
                change: JsonObject = {"kind": "removal", "layers": [pool.name], "text": f"without {pool.name}"}
                yield self._try(change, variant)

    def _passes(self, entry: Input, axes: Sequence[int], side: int) -> bool:
        inputs = tuple(_resized(entry, axes, side) if each is entry else each for each in self._architecture.inputs)
        return self._completes(self._architecture.model_copy(update={"inputs": inputs}))

    def _try(self, change: JsonObject, variant: Architecture) -> Remedy:
        return Remedy(change=change, tried=True, works=self._completes(variant))

    def _completes(self, variant: Architecture) -> bool:
        if self._builds_left < 1:
            raise _OutOfBuildsError
        self._builds_left -= 1
        return self._table_of(variant).complete

    def _call(self, call_id: str) -> Call:
        return next(call for call in self._architecture.calls if call.id == call_id)

    def _reaching_layers(self) -> list[Layer]:
        """The layer at which building stops and those before it, in the order of their first calls."""
        calls = [call for call in self._architecture.calls if call.id in self._before]
        return [self._layers[name] for name in dict.fromkeys(call.layer for call in calls)]


def _working_first(tried: Sequence[Remedy]) -> list[Remedy]:
    return sorted(tried, key=lambda remedy: not remedy.works)


def _ancestors(architecture: Architecture, call_id: str) -> set[str]:
    """The call, and every input and call that it depends on."""
    known = {entry.name for entry in architecture.inputs} | {call.id for call in architecture.calls}
    found = {call_id}
    for call in reversed(architecture.calls):
        if call.id in found:
            found |= {source_of(name, known)[0] for name in call.inputs}
    return found


def _is_unpadded(layer: Layer) -> bool:
    takes_padding = "Pooling" in layer.kind or ("Conv" in layer.kind and not layer.kind.endswith("Transpose"))
    adapts = layer.kind.startswith(("Global", "Adaptive"))
    return takes_padding and not adapts and layer.config.get("padding", "valid") == "valid"


def _names(layers: Sequence[Layer]) -> str:
    if len(layers) == 1:
        return layers[0].name
    what = "convolutions" if all("Conv" in layer.kind for layer in layers) else "convolutions and pools"
    return f"the {len(layers)} {what} up to there"


def _padded(architecture: Architecture, names: set[str]) -> Architecture:
    layers = tuple(
        layer.model_copy(update={"config": {**layer.config, "padding": "same"}}) if layer.name in names else layer
        for layer in architecture.layers
    )
    return architecture.model_copy(update={"layers": layers})


def _sides(entry: Input) -> bool:
    return 3 <= len(entry.shape) <= 5 and all(isinstance(size, int) for size in entry.shape[1:])


def _map_axes(entry: Input, layers: Sequence[Layer]) -> tuple[int, ...]:
    """The axes of height and width: all but the batch and the channels."""
    first = any(layer.config.get("data_format") == "channels_first" for layer in layers)
    rank = len(entry.shape)
    return tuple(range(2, rank)) if first else tuple(range(1, rank - 1))


def _resized(entry: Input, axes: Sequence[int], side: int) -> Input:
    shape = tuple(side if axis in axes else size for axis, size in enumerate(entry.shape))
    return entry.model_copy(update={"shape": shape})


def _without(architecture: Architecture, name: str) -> Architecture | None:
    """The network with that layer left out; None where it yields an output, or is all there is."""
    gone = {call.id: call.inputs[0] for call in architecture.calls if call.layer == name}
    if len(architecture.layers) < 2 or any(output in gone for output in architecture.outputs):
        return None

    def behind(reference: str) -> str:
        while reference in gone:
            reference = gone[reference]
        return reference

    calls = tuple(
        call.model_copy(update={"inputs": tuple(behind(reference) for reference in call.inputs)})
        for call in architecture.calls
        if call.id not in gone
    )
    layers = tuple(layer for layer in architecture.layers if layer.name != name)
    return architecture.model_copy(update={"calls": calls, "layers": layers})
