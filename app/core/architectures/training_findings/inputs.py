"""Rules about images that do not fit what a network takes."""

from collections.abc import Iterator

from app.core.architectures.reading import Finding
from app.core.architectures.training_findings.images import Images
from app.core.architectures.training_findings.orientation import image_shape
from app.core.architectures.training_findings.records import listed
from app.core.architectures.training_findings.story import Story

_COLOURS = {1: "grayscale", 3: "colour", 4: "colour with transparency"}


def image_size(story: Story) -> Iterator[Finding]:
    """Images of another height or width than the network's input."""
    for images, networks in _fed(story):
        unfit = [
            number
            for number in networks
            if images.size is not None
            and (taken := _height_and_width(story, number)) is not None
            and any(size is not None and size != given for size, given in zip(taken, images.size, strict=True))
        ]
        if unfit and images.size is not None:
            height, width = images.size
            yield Finding(
                rule="image-size",
                severity="error",
                place=images.record.place,
                message=(
                    f"{images.name} yields images {height} pixels high and {width} wide, but "
                    f"{_takes(story, unfit, what='size')}."
                ),
                read=images.size_written,
                why=(
                    "Keras 2 and every functional network refuse images of another size; a Sequential in Keras 3 takes them "
                    "silently up to the first layer whose weights depend on the size, and computes other shapes than its "
                    "summary says."
                ),
                fix="Let the generator resize to the network's input, or give the network the size of the images.",
            )


def colour_mode(story: Story) -> Iterator[Finding]:
    """Images of another number of channels than the network's input."""
    for images, networks in _fed(story):
        unfit = [
            number
            for number in networks
            if images.channels is not None and (taken := _channels(story, number)) and taken != images.channels
        ]
        if unfit and images.channels is not None:
            count = "1 channel" if images.channels == 1 else f"{images.channels} channels"
            yield Finding(
                rule="colour-mode",
                severity="error",
                place=images.record.place,
                message=(
                    f"{images.name} yields {_COLOURS[images.channels]} images ({count}), but "
                    f"{_takes(story, unfit, what='channels')}."
                ),
                read=images.channels_written,
                why="The first weights are made for the input's channels: Keras refuses images with another number of them.",
                fix=f"Set color_mode to what the network takes, or give the network {count}.",
            )


def _fed(story: Story) -> Iterator[tuple[Images, list[int]]]:
    """Each source of images, with the networks that get them, in the order of the source."""
    found: dict[int, tuple[Images, list[int]]] = {}
    for training in story.trainings:
        for images in (training.data, training.validation):
            if images is not None:
                networks = found.setdefault(images.number, (images, []))[1]
                if training.definition not in networks:
                    networks.append(training.definition)
    for number in sorted(found):
        yield found[number]


def _height_and_width(story: Story, number: int) -> tuple[int | None, int | None] | None:
    shape = image_shape(story, number)
    if shape is None:
        return None
    height, width = (size if isinstance(size, int) else None for size in shape[1:3])
    return height, width


def _channels(story: Story, number: int) -> int | None:
    shape = image_shape(story, number)
    return shape[3] if shape is not None and isinstance(shape[3], int) else None


def _takes(story: Story, networks: list[int], *, what: str) -> str:
    """`model and modelAPI take 224×224 with 3 channels`."""
    by_shape: dict[str, list[str]] = {}
    for number in networks:
        height, width = _height_and_width(story, number) or (None, None)
        shape = f"{height or 'any'}×{width or 'any'}" if what == "size" else f"{_channels(story, number)} channels"
        by_shape.setdefault(shape, []).append(story.name(number))
    return listed([f"{listed(names)} {'take' if len(names) > 1 else 'takes'} {s}" for s, names in by_shape.items()])
