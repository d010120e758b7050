"""Run as a program where nothing of Diceboard is: `elsewhere.py FILE IMAGE` predicts by what the file says of itself."""

import json
import sys
import zipfile
from pathlib import Path

import numpy

path, file = Path(sys.argv[1]), sys.argv[2]
if path.suffix == ".onnx":
    import onnx

    facts = json.loads(next(entry.value for entry in onnx.load(path).metadata_props if entry.key == "diceboard"))
elif path.suffix == ".zip":
    with zipfile.ZipFile(path) as archive:
        archive.extractall()
    path = Path(path.with_suffix("").name)
    facts = json.loads((path / "assets.extra" / "run.json").read_text())
else:
    with zipfile.ZipFile(path) as archive:
        facts = json.loads(archive.read("run.json"))

scope = {"file": file, "numpy": numpy}
exec("from PIL import Image, ImageOps\n" + "\n".join(facts["preprocessing"]["steps"]), scope)
assert facts["preprocessing"]["scale"] == "1/255"
images = numpy.float32(scope["array"])[None] / 255
if path.suffix == ".keras":
    import keras

    probabilities = keras.saving.load_model(path).predict(images, verbose=0)
elif path.suffix == ".onnx":
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    [probabilities] = session.run(None, {session.get_inputs()[0].name: images})
elif path.suffix == ".tflite":
    from ai_edge_litert.interpreter import Interpreter

    run = Interpreter(str(path)).get_signature_runner("serving_default")
    [probabilities] = run(**{run.get_input_details().popitem()[0]: images}).values()
else:
    import tensorflow as tf

    network = tf.saved_model.load(str(path))
    probabilities = network.serve(images).numpy()
print(json.dumps(dict(zip(facts["classes"], map(float, probabilities[0]), strict=True))))
