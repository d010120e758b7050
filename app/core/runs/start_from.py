"""Where a run takes its first weights from, when not from its seed, and what is told of them."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from app.core.architectures.architecture import Architecture
from app.core.architectures.layer_table import LayerTable
from app.core.errors import FieldError, InvalidError
from app.core.values import Value

SHOWN_NAMES = 12


class StartFrom(Value):
    """The weights of another run, whole or in the layers where they fit; the layers of `freeze` keep them as they are.

    A layer fits where the other run's architecture has one of the same name whose weights have the same shapes.
    """

    run: str = Field(max_length=40)
    weights: Literal["best", "last"] = "best"
    match: Literal["whole", "fitting"] = "whole"
    freeze: tuple[str, ...] = Field(default=(), max_length=5_000)

    @property
    def artifact(self) -> str:
        """The name of the file that holds the weights."""
        return f"{self.weights}.weights.h5"


class Taken(Value):
    """What became of each layer that has weights; `left` says why it begins with those of the seed."""

    layers: tuple[str, ...]
    left: dict[str, str] = Field(default_factory=dict)

    def text(self, start: StartFrom) -> str:
        """As the run's log tells it."""
        lines = [
            f"starts from the {start.weights} weights of run {start.run}",
            f"taken ({len(self.layers)}): {', '.join(self.layers)}",
            *(f"not taken: {name}, {reason}" for name, reason in self.left.items()),
        ]
        frozen = [f"frozen ({len(start.freeze)}): {', '.join(start.freeze)}"] if start.freeze else []
        return "\n".join(lines + frozen)


def refuse_what_cannot_be_taken(start: StartFrom, architecture: Architecture, source: Architecture) -> None:
    """InvalidError where definitions alone say that nothing can be taken, or a layer to freeze is not there."""
    names = [layer.name for layer in architecture.layers]
    unknown = [name for name in start.freeze if name not in set(names)]
    if unknown:
        raise InvalidError(
            f"{architecture.name} has no layer {_listed(unknown)} to freeze. Its layers: {_listed(names)}.",
            errors=[FieldError("start_from.freeze", f"unknown: {_listed(unknown)}")],
        )
    if start.match == "whole" and _wiring(architecture) != _wiring(source):
        raise InvalidError(
            f"{architecture.name} is defined otherwise than {source.name}, whose weights it should take whole. "
            'Choose the architecture of that run, or take the layers that fit: "match": "fitting".',
            errors=[FieldError("start_from.match", "expected the same architecture, or fitting")],
        )


def refuse_nothing_to_do(start: StartFrom, table: LayerTable, source: LayerTable) -> None:
    """InvalidError where no layer can fit, or every layer that could learn is frozen."""
    learning = {row.name for row in table.rows if row.trainable_parameters}
    if learning and learning <= set(start.freeze):
        raise nothing_learns(start)
    there = {row.name: row.parameters for row in source.rows}
    with_weights = [row for row in table.rows if row.parameters]
    if not any(row.name in there and there[row.name] == row.parameters for row in with_weights):
        raise nothing_fits(
            start, [row.name for row in with_weights], [row.name for row in source.rows if row.parameters]
        )


def nothing_learns(start: StartFrom) -> InvalidError:
    """Every layer that has something to learn is frozen."""
    return InvalidError(
        f"All layers that could learn are frozen: {_listed(start.freeze)}. Leave at least one of them free.",
        errors=[FieldError("start_from.freeze", "leaves nothing to train")],
    )


def nothing_fits(start: StartFrom, wanted: Sequence[str], there: Sequence[str]) -> InvalidError:
    """No layer finds weights."""
    return InvalidError(
        f"No layer fits the weights of run {start.run}: a layer takes the weights of the layer of the same name where "
        f"their shapes are the same. Here: {_listed(wanted)}. There: {_listed(there)}.",
        errors=[FieldError("start_from.match", "no layer fits")],
    )


def fitting(wanted: Mapping[str, Sequence[tuple[int, ...]]], there: Mapping[str, Sequence[tuple[int, ...]]]) -> Taken:
    """Which layers find their weights, by the shapes of each layer's weights."""
    taken: list[str] = []
    left: dict[str, str] = {}
    for name, shapes in wanted.items():
        if not shapes:
            continue
        if list(there.get(name, ())) == list(shapes):
            taken.append(name)
        elif there.get(name):
            left[name] = f"its weights are {_shapes(shapes)} and there {_shapes(there[name])}"
        else:
            left[name] = "there is no such layer with weights there"
    return Taken(layers=tuple(taken), left=left)


def _wiring(architecture: Architecture) -> dict[str, object]:
    return architecture.model_dump(mode="json", exclude={"name", "source", "style"})


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return ", ".join(names[:SHOWN_NAMES]) + more if names else "none"


def _shapes(shapes: Sequence[tuple[int, ...]]) -> str:
    return " and ".join("×".join(map(str, shape)) or "a number" for shape in shapes)
