"""The pieces at the end: what the training came to, and whether that is what the run came to."""

import math
from collections.abc import Mapping
from typing import Any

from app.core.datasets.dataset import Split
from app.core.runs.script.facts import ScriptFacts
from app.core.runs.script.sections import Section

_MEASURING = '''
def measured(data):
    """Accuracy, and cross-entropy of the probability that each image's class gets."""
    batches, labels = Batches(data), data[1]
    probabilities = numpy.concatenate([model.predict_on_batch(batches[index][0]) for index in range(len(batches))])
    chosen = numpy.clip(probabilities[numpy.arange(len(labels)), labels].astype(numpy.float64), 1e-7, 1)
    right = int((probabilities.argmax(axis=1) == labels).sum())
    return {{"accuracy": right / len(labels), "loss": float(-numpy.log(chosen).mean())}}


figures = {{f"last epoch, {{name}}": float(values[-1]) for name, values in history.history.items()}}
figures["last epoch, weights"] = course.digests[-1]
model.set_weights(course.best_weights)
figures["best epoch"] = course.best_epoch
figures["best epoch, weights"] = weights_digest()
{splits}for name, value in figures.items():
    print(f"{{name}}: {{value}}")'''

_SPLIT = """for name, value in measured({split}).items():
    figures[f"best epoch, {split} {{name}}"] = value
"""

_COMPARING = """differing = {name: (value, figures.get(name)) for name, value in EXPECTED.items() if figures.get(name) != value}
for name, (expected, found) in differing.items():
    print(f"{name}: the run has {expected}")
print("Some figures differ from those of the run." if differing else "The same as the run, to the last bit.")"""


def measuring_sections(facts: ScriptFacts) -> list[Section]:
    """Two pieces; the first alone where the run has not come to anything."""
    splits = [
        split for split in (Split.VALIDATION, Split.TEST) if facts.splits.get(split) and facts.splits[split].images
    ]
    code = _MEASURING.format(splits="".join(_SPLIT.format(split=split.value) for split in splits))
    measuring = Section(
        "Figures",
        "What the last epoch came to, and what the weights of the best epoch reach on images that they were not trained on.",
        code,
    )
    expected = _expected(facts)
    if not expected:
        return [measuring]
    lines = "\n".join(["EXPECTED = {", *(f"    {name!r}: {value!r}," for name, value in expected.items()), "}"])
    text = "These are the figures of the run. Other versions or processors add numbers in another order: their last digits differ."
    return [measuring, Section("The same as the run?", text, f"{lines}\n{_COMPARING}")]


def _expected(facts: ScriptFacts) -> Mapping[str, Any]:
    if not facts.epochs:
        return {}
    last = facts.epochs[-1]
    values = last["values"]
    assert isinstance(values, dict)
    found: dict[str, Any] = {
        f"last epoch, {name}": value
        for name, value in values.items()
        if name != "learning_rate" and isinstance(value, int | float) and math.isfinite(value)
    }
    found["last epoch, weights"] = last["weights_digest"]
    for split, result in facts.run.evaluation.items():
        found |= {
            f"best epoch, {split} {name}": result[name] for name in ("accuracy", "loss") if result[name] is not None
        }
    return found
