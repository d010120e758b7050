"""Where building a network stops, in sentences that a student understands."""

from collections.abc import Sequence

from app.core.architectures.graph import Graph, Node
from app.core.architectures.saying import NUMBERS, SINGULARS, count_text, ordinal, value_text


def failure_text(graph: Graph, stops_at: str, *, side: str, unreached: int, message: str) -> str:
    """How the shapes shrink on the way to the call at which building stops, and what is lost behind it."""
    node = graph.nodes[stops_at]
    alike = [name for name, other in graph.nodes.items() if other.kind == node.kind]
    which = ordinal(alike.index(stops_at) + 1)
    kind = SINGULARS.get(node.kind, f"{node.kind} layer")
    behind = (
        ""
        if not unreached
        else f" The {unreached} layers behind it are never reached."
        if unreached > 1
        else (" The layer behind it is never reached.")
    )
    return f"Building the {side} stops at its {which} {kind} ({node.layer}). {_walk(graph, node) or message}{behind}"


def _walk(graph: Graph, node: Node) -> str:
    """Where the map became too small: from the last pool to the failing window."""
    arrives = _side_length(node.row.input_shapes[:1])
    chain = _chain(graph, node)
    pools = [other for other in graph.nodes.values() if "Pooling" in other.kind]
    last = next((other for other in chain if "Pooling" in other.kind), None)
    if arrives is None or last is None or not node.kind.startswith("Conv"):
        return ""
    left_over = _side_length(last.row.output_shapes or ())
    convolutions = [other for other in chain[: chain.index(last)] if other.kind == node.kind]
    kernel = node.settings.get("kernel_size")
    size = kernel[0] if isinstance(kernel, list) else kernel
    if left_over is None or not convolutions:
        return ""
    return (
        f"{_pixels(left_over)} left after the {ordinal(pools.index(last) + 1)} pool, {NUMBERS.get(arrives, arrives)} after "
        f"{count_text(len(convolutions), node.kind).replace(' ', ' more ', 1)}, and a window of {value_text(size)} does not "
        f"fit into {arrives}."
    )


def _chain(graph: Graph, node: Node) -> list[Node]:
    """What comes before a node, nearest first, by its first inputs."""
    found = []
    while node.sources:
        node = graph.nodes[node.sources[0][0]]
        found.append(node)
    return found


def _side_length(shapes: Sequence[object]) -> int | None:
    shape = shapes[0] if shapes else None
    return shape[1] if isinstance(shape, tuple) and len(shape) > 2 and isinstance(shape[1], int) else None


def _pixels(count: int) -> str:
    return "One pixel a side is" if count == 1 else f"{str(NUMBERS.get(count, count)).capitalize()} pixels a side are"
