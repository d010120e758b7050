"""Whether a network is right as often as it is sure.

The reliability diagram and the expected calibration error of Guo et al., "On Calibration of Modern Neural Networks"
(2017). That error is biased: with few images even a network that is as sure as it is right shows a large one. So it stands
beside what such a network would show on as many images, found by drawing (consistency resampling; Bröcker & Smith,
"Increasing the Reliability of Reliability Diagrams", 2007).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.intervals import wilson_interval
from app.core.runs.predicted import Bools, Floats, Predicted

BINS = 15
DRAWS = 500
_SUM_TOLERANCE = 0.01
_AT_ONCE = 1_024
"""Images whose outputs are squared at once: of many classes a second array of all outputs would be gigabytes."""


def calibration(predicted: Predicted) -> dict[str, Any]:
    """`{"defined", "why_not", "error", "usual": {"mean", "high"}, "confidence", "accuracy", "brier", "bins", "words"}`."""
    why = _why_undefined(predicted)
    if why is not None:
        return {"defined": False, "why_not": why, "error": None, "usual": None, "bins": [], "words": why}
    confidence, correct = predicted.confidence, predicted.correct
    error, usual = expected_error(confidence, correct), _usual(confidence)
    mean, accuracy = float(confidence.mean()), float(correct.mean())
    return {
        "defined": True,
        "why_not": None,
        "error": error,
        "usual": usual,
        "confidence": mean,
        "accuracy": accuracy,
        "brier": _brier(predicted),
        "bins": _bins(confidence, correct),
        "words": _words(error, usual["high"], sureness=mean, accuracy=accuracy, images=len(predicted)),
    }


def _why_undefined(predicted: Predicted) -> str | None:
    outputs = predicted.probabilities
    if predicted.not_finite:
        return f"The network answers {predicted.not_finite:,} of {len(predicted):,} images with what is no number."
    if outputs.min() < 0 or (abs(outputs.sum(axis=1, dtype=np.float64) - 1) > _SUM_TOLERANCE).any():
        return (
            "The outputs of this network are no probabilities: for each image they would have to be numbers from 0 on that "
            "sum to 1, as those of a softmax layer are. How sure it is cannot be told."
        )
    return None


def expected_error(confidence: Floats, correct: Bools, *, bins: int = BINS) -> float:
    """The mean distance of accuracy and confidence over bins of equal width, weighted by their images: 0 to 1."""
    place = _places(confidence, bins)
    off = np.bincount(place, correct - confidence, minlength=bins)
    return float(abs(off).sum() / len(confidence))


def _places(confidence: Floats, bins: int) -> NDArray[np.int64]:
    """The bin of each image; a bin holds its upper edge, as in Guo et al."""
    return np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)


def _usual(confidence: Floats) -> dict[str, float]:
    """What the error would be of a network that is right as often as it is sure, on images of these confidences."""
    random = np.random.default_rng(0)
    place = _places(confidence, BINS)
    errors = []
    for _ in range(DRAWS):
        off = np.bincount(place, (random.random(len(confidence)) < confidence) - confidence, minlength=BINS)
        errors.append(abs(off).sum() / len(confidence))
    return {"mean": float(np.mean(errors)), "high": float(np.quantile(errors, 0.95))}


def _brier(predicted: Predicted) -> float:
    """The mean squared distance of all outputs from the truth (Brier, 1950): 0 is perfect, 2 the worst."""
    # Of one image: the sum of p^2, but (1 - p)^2 for the true class.
    true = predicted.probabilities[np.arange(len(predicted)), predicted.labels].astype(np.float64)
    total = float((1 - 2 * true).sum())
    for start in range(0, len(predicted), _AT_ONCE):
        total += float(np.square(predicted.probabilities[start : start + _AT_ONCE].astype(np.float64)).sum())
    return total / len(predicted)


def _bins(confidence: Floats, correct: Bools) -> list[dict[str, Any]]:
    place = _places(confidence, BINS)
    found = []
    for number in np.unique(place):
        here = place == number
        images, right = int(here.sum()), int(correct[here].sum())
        found.append(
            {
                "from": float(number / BINS),
                "to": float((number + 1) / BINS),
                "images": images,
                "confidence": float(confidence[here].mean()),
                "accuracy": right / images,
                "interval": list(wilson_interval(right, images)),
            }
        )
    return found


def _words(error: float, high: float, *, sureness: float, accuracy: float, images: int) -> str:
    if error <= high:
        return (
            f"On {images:,} images nothing speaks against it: a network that is right exactly as often as it is sure "
            f"would show up to {high:.1%} too."
        )
    way = "surer than it is right" if sureness > accuracy else "less sure than it is right"
    return (
        f"It is {way}: {sureness:.1%} sure on average and right in {accuracy:.1%}. A network that is right exactly as "
        f"often as it is sure would show at most {high:.1%} on {images:,} images (in 95 of 100 cases)."
    )
