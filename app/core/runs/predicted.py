"""What a run's best weights answered for every image of a split: all other figures of an evaluation follow from it.

Kept as `predictions.npz`, which NumPy opens anywhere: `classes` (classes,), and of each split `{split}_paths` (bytes,)
uint8, all paths after each other in UTF-8, with `{split}_path_ends` (images,) int64, where each ends (an array of strings
would give every path the room of the longest, four bytes a letter), `{split}_digests` (images, 32) uint8, the SHA-256 of each file, `{split}_labels` (images,) int32, the number of the true
class, and `{split}_probabilities` (images, classes) float32, the network's outputs.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.core.datasets.dataset import Split
from app.core.errors import InvalidError, NotFoundError

PREDICTIONS = "predictions.npz"
"""The artifact's name."""

DAMAGED = (ValueError, KeyError, TypeError, EOFError, OSError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What NumPy and zipfile raise where bytes are not those that were written, depending on where."""

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Predicted:
    """One split in the order of its images; labels (images,), probabilities (images, classes) float32."""

    split: Split
    classes: tuple[str, ...]
    paths: tuple[str, ...]
    digests: tuple[str, ...]
    labels: Integers
    probabilities: NDArray[np.float32]

    def __len__(self) -> int:
        """How many images."""
        return len(self.labels)

    @cached_property
    def predicted(self) -> Integers:
        """The class with the largest output of each image, the first of equals; what is no number is never the largest."""
        finite = np.where(np.isnan(self.probabilities), -np.inf, self.probabilities)
        return np.asarray(finite.argmax(axis=1), np.int64)

    @cached_property
    def correct(self) -> Bools:
        """Whether it is the true one, of each image."""
        return np.asarray(self.predicted == self.labels)

    @cached_property
    def confidence(self) -> Floats:
        """The output of the predicted class, of each image."""
        return self.probabilities[np.arange(len(self)), self.predicted].astype(np.float64)

    @cached_property
    def not_finite(self) -> int:
        """How many images have an output that is no number, or infinite."""
        return int((~np.isfinite(self.probabilities).all(axis=1)).sum())

    @cached_property
    def matrix(self) -> Integers:
        """How many images of which class were taken for which: (classes, classes), [true][predicted]."""
        counts = np.zeros((len(self.classes), len(self.classes)), np.int64)
        np.add.at(counts, (self.labels, self.predicted), 1)
        return counts

    @cached_property
    def first_places(self) -> dict[tuple[str, str], int]:
        """Where each different image, by its digest and true class, stands first."""
        names = (self.classes[label] for label in self.labels)
        found: dict[tuple[str, str], int] = {}
        for place, key in enumerate(zip(self.digests, names, strict=True)):
            found.setdefault(key, place)
        return found

    def cell(self, true: str | None, predicted: str | None) -> Integers:
        """The places of the images of a true class (or of any) that were taken for a class (or any), the surest first."""
        wanted = np.ones(len(self), bool)
        if true is not None:
            wanted &= self.labels == self._number(true)
        if predicted is not None:
            wanted &= self.predicted == self._number(predicted)
        return self.surest_first(np.flatnonzero(wanted))

    @property
    def mistakes(self) -> Integers:
        """The places of the images taken for another class, the surest first."""
        return self.surest_first(np.flatnonzero(~self.correct))

    def only(self, places: Integers) -> "Predicted":
        """The same of these places alone."""
        return Predicted(
            split=self.split,
            classes=self.classes,
            paths=tuple(self.paths[place] for place in places),
            digests=tuple(self.digests[place] for place in places),
            labels=self.labels[places],
            probabilities=self.probabilities[places],
        )

    def surest_first(self, places: Integers) -> Integers:
        """The places, ordered by how sure the network was."""
        return places[np.argsort(-self.confidence[places], kind="stable")]

    def rows(self) -> Iterator[list[str]]:
        """A table: the columns' names, then for each image its path, digest, true and predicted class, every class's output."""
        yield ["path", "sha256", "class", "predicted", "correct", *(f"output {name}" for name in self.classes)]
        for place in range(len(self)):
            true, answer = self.classes[self.labels[place]], self.classes[self.predicted[place]]
            outputs = (repr(float(value)) for value in self.probabilities[place])
            right = "yes" if self.correct[place] else "no"
            yield [self.paths[place], self.digests[place], true, answer, right, *outputs]

    def _number(self, name: str) -> int:
        if name not in self.classes:
            shown = ", ".join(self.classes[:20]) + (", ..." if len(self.classes) > 20 else "")
            raise InvalidError(f"There is no class {name!r:.100} among those that this run was trained on: {shown}.")
        return self.classes.index(name)


def written(splits: Sequence[Predicted]) -> bytes:
    """The bytes of `predictions.npz`; all splits have the same classes."""
    arrays: dict[str, NDArray[np.generic]] = {"classes": np.array(splits[0].classes if splits else (), dtype=np.str_)}
    for found in splits:
        name = found.split.value
        digests = np.frombuffer(bytes.fromhex("".join(found.digests)), np.uint8).reshape(len(found), -1)
        arrays |= {
            **_packed(found.paths, name),
            f"{name}_digests": digests,
            f"{name}_labels": found.labels.astype(np.int32),
            f"{name}_probabilities": found.probabilities.astype(np.float32),
        }
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def read(content: bytes) -> dict[Split, Predicted]:
    """The splits in such a file; NotFoundError where it is damaged."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            classes = tuple(arrays["classes"].tolist())
            return {split: _split(arrays, split, classes) for split in Split if f"{split.value}_labels" in arrays}
    except DAMAGED as error:
        raise NotFoundError(f"{PREDICTIONS} is damaged: no answers can be read from it.") from error


def _split(arrays: Mapping[str, NDArray[np.generic]], split: Split, classes: tuple[str, ...]) -> Predicted:
    name = split.value
    return Predicted(
        split=split,
        classes=classes,
        paths=_unpacked(arrays, name),
        digests=tuple(row.tobytes().hex() for row in arrays[f"{name}_digests"]),
        labels=arrays[f"{name}_labels"].astype(np.int64),
        probabilities=arrays[f"{name}_probabilities"].astype(np.float32),
    )


def _packed(paths: Sequence[str], name: str) -> dict[str, NDArray[np.generic]]:
    encoded = [path.encode() for path in paths]
    ends = np.cumsum([len(path) for path in encoded], dtype=np.int64)
    return {f"{name}_paths": np.frombuffer(b"".join(encoded), np.uint8), f"{name}_path_ends": ends}


def _unpacked(arrays: Mapping[str, NDArray[np.generic]], name: str) -> tuple[str, ...]:
    content, ends = arrays[f"{name}_paths"].tobytes(), arrays[f"{name}_path_ends"].tolist()
    return tuple(content[start:end].decode() for start, end in pairwise([0, *ends]))
