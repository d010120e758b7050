"""Architecture files of Keras 1 and 2, written by hand: no Keras here can write them."""

from app.core.architectures.readers.keras_json import read_keras_json
from app.networks import InstalledKeras


def read_file(data, **more):
    return read_keras_json(data, facts=InstalledKeras(), **more)


def architecture(data):
    reading = read_file(data)
    assert reading.not_understood == ()
    return reading.definitions[0].architecture


def entry(kind, name, *inbound, **config):
    written = {"class_name": kind, "config": {"name": name, **config}, "name": name}
    return {**written, "inbound_nodes": [[[source, 0, 0] for source in inbound]] if inbound else []}


def place(name, *shape):
    return entry("InputLayer", name, batch_input_shape=[None, *shape], input_dtype="float32", sparse=False)


def model(layers, inputs, outputs, version="1.2.2", class_name="Model"):
    config = {
        "name": "model_1",
        "layers": layers,
        "input_layers": [[name, 0, 0] for name in inputs],
        "output_layers": [name if isinstance(name, list) else [name, 0, 0] for name in outputs],
    }
    return {"class_name": class_name, "keras_version": version, "config": config}


def dense(name, units, *inbound):
    return entry("Dense", name, *inbound, output_dim=units, init="glorot_uniform", activation="linear", bias=True)
