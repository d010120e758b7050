"""Writing a network in each format, and opening the file again in the runtime that it is for."""

import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import keras
import numpy as np
from numpy.typing import NDArray

from app.core.runs.exports import ExportFormat
from app.core.values import JsonObject
from worker.metadata import KEY, MEMBER, tell

Images: TypeAlias = NDArray[np.float32]
Write: TypeAlias = Callable[[keras.Model, Path, JsonObject], None]
Predict: TypeAlias = Callable[[Path, Images], Images]


def write(made: ExportFormat, network: keras.Model, path: Path, facts: JsonObject) -> None:
    """Make the file at the path, with the facts in it."""
    _WRITERS[made](network, path, facts)


def predicted(made: ExportFormat, path: Path, images: Images, *, architecture: str) -> Images:
    """Open the file as somebody else would, and ask it; `architecture` is Keras's JSON, which weights alone need."""
    if made is ExportFormat.WEIGHTS:
        network = keras.models.model_from_json(architecture)
        network.load_weights(path)
        return np.asarray(network.predict_on_batch(images))
    return _READERS[made](path, images)


def _keras(network: keras.Model, path: Path, facts: JsonObject) -> None:
    network.save(path)
    tell(path, facts)


def _weights(network: keras.Model, path: Path, facts: JsonObject) -> None:
    network.save_weights(path)
    tell(path, facts)


def _onnx(network: keras.Model, path: Path, facts: JsonObject) -> None:
    import onnx  # noqa: PLC0415 -- each runtime is loaded only where its format is asked for

    network.export(path, format="onnx", verbose=False)
    model = onnx.load(path)
    entry = model.metadata_props.add()
    entry.key, entry.value = KEY, json.dumps(facts, allow_nan=False)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _litert(network: keras.Model, path: Path, facts: JsonObject) -> None:
    network.export(path, format="litert", verbose=False)
    tell(path, facts)


def _saved_model(network: keras.Model, path: Path, facts: JsonObject) -> None:
    folder = path.with_suffix("")
    network.export(folder, format="tf_saved_model", verbose=False)
    extra = (
        folder / "assets.extra"
    )  # TensorFlow's place for files that belong to a SavedModel and that it does not read
    extra.mkdir()
    (extra / MEMBER).write_text(json.dumps(facts, indent=1, allow_nan=False), encoding="utf-8")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, Path(folder.name) / file.relative_to(folder))
    shutil.rmtree(folder)


def _from_keras(path: Path, images: Images) -> Images:
    return np.asarray(keras.saving.load_model(path, compile=False).predict_on_batch(images))


def _from_onnx(path: Path, images: Images) -> Images:
    import onnxruntime  # noqa: PLC0415

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    [probabilities] = session.run(None, {session.get_inputs()[0].name: images})
    return np.asarray(probabilities)


def _from_litert(path: Path, images: Images) -> Images:
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415

    run = Interpreter(str(path)).get_signature_runner("serving_default")
    [name] = run.get_input_details()
    [probabilities] = run(**{name: images}).values()
    return np.array(probabilities)


def _from_saved_model(path: Path, images: Images) -> Images:
    import tensorflow as tf  # noqa: PLC0415

    folder = path.parent / "unpacked"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    network: Any = tf.saved_model.load(str(folder / path.with_suffix("").name))
    probabilities = np.array(network.serve(images).numpy())
    shutil.rmtree(folder)
    return probabilities


_WRITERS: Mapping[ExportFormat, Write] = {
    ExportFormat.KERAS: _keras,
    ExportFormat.WEIGHTS: _weights,
    ExportFormat.ONNX: _onnx,
    ExportFormat.LITERT: _litert,
    ExportFormat.SAVED_MODEL: _saved_model,
}
_READERS: Mapping[ExportFormat, Predict] = {
    ExportFormat.KERAS: _from_keras,
    ExportFormat.ONNX: _from_onnx,
    ExportFormat.LITERT: _from_litert,
    ExportFormat.SAVED_MODEL: _from_saved_model,
}
