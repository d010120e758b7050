"""The causes of a comparison as their cards say it: shares, interactions, code before and after."""

from dataclasses import dataclass

from pydantic import JsonValue

from app.core.architectures.architecture import Architecture
from app.core.architectures.differences import Cause
from app.core.architectures.saying import value_text
from app.services.differences import Comparison
from app.web.pages.difference_view import differs, said

_CODE_LINES = 3
_LONGEST_CHIP = 40


@dataclass(frozen=True)
class CauseCard:
    """A cause with what its card says; `share` is that of all parameter effects, from 0 to 1."""

    cause: Cause
    left: str | None
    right: str | None
    where: str
    share: float
    explains: str
    together: str
    code: tuple[tuple[str, str], ...]
    more_code: int
    in_smallest_set: bool


def cause_cards(comparison: Comparison) -> list[CauseCard]:
    """The causes with the largest effect on shapes first, as they are listed."""
    differences = comparison.differences
    whole = sum(abs(cause.parameter_effect or 0) for cause in differences.causes)
    differing = sum(differs(row) for row in differences.rows)
    return [
        CauseCard(
            cause=cause,
            left=_chip(cause.left) if cause.kind != "topology" else None,
            right=_chip(cause.right) if cause.kind != "topology" else None,
            where=_where(cause),
            share=abs(cause.parameter_effect or 0) / whole if whole else 0.0,
            explains=_explains(cause, differing),
            together=_together(cause),
            code=tuple(_code(cause, comparison)[:_CODE_LINES]),
            more_code=max(0, len(_code(cause, comparison)) - _CODE_LINES),
            in_smallest_set=cause.id in differences.smallest_set,
        )
        for cause in differences.causes
    ]


def _chip(value: JsonValue) -> str:
    text = said(value)
    return text if len(text) <= _LONGEST_CHIP else f"{text[: _LONGEST_CHIP - 1]}…"


def _where(cause: Cause) -> str:
    names = [pair.left or pair.right or "" for pair in cause.layers]
    shown = ", ".join(names[:2])
    # An activation as a layer is about layers of two kinds: those that had the argument, and their activations.
    of_one = cause.layer_kind != "InputLayer" and not (cause.kind == "topology" and cause.field == "activation")
    kind = f"{cause.layer_kind} " if cause.layer_kind and of_one else ""
    noun = "input" if cause.kind == "input" else "layer"
    what = f"{len(names)} {kind}{noun}{'' if len(names) == 1 else 's'}"
    return f"{what}: {shown}" + (f" and {len(names) - 2} more" if len(names) > 2 else "") if names else ""


def _explains(cause: Cause, differing: int) -> str:
    rows = len({entry.row for entry in cause.explains})
    if not cause.affects_shapes:
        return f"no shape, {rows} {'row' if rows == 1 else 'rows'}"
    if rows == differing:
        return f"explains all {rows} rows that differ" if rows > 1 else "explains the row that differs"
    return f"explains {rows} of {differing} rows that differ"


def _together(cause: Cause) -> str:
    """How it interacts: alone it may do something else than behind the causes before it."""
    if cause.alone is None or cause.parameter_effect is None or cause.alone == cause.parameter_effect:
        return ""
    return f"By itself {cause.alone:+,} parameters; {cause.parameter_effect:+,} once the causes before it are applied."


def _code(cause: Cause, comparison: Comparison) -> list[tuple[str, str]]:
    """Each of its layers on the left and on the right, as one would write it; empty where there is none."""
    left, right = comparison.left.architecture, comparison.right.architecture
    lines = [(_line(left, pair.left), _line(right, pair.right)) for pair in cause.layers]
    return [line for line in lines if line[0] != line[1]]


def _line(architecture: Architecture, name: str | None) -> str:
    if name is None:
        return ""
    for entry in architecture.inputs:
        if entry.name == name:
            shape = value_text(entry.json_object()["shape"][1:])
            return f"Input(shape={shape}{'' if entry.dtype == 'float32' else f', dtype={entry.dtype!r}'})"
    layer = next((layer for layer in architecture.layers if layer.name == name), None)
    if layer is None:
        return ""
    arguments = ", ".join(f"{field}={value_text(value)}" for field, value in layer.config.items())
    return f"{layer.kind}({arguments})"
