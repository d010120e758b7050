"""The script's pieces in order: what it is, its images, the network, the training, and whether it came out the same."""

from app.core.runs.script import images, schedule, training
from app.core.runs.script.facts import ScriptFacts
from app.core.runs.script.measuring import measuring_sections
from app.core.runs.script.sections import Section

_MODULES = ("csv", "hashlib", "math", "os", "sys")
_PACKAGES = {"keras": "keras", "numpy": "numpy", "pillow": "pillow"}


def sections_of(facts: ScriptFacts) -> list[Section]:
    """The whole of it; InvalidError where the run's network takes no images."""
    return [
        _beginning(facts),
        images.reading(facts),
        images.batches(facts),
        training.network(facts),
        *training.starting(facts),
        training.compiling(facts),
        *schedule.learning_rate(facts),
        training.course(facts),
        *measuring_sections(facts),
    ]


def _beginning(facts: ScriptFacts) -> Section:
    run = facts.run
    trained = len(facts.epochs)
    counts = ", ".join(f"{found.images} {split.value}" for split, found in facts.splits.items())
    count = run.configuration.device.count
    several = (
        f"The run trained on {count} devices together; on one, what comes is the same but for rounding and chance."
    )
    text = "\n".join(
        [
            f"Repeats run {run.id} ({trained} of {run.configuration.epochs} epochs) on {facts.dataset}: {counts} images.",
            f"Needs: {_needs(facts)}",
            f"Images: {facts.address} answers a zip; unpack it into a folder named images beside this file, or name another folder.",
            "From the same images, seed and versions of the libraries, on one kind of processor, come the same weights.",
            *([several] if count > 1 else []),
        ]
    )
    lines = [
        *(f"import {name}" for name in _MODULES),
        "from pathlib import Path",
        "",
        f'os.environ.setdefault("KERAS_BACKEND", {facts.backend!r})',
        "",
        *(["import cv2"] if images.moves(facts) else []),
        "import keras",
        "import numpy",
        *(["import tensorflow as tf"] if facts.backend == "tensorflow" and run.configuration.deterministic else []),
        "from PIL import Image, ImageOps",
        "",
        f"SEED = {run.configuration.seed}",
        f"EPOCHS = {trained or run.configuration.epochs}",
        f"BATCH_SIZE = {run.configuration.batch_size}",
        f"CLASSES = {list(facts.classes)!r}",
    ]
    return Section(run.name, text, "\n".join(lines))


def _needs(facts: ScriptFacts) -> str:
    wanted = [name if name not in facts.versions else f"{name}=={facts.versions[name]}" for name in _PACKAGES]
    backend = facts.backend
    wanted.insert(1, f"{backend}=={facts.versions[backend]}" if backend in facts.versions else backend)
    if images.moves(facts):
        wanted.append("opencv-python-headless")
    return f"pip install {' '.join(wanted)}"
