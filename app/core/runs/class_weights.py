"""How much an image of each class counts in the loss."""

from collections.abc import Mapping, Sequence

from app.core.errors import FieldError, InvalidError


def class_weights(
    asked: str | Mapping[str, float], classes: Sequence[str], counts: Mapping[str, int]
) -> list[float] | None:
    """Weights in the order of the classes, None where all count the same.

    `balanced` is images / (classes * images of the class) as in scikit-learn's `compute_class_weight`; a class without
    training images weighs nothing. InvalidError where weights are given for classes that there are not.
    """
    if asked == "none":
        return None
    if isinstance(asked, str):
        there = [name for name in classes if counts.get(name)]
        total = sum(counts.get(name, 0) for name in there)
        return [total / (len(there) * counts[name]) if counts.get(name) else 0.0 for name in classes]
    unknown = sorted(set(asked) - set(classes))
    if unknown:
        raise InvalidError(
            f"Class weights are given for {', '.join(unknown[:5])}, but the dataset's classes are "
            f"{', '.join(classes[:20])}. Name these; a class that is left out counts 1.",
            errors=[FieldError("configuration.class_weights", f"{unknown[0]!r} is no class of the dataset")],
        )
    return [float(asked.get(name, 1.0)) for name in classes]
