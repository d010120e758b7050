"""Many runs out of one request: every combination of listed values, each with several seeds."""

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field, JsonValue, ValidationError

from app.core.errors import FieldError, InvalidError
from app.core.runs.configuration import Configuration
from app.core.runs.request import MOST_RUNS_AT_ONCE, RunRequest
from app.core.values import JsonObject, Value

SEED = "configuration.seed"
_SEEDS = 2**32
_PATHS = ("architecture", "dataset", "start_from", "configuration")
_OWN_NAME = ("architecture", "dataset")
_TAGS = ("name", "kind")
_USUAL = {"configuration": Configuration().json_object()}


class Sweep(Value):
    """`base` is a run request; `over` lists values for some of its fields, named by their dotted paths.

    Each combination runs with `repeats` seeds that follow one another from the base's own.
    """

    base: JsonObject
    over: dict[str, list[JsonValue]] = Field(default_factory=dict, max_length=20)
    repeats: int = Field(default=1, ge=1, le=MOST_RUNS_AT_ONCE)

    @property
    def runs(self) -> int:
        """How many runs come of it."""
        return math.prod(len(values) for values in self.over.values()) * self.repeats

    @property
    def title(self) -> str:
        """What differs between the runs."""
        names = [f"{len(values)} × {_short(path)}" for path, values in self.over.items()]
        return ", ".join([*names, *([f"{self.repeats} seeds"] if self.repeats > 1 else [])])


@dataclass(frozen=True)
class Variant:
    """One run of a sweep, and by what it differs from the others: `{path: value}`."""

    request: RunRequest
    differs: Mapping[str, Any]

    @property
    def label(self) -> str:
        """What differs in words, without architecture and dataset, which have names of their own."""
        told = [(path, value) for path, value in self.differs.items() if path not in _OWN_NAME]
        return ", ".join(f"{_short(path)} {_told(value)}" for path, value in told)


def expanded(sweep: Sweep) -> list[Variant]:
    """All runs of the sweep; InvalidError where there are too many, a list is not one, or a run is not acceptable."""
    if not 1 <= sweep.runs <= MOST_RUNS_AT_ONCE:
        counts = " × ".join(str(len(values)) for values in sweep.over.values())
        raise InvalidError(
            f"The sweep comes to {sweep.runs:,} runs ({counts or 1} × {sweep.repeats}); "
            f"between 1 and {MOST_RUNS_AT_ONCE} go at once. Shorten a list.",
            errors=[FieldError("sweep", f"expected at most {MOST_RUNS_AT_ONCE} runs")],
        )
    base = _written_out(sweep.base)
    lists = _checked(sweep, base)
    variants = []
    for values in itertools.product(*lists.values()):
        chosen = dict(zip(lists, values, strict=True))
        document: Any = base
        for path, value in chosen.items():
            document = _with(document, path.split("."), value)
        differs = {path: value for path, value in chosen.items() if len(lists[path]) > 1}
        variants.append(Variant(RunRequest.model_validate(document), differs))
    return variants


def _written_out(base: JsonObject) -> JsonObject:
    """The base with its configuration as objects, where short forms (`"optimizer": "sgd"`) stand for them."""
    try:
        configuration = Configuration.model_validate(base.get("configuration", {}))
    except ValidationError:
        return base  # said when a run of it is looked at
    return {**base, "configuration": configuration.model_dump(mode="json", exclude_unset=True)}


def _checked(sweep: Sweep, base: JsonObject) -> dict[str, Sequence[Any]]:
    for path, values in sweep.over.items():
        if path.split(".", 1)[0] not in _PATHS:
            raise _refused(path, f"cannot be swept over; expected one of {', '.join(_PATHS)}, or a part of it")
        written = [json.dumps(value, sort_keys=True) for value in values]
        if len(set(written)) < len(written):
            raise _refused(path, "names a value twice, which would be the same run twice; use repeats for more seeds")
    if sweep.repeats == 1:
        return dict(sweep.over)
    if SEED in sweep.over:
        raise _refused(SEED, "lists seeds, and repeats asks for others; use one of the two")
    configuration = base.get("configuration")
    first = configuration.get("seed") if isinstance(configuration, dict) else None
    seed = first if isinstance(first, int) else Configuration().seed
    return {**sweep.over, SEED: [(seed + number) % _SEEDS for number in range(sweep.repeats)]}


def _refused(path: str, reason: str) -> InvalidError:
    return InvalidError(f"{path!r:.200} {reason}.", errors=[FieldError(f"sweep.over.{path:.200}", reason)])


def _with(document: Any, path: Sequence[str], value: Any, usual: Any = _USUAL) -> Any:
    """The document with a value at a path; an object on the way that is not there is the usual one."""
    if not path:
        return value
    if not isinstance(document, dict):
        # Of which kind an object is decides what else it has: then nothing of the usual one is taken.
        document = usual if isinstance(usual, dict) and path[0] not in _TAGS else {}
    below = usual.get(path[0]) if isinstance(usual, dict) else None
    return {**document, path[0]: _with(document.get(path[0]), path[1:], value, below)}


def _short(path: str) -> str:
    *before, last = path.split(".")
    return f"{before[-1]} {last}".replace("_", " ") if last in _TAGS else last.replace("_", " ")


def _told(value: Any) -> str:
    if isinstance(value, dict):
        kind = value.get("name") or value.get("kind")
        return str(kind) if kind else json.dumps(value)[:60]
    return f"{value:g}" if isinstance(value, float) else str(value)[:60]
