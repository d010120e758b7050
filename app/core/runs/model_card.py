"""What a trained network is, on which data, how it was measured and how it is used: Markdown for people.

The headings are those of Mitchell et al., "Model Cards for Model Reporting" (2019), as far as a run knows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.datasets.dataset import Split
from app.core.datasets.preparing_code import steps
from app.core.runs.exports import ExportFormat, WhichEpoch
from app.core.runs.loading import loading_code
from app.core.runs.run import Check
from app.core.runs.script import ScriptFacts


@dataclass(frozen=True)
class Described:
    """The files that a card stands beside, and what was measured.

    `epoch` is that of the weights in the files, `measured_epoch` that of the weights that were measured, both counted from
    1. `evaluation` is EvaluationService.of(run): caveats are in it where single images were kept. `checks` go by file name;
    `missing` says of each format that could not be made why.
    """

    which: WhichEpoch
    epoch: int | None
    measured_epoch: int | None
    evaluation: Mapping[Split, Mapping[str, Any]] = field(default_factory=dict)
    checks: Mapping[str, Check] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)


def model_card(facts: ScriptFacts, described: Described) -> str:
    """The whole card."""
    parts = [
        f"# {_plain(facts.run.name)}",
        _details(facts, described),
        "## Data\n\n" + _data(facts),
        "## Measured\n\n" + _measured(facts, described),
        "## Use\n\n" + _use(facts, described.checks),
        "## Files\n\n" + _files(described.checks, described.missing),
    ]
    return "\n\n".join(parts) + "\n"


def _details(facts: ScriptFacts, described: Described) -> str:
    asked = facts.run.configuration
    versions = ", ".join(f"{name} {found}" for name, found in facts.versions.items() if name != "backend")
    lines = {
        "Run": facts.run.id,
        "Network": f"{_plain(facts.architecture.name)} ({facts.architecture.style.value})",
        "Weights": _weights(facts, described),
        "Training": f"{asked.optimizer.name}, learning rate {asked.optimizer.learning_rate:g}, {asked.loss}, "
        f"batches of {asked.batch_size}, seed {asked.seed}, {asked.precision}",
        "Computed by": versions or "unknown",
    }
    if facts.run.start_from is not None:
        lines["Starts from"] = f"the {facts.run.start_from.weights} weights of run {facts.run.start_from.run}"
    return "\n".join(f"- {name}: {text}" for name, text in lines.items())


def _data(facts: ScriptFacts) -> str:
    rows = [f"{_plain(facts.dataset)}. Images by class, in the order of the network's outputs:", ""]
    splits = [split for split in Split if split in facts.splits]
    rows.append("| class | " + " | ".join(split.value for split in splits) + " |")
    rows.append("| --- |" + " ---: |" * len(splits))
    for name in facts.classes:
        counts = " | ".join(str(facts.splits[split].by_class.get(name, 0)) for split in splits)
        rows.append(f"| {_plain(name)} | {counts} |")
    return "\n".join(rows)


def _weights(facts: ScriptFacts, described: Described) -> str:
    shown = "unknown epoch" if described.epoch is None else f"epoch {described.epoch} of {len(facts.epochs)}"
    chosen = {"best": f"the best by {facts.run.configuration.monitor}", "last": "the last"}
    return f"{shown}, {chosen.get(str(described.which), 'from its checkpoint')}"


def _measured(facts: ScriptFacts, described: Described) -> str:
    if not described.evaluation:
        return "It was not measured."
    lines = [_what_was_measured(facts, described), ""]
    for split, found in described.evaluation.items():
        low, high = (f"{100 * bound:.1f}" for bound in found["interval"])
        lines.append(
            f"- {split.value}: accuracy {100 * found['accuracy']:.1f} % ({low} to {high} %; {found['correct']} of "
            f"{found['images']} images), cross-entropy {_loss(found['loss'])}"
        )
        lines += [f"  - {word['text']}" for word in found.get("caveats", {}).get("words", ())]
    if not all("caveats" in found for found in described.evaluation.values()):
        lines += ["", "What the checks of the data say about these figures is not known: single answers were not kept."]
    return "\n".join(lines)


def _what_was_measured(facts: ScriptFacts, described: Described) -> str:
    best = f"best by {facts.run.configuration.monitor}"
    label = f"epoch-{described.which:04d}" if isinstance(described.which, int) else described.which
    on = "on images that it was not fitted to; intervals are Wilson's, 95 %."
    if described.epoch == described.measured_epoch is not None:
        return f"The weights of `{label}.*` (epoch {described.epoch}, {best}), {on}"
    measured = "an unknown epoch" if described.measured_epoch is None else f"epoch {described.measured_epoch}"
    held = "another" if described.epoch is None else f"epoch {described.epoch}"
    return (
        f"**The weights of {measured} ({best}), not those of {held}, which `{label}.*` holds and which were not measured**; "
        f"{on}"
    )


def _loss(value: Any) -> str:
    return "not a number" if value is None else f"{value:.4f}"


def _use(facts: ScriptFacts, checks: Mapping[str, Check]) -> str:
    prepared = "\n".join(steps(facts.preparation))
    head = "An image `file` becomes the network's input (images of more than 8 bits a channel: see run.json):"
    code = f"import numpy\nfrom PIL import Image, ImageOps\n{prepared}\nimages = numpy.float32(array)[None] / 255"
    parts = [f"{head}\n\n```python\n{code}\n```", f"Its outputs are probabilities of: {list(facts.classes)!r}."]
    for made in (ExportFormat.KERAS, ExportFormat.ONNX, ExportFormat.LITERT, ExportFormat.SAVED_MODEL):
        name = next((name for name in checks if name.endswith(made.suffix)), None)
        if name is not None:
            opened = name.removesuffix(".zip")
            parts.append(f"{made.label}:\n\n```python\n{loading_code(made, opened)}\n```")
    parts.append("`script.py` and `script.ipynb` repeat the training.")
    return "\n\n".join(parts)


def _files(checks: Mapping[str, Check], missing: Mapping[str, str]) -> str:
    lines = [
        f"- {name}: opened again, its probabilities differ by at most {check.largest_difference:.2g} from those of the "
        f"trained network on {check.images} images"
        for name, check in checks.items()
    ]
    lines += [f"- {label} is not here: {_plain(why)}" for label, why in missing.items()]
    return "\n".join([*lines, "- SHA256SUMS: verify with `sha256sum -c SHA256SUMS`"])


def _plain(text: str) -> str:
    """As text in Markdown, whatever it says."""
    return "".join(f"\\{character}" if character in r"\`*_{}[]<>()#+!|~" else character for character in text)
