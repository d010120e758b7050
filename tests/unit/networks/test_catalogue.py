"""What is told about Keras's layers is what Keras's own signatures and documentation say."""

import inspect
import json

import keras
import pytest

from app.core.architectures.catalogue import Kind
from app.core.architectures.kinds import APPLICATION_KINDS, KINDS
from app.networks.catalogue import tell_catalogue

CARRY_CODE_OR_READ_FILES = {
    "FlaxLayer",
    "IntegerLookup",
    "JaxLayer",
    "Lambda",
    "StringLookup",
    "TFSMLayer",
    "TextVectorization",
    "TorchModuleWrapper",
}
NEED_WHAT_IS_NOT_INSTALLED = {"STFTSpectrogram"}  # SciPy
NO_LAYERS_OF_THEIR_OWN = {"InputLayer", "Layer", "MaxNumBoundingBoxes", "Pipeline", "Wrapper"}


def test_every_layer_of_keras_is_there_but_those_that_carry_code_or_read_files() -> None:
    public = {
        made for made in vars(keras.layers).values() if inspect.isclass(made) and issubclass(made, keras.layers.Layer)
    }
    told = {getattr(keras.layers, kind.kind) for kind in tell_catalogue().layers}
    assert {made.__name__ for made in public - told} == (
        CARRY_CODE_OR_READ_FILES | NO_LAYERS_OF_THEIR_OWN | NEED_WHAT_IS_NOT_INSTALLED
    )
    assert {kind.kind for kind in tell_catalogue().layers} == KINDS - APPLICATION_KINDS


@pytest.mark.parametrize("kind", tell_catalogue().layers, ids=lambda kind: kind.kind)
def test_arguments_defaults_and_order_are_those_of_the_signature(kind: Kind) -> None:
    told = tell_catalogue().layer(kind.kind)
    assert told is not None
    signature = inspect.signature(getattr(keras.layers, told.kind)).parameters
    names = [argument.name for argument in told.arguments if argument.name in signature]
    assert names == [name for name in signature if name in names]
    for argument in told.arguments:
        assert argument.meaning, f"{told.kind} says nothing about {argument.name}"
        if argument.name in signature and argument.name not in {"dtype", "trainable"}:
            default = signature[argument.name].default
            assert argument.required == (default is inspect.Parameter.empty)
            assert argument.required or argument.default == json.loads(json.dumps(default))
        if argument.choices and argument.default is not None:
            assert argument.default in argument.choices


def test_a_convolution_is_described() -> None:
    convolution = tell_catalogue().layer("Conv2D")
    assert convolution is not None
    assert convolution.family == "convolutional"
    assert convolution.summary == "2D convolution layer."
    padding = convolution.argument("padding")
    assert padding is not None
    assert (padding.default, padding.choices) == ("valid", ("valid", "same"))
    assert padding.meaning.startswith('string, either `"valid"` or `"same"`')
    trainable = convolution.argument("trainable")
    assert trainable is not None
    assert trainable.default is True


def test_objects_are_found_by_their_class_or_function_name() -> None:
    catalogue = tell_catalogue()
    groups = {name: catalogue.object(name) for name in ("L2", "HeNormal", "Orthogonal", "MaxNorm", "relu")}
    assert {name: kind.group for name, kind in groups.items() if kind is not None} == {
        "L2": "regularizer",
        "HeNormal": "initializer",
        "Orthogonal": "initializer",
        "MaxNorm": "constraint",
        "relu": "activation",
    }


def test_networks_of_applications_are_named() -> None:
    assert {"VGG16", "ResNet50", "MobileNetV2"} <= set(tell_catalogue().applications)
    assert all(callable(getattr(keras.applications, name)) for name in tell_catalogue().applications)
