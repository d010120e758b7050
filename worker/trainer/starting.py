"""A run's first weights out of another run's file, whole or layer by layer, and layers that keep theirs."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import keras

from app.adapters.scratch import scratch_folder
from app.core.architectures.architecture import Architecture, Style
from app.core.errors import InvalidError, NotFoundError
from app.core.runs.start_from import StartFrom, Taken, fitting, nothing_fits, nothing_learns
from app.networks import build, functional_twin
from app.services.bundle import ServiceBundle


def freeze(network: keras.Model, start: StartFrom) -> None:
    """Let the layers keep their weights; before the network is compiled. InvalidError where none is left to learn."""
    for layer in network.layers:
        if layer.name in start.freeze:
            layer.trainable = False
    if not network.trainable_variables:
        raise nothing_learns(start)


def take_weights(
    network: keras.Model, architecture: Architecture, *, start: StartFrom, source: Architecture, path: Path
) -> Taken:
    """Put the weights of the file, which a functional twin of `source` wrote, into the network.

    InvalidError where the file does not hold what `source` says, or no layer fits.
    """
    shapes = _shapes(network, architecture)
    if start.match == "whole":
        _load(functional_twin(network, architecture), path, start)
        return Taken(layers=tuple(name for name, found in shapes.items() if found))
    other = build(source.model_copy(update={"style": Style.FUNCTIONAL}))
    _load(other, path, start)
    there = _shapes(other, source)
    taken = fitting(shapes, there)
    if not taken.layers:
        raise nothing_fits(start, [name for name in shapes if shapes[name]], [name for name in there if there[name]])
    given = {layer.name: layer for layer in other.layers}
    for layer in network.layers:
        if layer.name in taken.layers:
            layer.set_weights(given[layer.name].get_weights())
    return taken


@contextmanager
def lent_weights(services: ServiceBundle, start: StartFrom, *, scratch: Path) -> Iterator[tuple[Architecture, Path]]:
    """The other run's architecture and its weights in a file of its own; InvalidError where they are not there any more."""
    try:
        artifact = services.artifacts.get(start.run, start.artifact)
        architecture_id = services.runs.get(start.run).architecture_id
        source = services.architectures.get(architecture_id).architecture
    except NotFoundError as error:
        raise InvalidError(f"The weights to start from are not there any more. {error.detail}") from error
    with scratch_folder(scratch) as folder:
        path = folder / start.artifact
        with path.open("wb") as file:
            file.writelines(services.artifacts.stream(artifact))
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != artifact.sha256:
                raise OSError(f"{start.artifact} of run {start.run} is not what was written.")
        yield source, path


def _load(network: keras.Model, path: Path, start: StartFrom) -> None:
    try:
        network.load_weights(path)
    except (ValueError, OSError, KeyError) as error:
        raise InvalidError(
            f"The {start.weights} weights of run {start.run} do not fit its own architecture any more: {error} "
            "Train that run again, or start from another one."
        ) from error


def _shapes(network: keras.Model, architecture: Architecture) -> dict[str, Sequence[tuple[int, ...]]]:
    named = {layer.name for layer in architecture.layers}
    return {
        layer.name: [tuple(weight.shape) for weight in layer.weights] for layer in network.layers if layer.name in named
    }
