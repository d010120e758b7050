"""The images that a generator or dataset yields, with Keras's defaults where nothing was written."""

from dataclasses import dataclass

from app.core.architectures.reading import Record, RecordedValue
from app.core.architectures.training_findings.records import (
    argument,
    as_written,
    is_given,
    name_of,
    whole_number,
)

CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}


@dataclass(frozen=True)
class Images:
    """What one call promises; None is what it leaves unknown. `size` is height and width, in Keras's order.

    `labels` is how classes are coded: `categorical` (one-hot), `sparse` (numbers), `binary`; None for any other way.
    `generator` is the ImageDataGenerator behind it.
    """

    number: int
    record: Record
    generator: Record | None
    size: tuple[int, int] | None
    size_written: str
    channels: int | None
    channels_written: str
    classes: int | None
    labels: str | None
    shuffled: bool | None
    batch_size: int | None
    directory: str | None
    subset: str | None

    @property
    def name(self) -> str:
        """What the source calls it."""
        return self.record.assigned_to or f"{name_of(self.record)}(...)"


def images_of(number: int, record: Record, *, source: Record | None) -> Images | None:
    """What a call yields, None where it is none that makes images; `source` is what it is a method of."""
    kind = name_of(record)
    if kind in {"flow_from_directory", "flow_from_dataframe"}:
        return _flow(number, record, source=source, shift=0 if kind == "flow_from_directory" else 4)
    if kind == "image_dataset_from_directory":
        return _dataset(number, record)
    return None


def _flow(number: int, record: Record, *, source: Record | None, shift: int) -> Images:
    # In Keras's order: directory, target_size, color_mode, classes, class_mode, batch_size, shuffle; `from_dataframe` has
    # four arguments more before the size.
    mode = argument(record, "class_mode", 4 + shift, default="categorical")
    return Images(
        number=number,
        record=record,
        generator=source,
        size=_size(record, "target_size", 1 + shift),
        size_written=as_written(record, "target_size", 1 + shift) or "the default target_size=(256, 256)",
        channels=_channels(argument(record, "color_mode", 2 + shift, default="rgb")),
        channels_written=as_written(record, "color_mode", 2 + shift) or 'the default color_mode="rgb"',
        classes=_count(argument(record, "classes", 3 + shift)),
        labels=mode if isinstance(mode, str) and mode in {"categorical", "sparse", "binary"} else None,
        shuffled=_truth(argument(record, "shuffle", 6 + shift, default=True)),
        batch_size=whole_number(argument(record, "batch_size", 5 + shift, default=32)),
        directory=_text(argument(record, "directory", 0)) if shift == 0 else None,
        subset=_subset(record),
    )


def _dataset(number: int, record: Record) -> Images:
    # In Keras's order: directory, labels, label_mode, class_names, color_mode, batch_size, image_size, shuffle.
    mode = argument(record, "label_mode", 2, default="int")
    coded = {"int": "sparse", "categorical": "categorical", "binary": "binary"}
    return Images(
        number=number,
        record=record,
        generator=None,
        size=_size(record, "image_size", 6),
        size_written=as_written(record, "image_size", 6) or "the default image_size=(256, 256)",
        channels=_channels(argument(record, "color_mode", 4, default="rgb")),
        channels_written=as_written(record, "color_mode", 4) or 'the default color_mode="rgb"',
        classes=_count(argument(record, "class_names", 3)),
        labels=coded.get(mode) if isinstance(mode, str) else None,
        shuffled=_truth(argument(record, "shuffle", 7, default=True)),
        batch_size=whole_number(argument(record, "batch_size", 5, default=32)),
        directory=_text(argument(record, "directory", 0)),
        subset=_subset(record),
    )


def _size(record: Record, name: str, position: int) -> tuple[int, int] | None:
    if not is_given(record, name, position):
        return 256, 256
    value = argument(record, name, position)
    if not isinstance(value, list) or len(value) != 2:
        return None
    height, width = whole_number(value[0]), whole_number(value[1])
    return None if height is None or width is None else (height, width)


def _channels(value: RecordedValue) -> int | None:
    return CHANNELS.get(value) if isinstance(value, str) else None


def _count(value: RecordedValue) -> int | None:
    return len(value) if isinstance(value, list) and all(isinstance(entry, str) for entry in value) else None


def _truth(value: RecordedValue) -> bool | None:
    return value if isinstance(value, bool) else None


def _text(value: RecordedValue) -> str | None:
    return value if isinstance(value, str) else None


def _subset(record: Record) -> str | None:
    if not is_given(record, "subset"):
        return None
    value = argument(record, "subset")
    return value if isinstance(value, str) else "unknown"
