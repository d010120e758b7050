"""What can be done to a version to make a better one of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from app.core.datasets.dataset import ImageRecord, Split
from app.core.datasets.group_splits import split_by_groups
from app.core.datasets.names import accepted_path, colliding
from app.core.errors import InvalidError
from app.core.values import JsonObject, Value

_KEPT_FIRST = (Split.TEST, Split.VALIDATION, Split.TRAIN)


def _class_name(name: str) -> str:
    try:
        accepted = accepted_path(name)
    except InvalidError as error:
        raise ValueError(error.detail) from error
    if "/" in accepted:
        raise ValueError("a class name has no '/'")
    return accepted


class SplitAgain(Value):
    """Shares of the images; what is left is trained on."""

    seed: int = Field(default=0, ge=0, lt=2**32)
    validation: float = Field(default=0.15, ge=0.01, le=0.9, allow_inf_nan=False)
    test: float = Field(default=0.15, ge=0, le=0.9, allow_inf_nan=False)

    @model_validator(mode="after")
    def _leaves_some(self) -> "SplitAgain":
        if self.validation + self.test > 0.95:
            raise ValueError("validation and test together leave less than 5 % to train on")
        return self


class Repair(Value):
    """Done in this order: leave out, merge, rename, split again."""

    leave_out: tuple[str, ...] = Field(default=(), description="rules of findings, whose images are left out")
    merge_duplicates: bool = Field(default=False, description="of equal images in one class keep one")
    rename_classes: dict[str, Annotated[str, AfterValidator(_class_name)]] = Field(default_factory=dict)
    split_again: SplitAgain | None = None

    @model_validator(mode="after")
    def _does_something(self) -> "Repair":
        if not (self.leave_out or self.merge_duplicates or self.rename_classes or self.split_again):
            raise ValueError("nothing to do: give leave_out, merge_duplicates, rename_classes or split_again")
        return self


def repaired(
    images: Sequence[ImageRecord], repair: Repair, listed: Mapping[str, Sequence[str]]
) -> tuple[list[ImageRecord], list[JsonObject]]:
    """The images of the new version, and what was done; `listed` has the paths of each finding of the version.

    Raises InvalidError where a finding or a class is not there, or where what is left cannot be trained on.
    """
    changes: list[JsonObject] = []
    kept = list(images)
    for rule in repair.leave_out:
        kept = _left_out(kept, rule, listed, changes)
    if repair.merge_duplicates:
        kept = _merged(kept, changes)
    if repair.rename_classes:
        kept = _renamed(kept, repair.rename_classes, changes)
    if repair.split_again is not None:
        kept = _split_again(kept, repair.split_again, changes)
    _check(kept)
    return kept, changes


def _left_out(
    images: list[ImageRecord], rule: str, listed: Mapping[str, Sequence[str]], changes: list[JsonObject]
) -> list[ImageRecord]:
    if not listed.get(rule):
        named = ", ".join(sorted(name for name, paths in listed.items() if paths)) or "none that lists any"
        raise InvalidError(f"No finding {rule!r} lists images of this version; there is {named}.")
    gone = set(listed[rule])
    kept = [image for image in images if image.path not in gone]
    changes.append({"change": "left_out", "finding": rule, "images": len(images) - len(kept)})
    return kept


def _merged(images: list[ImageRecord], changes: list[JsonObject]) -> list[ImageRecord]:
    """Of equal images in a class the one in the test split stays, so that what is tested stays comparable."""
    kept: dict[tuple[str, str], ImageRecord] = {}
    for image in sorted(images, key=lambda image: (_KEPT_FIRST.index(image.split), image.path)):
        kept.setdefault((image.class_name, image.digest), image)
    paths = {image.path for image in kept.values()}
    changes.append({"change": "merged_duplicates", "images": len(images) - len(paths)})
    return [image for image in images if image.path in paths]


def _renamed(images: list[ImageRecord], names: Mapping[str, str], changes: list[JsonObject]) -> list[ImageRecord]:
    classes = {image.class_name for image in images}
    for name in names:
        if name not in classes:
            raise InvalidError(f"There is no class {name!r}; there are {', '.join(map(repr, sorted(classes)[:20]))}.")
    after = [names.get(name, name) for name in sorted(classes)]
    if len(set(after)) < len(after):
        twice = next(name for name, count in Counter(after).items() if count > 1)
        raise InvalidError(f"There would be two classes called {twice!r}; classes are renamed, not joined.")
    for group in colliding(after):
        raise InvalidError(f"The classes {' and '.join(map(repr, group))} would differ by upper and lower case only.")
    changes.append({"change": "renamed_classes", "names": dict(names)})
    return [image.model_copy(update={"class_name": names.get(image.class_name, image.class_name)}) for image in images]


def _split_again(images: list[ImageRecord], how: SplitAgain, changes: list[JsonObject]) -> list[ImageRecord]:
    splits = split_by_groups(images, seed=how.seed, validation=how.validation, test=how.test)
    moved = sum(splits[image.path] is not image.split for image in images)
    changes.append({"change": "split_again", **how.json_object(), "moved": moved})
    return [image.model_copy(update={"split": splits[image.path]}) for image in images]


def _check(images: Sequence[ImageRecord]) -> None:
    classes = {image.class_name for image in images}
    if len(classes) < 2:
        raise InvalidError(f"{len(classes)} of the classes would be left; telling apart needs at least two.")
    trained = {image.class_name for image in images if image.split is Split.TRAIN}
    if missing := sorted(classes - trained):
        raise InvalidError(
            f"No training image of {', '.join(map(repr, missing[:10]))} would be left. Split again by groups instead of "
            "leaving images out, or leave the class out of the folder."
        )
    if not any(image.split is Split.VALIDATION for image in images):
        raise InvalidError(
            "No image would be left to validate on. Split again by groups instead of leaving images out."
        )
