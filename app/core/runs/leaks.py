"""What the checks of a data set say about a figure that was measured on it, in words that do not flatter."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from app.core.datasets.baselines import meaning, rivals
from app.core.datasets.dataset import Split, Version
from app.core.datasets.findings import counted, verb
from app.core.runs.configuration import Configuration
from app.core.runs.evaluation import brief
from app.core.runs.predicted import Predicted

SEEN_ELSEWHERE = ("duplicates_across_splits", "near_copies_across_splits")
CONTRADICTING = ("same_image_in_classes", "near_copies_in_classes")
REPEATED = ("exact_duplicates", "near_duplicates")


def caveats(
    predicted: Predicted, version: Version, *, listed: Mapping[str, Sequence[str]], configuration: Configuration
) -> dict[str, Any]:
    """`{"seen", "without_seen", "words": [{"severity", "text", "rule"}]}`.

    `listed` has the paths that each finding of the version lists. `seen` counts the images that are in an earlier split as
    well, byte for byte or as a near copy; `without_seen` is what the network reaches on the others, where there are any of
    both.
    """
    paths = {finding.rule: listed.get(finding.rule) or finding.examples for finding in version.findings}
    is_divided_anew = predicted.split is Split.VALIDATION and configuration.validation_split is not None
    seen = () if is_divided_anew else _places(predicted, paths, SEEN_ELSEWHERE)
    others = np.setdiff1d(np.arange(len(predicted)), np.array(seen, np.int64))
    without = brief(predicted.only(others)) if len(seen) and len(others) else None
    words = [
        *_seen(predicted, len(seen), without, is_divided_anew=is_divided_anew),
        *_contradicting(predicted, paths),
        *_repeated(predicted, paths),
        *_chosen_by(predicted, configuration),
        *_rivalled(predicted, version),
    ]
    return {"seen": len(seen), "without_seen": without, "words": words}


def _places(predicted: Predicted, paths: Mapping[str, Iterable[str]], rules: Sequence[str]) -> list[int]:
    wanted = {path for rule in rules for path in paths.get(rule, ())}
    return [place for place, path in enumerate(predicted.paths) if path in wanted]


def _word(severity: str, text: str, rule: str | None = None) -> dict[str, Any]:
    return {"severity": severity, "text": text, "rule": rule}


def _seen(
    predicted: Predicted, seen: int, without: dict[str, Any] | None, *, is_divided_anew: bool
) -> list[dict[str, Any]]:
    split = predicted.split.value
    if is_divided_anew:
        text = (
            "Training and validation images were divided anew for this run; copies of one photograph stayed together."
        )
        return [_word("note", text)]
    if not seen:
        return [_word("good", f"The checks found no copy of an earlier split's image among these {split} images.")]
    text = (
        f"{counted(seen, 'image')} of {len(predicted):,} {verb(seen, 'is', 'are')} in an earlier split too, as "
        f"{verb(seen, 'it is or as a near copy', 'they are or as near copies')}: {verb(seen, 'it asks', 'they ask')} for memory."
    )
    if without is None:
        return [
            _word(
                "warning",
                f"{text} There are no others: this accuracy says nothing about new images.",
                SEEN_ELSEWHERE[0],
            )
        ]
    low, high = without["interval"]
    text += f" On the other {without['images']:,} it is right in {without['accuracy']:.1%} ({low:.1%} to {high:.1%})."
    return [_word("warning", text, SEEN_ELSEWHERE[0])]


def _contradicting(predicted: Predicted, paths: Mapping[str, Iterable[str]]) -> list[dict[str, Any]]:
    odd = len(_places(predicted, paths, CONTRADICTING))
    if not odd:
        return []
    text = (
        f"{counted(odd, 'image')} {verb(odd, 'stands', 'stand')} in another class too, as "
        f"{verb(odd, 'it is', 'they are')} or as a near copy: not all of these answers can be right."
    )
    return [_word("warning", text, CONTRADICTING[0])]


def _repeated(predicted: Predicted, paths: Mapping[str, Iterable[str]]) -> list[dict[str, Any]]:
    extra = len(_places(predicted, paths, REPEATED))
    if not extra:
        return []
    text = (
        f"{counted(extra, 'image')} {verb(extra, 'repeats', 'repeat')} another of this split: there are fewer different "
        f"photographs than {len(predicted):,}, and the interval is wider than it says."
    )
    return [_word("note", text, REPEATED[0])]


def _chosen_by(predicted: Predicted, configuration: Configuration) -> list[dict[str, Any]]:
    if predicted.split is not Split.VALIDATION or not configuration.monitor.startswith("val_"):
        return []
    text = "The best epoch was chosen by these very images: their figures flatter. Believe those of the test images."
    return [_word("note", text)]


def _rivalled(predicted: Predicted, version: Version) -> list[dict[str, Any]]:
    accuracy = float(predicted.correct.mean())
    return [
        _word(
            "warning",
            f"Answering with the class of the nearest training image by "
            f"{'16×16 gray pixels' if figure.kind == 'thumbnail' else 'the mean colour'} is right in {figure.accuracy:.1%}: "
            f"this network is not clearly better. {meaning(figure)}",
            f"{figure.kind}_baseline",
        )
        for figure in version.baselines
        if figure.split is predicted.split and rivals(figure, accuracy)
    ]
