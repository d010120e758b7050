"""Several runs side by side: what was asked of them, how they went, and through which epoch they are bit-identical."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.core.runs.columns import columns_of
from app.core.runs.configuration import Configuration
from app.core.runs.levels import levels_of, series_from
from app.core.runs.run import Event, EventKind, Run
from app.core.runs.series import Series, Wanted
from app.core.values import Value


@dataclass(frozen=True)
class Epochs:
    """What a run came to after each of its epochs: the digest of its weights (None: not told), and its metrics."""

    digests: Sequence[str | None] = ()
    series: Mapping[str, Series] = field(default_factory=dict)

    @classmethod
    def of(cls, events: Sequence[Event]) -> "Epochs":
        """From events of kind EPOCH."""
        return cls(_digests(events), series_from(levels_of(columns_of(events)), Wanted()))


@dataclass(frozen=True)
class RunHistory:
    """A run, what it was made from by name, and how it went."""

    run: Run
    architecture: str
    style: str
    dataset: str
    epochs: Epochs = Epochs()


def compare(histories: Sequence[RunHistory], *, baseline: str | None = None) -> dict[str, Any]:
    """As the REST contract shows it; the run with the id `baseline` is the baseline, or else the first."""
    digests = [history.epochs.digests for history in histories]
    identical, divergence = _identical_through(digests)
    configurations = [asked_of(history) for history in histories]
    names = list(dict.fromkeys(name for values in configurations for name in values))
    reference = next((history.run for history in histories if history.run.id == baseline), histories[0].run)
    return {
        "baseline": reference.id,
        "runs": [history.run.representation() for history in histories],
        "configuration": [
            {
                "name": name,
                "values": [values.get(name) for values in configurations],
                "differs": len({repr(values.get(name)) for values in configurations}) > 1,
            }
            for name in names
        ],
        "series": {
            history.run.id: {name: series.json_object() for name, series in history.epochs.series.items()}
            for history in histories
        },
        "deltas": {history.run.id: _deltas(history.run.summary, reference.summary) for history in histories},
        "weights_digests": {history.run.id: found for history, found in zip(histories, digests, strict=True)},
        "identical_through": identical,
        "first_divergence": divergence,
    }


def _digests(events: Sequence[Event]) -> list[str | None]:
    newest: dict[int, tuple[int, str | None]] = {}
    for event in events:
        epoch, digest = event.payload.get("epoch"), event.payload.get("weights_digest")
        if event.kind is EventKind.EPOCH and isinstance(epoch, int):
            known = newest.get(epoch)
            if known is None or known[0] <= event.attempt:
                newest[epoch] = (event.attempt, digest if isinstance(digest, str) else None)
    return [newest.get(epoch, (0, None))[1] for epoch in range(1, max(newest, default=0) + 1)]


def _identical_through(digests: Sequence[Sequence[str | None]]) -> tuple[int, int | None]:
    """How many epochs from the first on are equal in all, and the first (from 1) that is not; None where none parts."""
    if len(digests) < 2:
        return 0, None
    for number, found in enumerate(zip(*digests, strict=False), start=1):
        if None in found or len(set(found)) > 1:
            return number - 1, number
    return min(len(found) for found in digests), None


def asked_of(history: RunHistory) -> dict[str, Any]:
    """Everything that was asked of a run, each setting under one name, and what it was made from."""
    made_from = {"architecture": history.architecture, "style": history.style, "dataset": history.dataset}
    return made_from | flat_configuration(history.run.configuration)


def flat_configuration(configuration: Configuration) -> dict[str, Any]:
    """Every setting under one name: the optimizer's arguments under their own, parts of others behind a dot."""
    values = configuration.json_object()
    optimizer = values.pop("optimizer")
    return _flattened(values) | {"optimizer": optimizer.pop("name"), **optimizer}


def told_settings(configuration: Configuration) -> dict[str, Any]:
    """Of those, what everybody asks first, and what was asked for otherwise than Diceboard would have it."""
    parts = {name: type(part)() for name, part in configuration if isinstance(part, Value)}
    usual = flat_configuration(Configuration(**parts)) | {"schedule": Configuration().schedule.kind}
    found = flat_configuration(configuration)
    return {name: value for name, value in found.items() if name in _ASKED_FIRST or usual.get(name) != value}


_ASKED_FIRST = ("epochs", "batch_size", "optimizer", "learning_rate", "loss", "seed", "monitor")


def _flattened(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        if not isinstance(value, dict):
            found[prefix + name] = value
            continue
        inner = dict(value)
        # What kind of thing it is stands for the thing itself.
        found |= {prefix + name: inner.pop("kind")} if "kind" in inner else {}
        found |= _flattened(inner, f"{prefix}{name}.")
    return found


def _deltas(summary: dict[str, Any], baseline: dict[str, Any]) -> dict[str, dict[str, float | None]]:
    return {
        name: {which: _minus(found.get(which), baseline.get(name, {}).get(which)) for which in ("last", "best")}
        for name, found in summary.items()
    }


def _minus(value: Any, other: Any) -> float | None:
    both = isinstance(value, int | float) and isinstance(other, int | float)
    return value - other if both else None
