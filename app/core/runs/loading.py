"""How each file of a run is opened elsewhere, in three lines of Python."""

from collections.abc import Mapping

from app.core.runs.exports import ExportFormat

_LINES: Mapping[ExportFormat, str] = {
    ExportFormat.KERAS: """import keras
network = keras.saving.load_model("{name}")
probabilities = network.predict(images)""",
    ExportFormat.WEIGHTS: """import keras
network = keras.models.model_from_json(open("architecture.json").read())
network.load_weights("{name}"); probabilities = network.predict(images)""",
    ExportFormat.ONNX: """import onnxruntime
session = onnxruntime.InferenceSession("{name}")
[probabilities] = session.run(None, {{session.get_inputs()[0].name: images}})""",
    ExportFormat.LITERT: """from ai_edge_litert.interpreter import Interpreter
run = Interpreter("{name}").get_signature_runner("serving_default")
[probabilities] = run(**{{run.get_input_details().popitem()[0]: images}}).values()""",
    ExportFormat.SAVED_MODEL: """import tensorflow as tf
network = tf.saved_model.load("{name}")  # the folder that the zip unpacks to
probabilities = network.serve(images).numpy()""",
}


def loading_code(made: ExportFormat, name: str) -> str:
    """Opens the file and predicts; `images` are float32 (images, height, width, channels) in [0, 1]."""
    return _LINES[made].format(name=name)
