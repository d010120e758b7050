"""One zip of all that there is of a run, with a card that says what it is."""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from app.core.datasets.dataset import Split
from app.core.errors import DiceboardError
from app.core.runs.exports import Export, ExportFormat, ExportRequest, worst
from app.core.runs.model_card import Described, model_card
from app.core.runs.results import finite
from app.core.runs.run import Check
from app.core.runs.script import ScriptFacts, as_notebook, as_python, sections_of
from app.core.values import JsonObject
from app.services.bundle import ServiceBundle

_PART = 1 << 20
_MOMENT = (1980, 1, 1, 0, 0, 0)
_FORMATS = (
    ExportFormat.KERAS,
    ExportFormat.WEIGHTS,
    ExportFormat.ONNX,
    ExportFormat.LITERT,
    ExportFormat.SAVED_MODEL,
)


class MakesFiles(Protocol):
    """Makes a checked file of a format."""

    facts: JsonObject

    def make(self, made: ExportFormat, path: Path) -> Check:
        """Raise where it cannot be made, or differs."""
        ...


def everything(services: ServiceBundle, facts: ScriptFacts, export: Export, *, maker: MakesFiles, path: Path) -> Check:
    """Make every format into the zip; one that cannot be made is told on the card. Answer the largest difference."""
    checks: dict[str, Check] = {}
    missing: dict[str, str] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        into = _Archive(archive)
        for made in _FORMATS:
            name = ExportRequest(format=made, epoch=export.request.epoch).name
            file = path.parent / "made" / name
            file.parent.mkdir(exist_ok=True)
            try:
                checks[name] = maker.make(made, file)
            except OSError:
                raise  # the disk is full, perhaps: nothing further would fit either
            except Exception as error:  # noqa: BLE001 -- exporters of other projects raise anything
                missing[made.label] = error.detail if isinstance(error, DiceboardError) else str(error)[:300]
                continue
            with file.open("rb") as content:
                into.put(name, iter(partial(content.read, _PART), b""))
            file.unlink()
        for artifact in services.artifacts.of(facts.run.id):
            if not artifact.is_made_on_request and artifact.name not in {*into.sums, "run.json"}:
                into.put(artifact.name, services.artifacts.stream(artifact))
        evaluation = services.evaluations.of(facts.run)
        for name, text in _texts(facts, maker.facts, evaluation).items():
            into.put(name, [text.encode()])
        described = Described(
            which=export.request.epoch,
            epoch=_number(maker.facts["epoch"]),
            # Without a best epoch (its monitor was never a number) the last was measured.
            measured_epoch=_number(maker.facts["best_epoch"]) or len(facts.epochs) or None,
            evaluation=evaluation,
            checks=checks,
            missing=missing,
        )
        into.put("README.md", [model_card(facts, described).encode()])
        into.put("SHA256SUMS", ["".join(f"{found}  {name}\n" for name, found in sorted(into.sums.items())).encode()])
    found = worst(checks.values())
    assert found is not None, "Keras opens what it has just written"
    return found


class _Archive:
    """A zip that takes files in parts, so that no network is in memory once more, and keeps their SHA-256."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.sums: dict[str, str] = {}

    def put(self, name: str, parts: Iterable[bytes]) -> None:
        """Add a file."""
        entry = zipfile.ZipInfo(name, _MOMENT)
        entry.compress_type = zipfile.ZIP_DEFLATED
        digest = hashlib.sha256()
        with self._archive.open(entry, "w", force_zip64=True) as target:
            for part in parts:
                target.write(part)
                digest.update(part)
        self.sums[name] = digest.hexdigest()


def _texts(facts: ScriptFacts, told: JsonObject, evaluation: Mapping[Split, dict[str, Any]]) -> dict[str, str]:
    sections = sections_of(facts)
    measured = finite({split.value: found for split, found in evaluation.items()})
    return {
        "run.json": json.dumps(told, indent=1, allow_nan=False),
        "evaluation.json": json.dumps(measured, indent=1, allow_nan=False),
        "script.py": as_python(sections),
        "script.ipynb": json.dumps(as_notebook(sections), indent=1),
    }


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None
