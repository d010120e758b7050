"""What folders mean: the class and the split of each image, from its path alone or from a table of labels."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.core.datasets.dataset import Split, StagedFile
from app.core.datasets.labels import Label
from app.core.datasets.names import colliding, split_called
from app.core.errors import InvalidError

_HOW = (
    "Put each image into a folder named after its class (dice/1/a.jpg), or those into train/, val/ and test/, or add a "
    "labels.csv with the columns filename and label."
)


class LayoutKind(StrEnum):
    """Where classes and splits come from."""

    CLASS_FOLDERS = "class_folders"
    SPLIT_FOLDERS = "split_folders"
    TABLE = "table"


@dataclass(frozen=True)
class Place:
    """Where an image belongs; `split` is None where the folders leave it open."""

    path: str
    class_name: str
    split: Split | None


@dataclass(frozen=True)
class Layout:
    """Every image's place, the classes in order, and the paths that lie in no class folder."""

    places: tuple[Place, ...]
    classes: tuple[str, ...]
    outside: tuple[str, ...]
    kind: LayoutKind

    def representation(self) -> dict[str, Any]:
        """As the REST contract shows it; images whose split is left open are counted under `open`."""
        counted = Counter((place.split or "open", place.class_name) for place in self.places)
        splits = [name for name in (*Split, "open") if any(split == name for split, _ in counted)]
        return {
            "kind": self.kind.value,
            "images": len(self.places),
            "classes": list(self.classes),
            "splits": {str(split): {name: counted[split, name] for name in self.classes} for split in splits},
            "outside": {"images": len(self.outside), "examples": list(self.outside[:10])},
        }


def labels_noted(files: Sequence[StagedFile]) -> dict[str, Label]:
    """What tables of labels said of the files when they were committed; empty where there was none."""
    return {file.path: Label(file.class_name, file.split) for file in files if file.class_name is not None}


def layout_of(paths: Sequence[str], labels: Mapping[str, Label] | None = None) -> Layout:
    """Read the folders; raise InvalidError where they do not name at least two classes that can be trained.

    Where a table gives labels (by path), it says the classes, and folders at most the split.
    """
    if not paths:
        raise InvalidError(f"No image has arrived yet. {_HOW}")
    if labels:
        return _checked(paths, _in_table(paths, labels), LayoutKind.TABLE)
    depth = _wrapping_folders([path.split("/") for path in paths])
    parts = [(path, path.split("/")[depth:]) for path in paths]
    in_folders = [(path, segments) for path, segments in parts if len(segments) > 1]
    if not in_folders:
        raise InvalidError(f"All {len(paths)} images lie flat in one folder, so none has a class. {_HOW}")
    if _has_splits(in_folders):
        return _checked(paths, _in_splits(in_folders), LayoutKind.SPLIT_FOLDERS)
    places = [Place(path, segments[0], None) for path, segments in in_folders]
    return _checked(paths, places, LayoutKind.CLASS_FOLDERS)


def _checked(paths: Sequence[str], places: Sequence[Place], kind: LayoutKind) -> Layout:
    placed = {place.path for place in places}
    classes = tuple(sorted({place.class_name for place in places}))
    _check_classes(places, classes)
    return Layout(tuple(places), classes, tuple(path for path in paths if path not in placed), kind)


def _wrapping_folders(parts: Sequence[Sequence[str]]) -> int:
    depth = 0
    while True:
        deep = [segments[depth:] for segments in parts if len(segments) > depth + 1]
        names = {segments[0] for segments in deep}
        wraps = len(names) == 1 and any(len(segments) > 2 for segments in deep)
        if not wraps or split_called(names.pop()) is not None:
            return depth
        depth += 1


def _has_splits(parts: Sequence[tuple[str, list[str]]]) -> bool:
    names = {segments[0] for _, segments in parts}
    named = {split_called(name) for name in names} - {None}
    others = sorted(name for name in names if split_called(name) is None)
    if not named or (others and len(named) == 1):
        return False  # a class may well be called "train", beside "bus"
    if others:
        raise InvalidError(
            f"Beside the folders of splits there is {', '.join(map(repr, others[:5]))}, so it is not clear what is a "
            f"class. {_HOW}"
        )
    return True


def _in_splits(parts: Sequence[tuple[str, list[str]]]) -> list[Place]:
    by_folder: dict[str, list[tuple[str, list[str]]]] = {}
    for path, segments in parts:
        by_folder.setdefault(segments[0], []).append((path, segments[1:]))
    places = []
    for folder, members in by_folder.items():
        # A folder between split and classes (train/images/1/a.jpg) names no class.
        depth = _wrapping_folders([segments for _, segments in members])
        deep = [(path, segments[depth:]) for path, segments in members if len(segments) > depth + 1]
        places += [Place(path, segments[0], split_called(folder)) for path, segments in deep]
    if not places:
        raise InvalidError(f"The folders of splits hold images, but no folders of classes. {_HOW}")
    return places


def _in_table(paths: Sequence[str], labels: Mapping[str, Label]) -> list[Place]:
    depth = _wrapping_folders([path.split("/") for path in paths])
    places = []
    for path in paths:
        label = labels.get(path)
        if label is not None:
            segments = path.split("/")[depth:]
            folder = split_called(segments[0]) if len(segments) > 1 else None
            places.append(Place(path, label.class_name, label.split or folder))
    if not places:
        raise InvalidError(f"The table of labels names none of the images that could be read. {_HOW}")
    return places


def _check_classes(places: Sequence[Place], classes: Sequence[str]) -> None:
    for group in colliding(classes):
        raise InvalidError(
            f"The classes {' and '.join(map(repr, group))} differ by upper and lower case or by spaces only. Rename "
            "the folders so that each class has one spelling."
        )
    if len(classes) < 2:
        raise InvalidError(f"There is one class only ({classes[0]!r}); telling apart needs at least two. {_HOW}")
    trained = {place.class_name for place in places if place.split in {Split.TRAIN, None}}
    missing = [name for name in classes if name not in trained]
    if missing:
        raise InvalidError(
            f"No training image for the class{'es' if len(missing) > 1 else ''} "
            f"{', '.join(map(repr, missing[:10]))}: nothing could be learned about it. Add some to train/."
        )
