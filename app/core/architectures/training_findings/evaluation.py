"""Rules about how a network is assessed."""

from collections.abc import Iterator

from app.core.architectures.reading import Finding, Record
from app.core.architectures.training_findings.images import Images
from app.core.architectures.training_findings.records import (
    PREDICTING,
    argument,
    as_written,
    is_given,
    name_of,
    text_of,
    where,
)
from app.core.architectures.training_findings.story import Story

_AUGMENTATIONS = (
    "rotation_range",
    "width_shift_range",
    "height_shift_range",
    "brightness_range",
    "shear_range",
    "zoom_range",
    "channel_shift_range",
    "horizontal_flip",
    "vertical_flip",
)


def shuffled_evaluation(story: Story) -> Iterator[Finding]:
    """Images to assess a network with, in an order that nobody knows."""
    for images, predicts in _assessing(story):
        if images.shuffled is not True or images.number in story.trained_on:
            continue
        yield Finding(
            rule="shuffled-evaluation",
            severity="warning" if predicts or is_given(images.record, "shuffle") else "note",
            place=images.record.place,
            message=f"{images.name} is used to assess, and shuffles its images.",
            read=as_written(images.record, "shuffle") or "shuffle is left at its default, True",
            why=(
                "Loss and accuracy over all images stay right, but predictions come in another order than the labels and "
                "file names: a confusion matrix made from them is wrong"
                + (
                    ", and predictions are made here."
                    if predicts
                    else ". With a limit on the steps, other images are left out each time."
                )
            ),
            fix="Set shuffle=False for everything that is evaluated or predicted.",
        )


def validation_is_training(story: Story) -> Iterator[Finding]:
    """Validation with the images that are trained on."""
    for training in story.trainings:
        data, validation = training.data, training.validation
        if data is None or validation is None:
            continue
        same_folder = data.directory is not None and data.directory == validation.directory
        if data.number == validation.number or (same_folder and not data.subset and not validation.subset):
            yield Finding(
                rule="validation-is-training",
                severity="error",
                place=training.record.place,
                message=f"{story.name(training.definition)} is validated with the images that it is trained on.",
                read=as_written(training.record, "validation_data"),
                why="Validation then says how well the images are remembered, not how well new ones are recognised.",
                fix="Validate with images of a folder or subset that training never sees.",
            )


def different_scale(story: Story) -> Iterator[Finding]:
    """Validation images scaled otherwise than training images."""
    for data, validation in _pairs(story):
        if data.generator is None or validation.generator is None or _keeps_secret(data) or _keeps_secret(validation):
            continue
        for name, position in (("rescale", 17), ("preprocessing_function", 18)):
            left, right = text_of(data.generator, name, position), text_of(validation.generator, name, position)
            values = [argument(entry.generator, name, position) for entry in (data, validation) if entry.generator]
            if values[0] == values[1] or (values[0] is not None and values[1] is not None and left == right):
                continue
            yield Finding(
                rule="different-scale",
                severity="error",
                place=validation.generator.place,
                message=f"{validation.name} is prepared with another {name} than {data.name}.",
                read=as_written(validation.generator, name, position) or f"no {name}",
                why="The network is assessed on numbers of another size than it learnt from: the result says nothing.",
                fix=f"Give both generators the same {name} ({where(data.generator.place)}).",
            )


def augmented_evaluation(story: Story) -> Iterator[Finding]:
    """Images to assess a network with that are turned or shifted at random."""
    for images, _ in _assessing(story):
        if images.generator is None or images.number in story.trained_on:
            continue
        used = [
            name for name in _AUGMENTATIONS if is_given(images.generator, name) and argument(images.generator, name)
        ]
        if used:
            yield Finding(
                rule="augmented-evaluation",
                severity="warning",
                place=images.generator.place,
                message=f"{images.name} is used to assess, and changes its images at random ({', '.join(used)}).",
                read=as_written(images.generator, used[0]),
                why="Each evaluation sees other images: its results vary, and are mostly worse than on the images as they are.",
                fix="Use a generator without augmentation for validation and test.",
            )


def _assessing(story: Story) -> list[tuple[Images, bool]]:
    """Each source of images that assesses a network, and whether predictions are made with it."""
    found: dict[int, tuple[Images, bool]] = {}
    for record, images in story.assessed:
        predicts = found.get(images.number, (images, False))[1] or name_of(record) in PREDICTING
        found[images.number] = (images, predicts)
    return [found[number] for number in sorted(found)]


def _pairs(story: Story) -> list[tuple[Images, Images]]:
    """Training and validation images that go together, each pair once."""
    found: dict[tuple[int, int], tuple[Images, Images]] = {}
    for training in story.trainings:
        if training.data is not None and training.validation is not None:
            found[training.data.number, training.validation.number] = (training.data, training.validation)
    return list(found.values())


def _keeps_secret(images: Images) -> bool:
    """Whether the generator is none whose arguments are known."""
    generator: Record | None = images.generator
    return generator is None or name_of(generator) != "ImageDataGenerator"
