from typing import Any

import pytest

from app.core.architectures.architecture import Input, Symbol
from app.core.architectures.readers.keras_code import read_code
from app.core.architectures.reading import Finding, Ref
from app.core.architectures.training_findings import training_findings
from app.networks import InstalledKeras
from tests.factories.readings import Writer, image_network
from tests.factories.trainings import GENERATOR, found

SOURCE = """
import cv2
import tensorflow as tf
from keras import Input, Sequential
from keras.layers import Conv2D
from keras.preprocessing.image import ImageDataGenerator
{names}
model = Sequential([Input({shape}), Conv2D(4, 3)])
{call}
"""
RESIZED = "image = cv2.resize(cv2.imread(path), {})"
FLOW = "train = ImageDataGenerator().flow_from_directory('train', target_size={})"


def turned(*, shape: str, call: str, names: str = "") -> list[Finding]:
    reading = read_code(SOURCE.format(names=names, shape=shape, call=call), facts=InstalledKeras())
    return [entry for entry in training_findings(reading, [None]) if entry.rule == "width-before-height"]


@pytest.mark.parametrize(
    ("source", "size", "is_wrong"),
    [
        ("(width, height)", [640, 480], True),
        ("(img_width, img_height)", [640, 480], True),
        ("(IMG_WIDTH, IMG_HEIGHT)", {"symbol": "(IMG_WIDTH, IMG_HEIGHT)"}, True),
        ("[imageWidth, imageHeight]", [640, 480], True),
        ("(config.w, config.h)", [640, 480], True),
        ("(width, height)", [224, 224], False),
        ("(height, width)", [480, 640], False),
        ("(img_height, img_width)", [480, 640], False),
        ("(64, 48)", [64, 48], False),
        ("(weights, heads)", [64, 48], False),
        ("size", [64, 48], False),
    ],
)
def test_width_before_height_is_told_by_the_names(source: str, size: Any, is_wrong: bool) -> None:
    writer = Writer()
    datagen = writer.call(GENERATOR, to="datagen")
    writer.call(".flow_from_directory", "x", of=datagen, target_size=size, sources={"target_size": source})
    findings = found(writer, "width-before-height")
    assert [entry.read for entry in findings] == ([f"target_size={source}"] if is_wrong else [])


def test_opencv_takes_width_first() -> None:
    writer = Writer()
    writer.call("cv2.resize", Ref("image"), [640, 480], sources={"1": "(width, height)"})
    writer.call("cv2.resize", Ref("image"), [480, 640], sources={"1": "(height, width)"})
    (finding,) = found(writer, "width-before-height")
    assert finding.message == "resize is given (height, width), but OpenCV takes (width, height)."


def test_an_input_of_open_sizes_is_told_by_its_names_too() -> None:
    writer = Writer()
    sizes = (None, Symbol(symbol="img_width"), Symbol(symbol="img_height"), 3)
    network = image_network()
    writer.network(network.model_copy(update={"inputs": (Input(name="input_layer", shape=sizes),)}), "model")
    reading = writer.reading()
    findings = training_findings(reading, [None])
    assert [entry.rule for entry in findings] == ["width-before-height"]


@pytest.mark.parametrize(
    ("shape", "call", "is_wrong"),
    [
        ("(480, 640, 3)", FLOW.format("(640, 480)"), True),
        ("(480, 640, 3)", FLOW.format("(480, 640)"), False),
        ("(480, 640, 3)", FLOW.format("(320, 240)"), False),
        ("(480, 480, 3)", FLOW.format("(480, 480)"), False),
        ("(480, 640, 3)", RESIZED.format("(480, 640)"), True),
        ("(480, 640, 3)", RESIZED.format("(640, 480)"), False),
        ("(480, 640, 3)", "image = tf.image.resize(picture, [640, 480])", True),
        ("(None, None, 3)", FLOW.format("(640, 480)"), False),
    ],
)
def test_plain_numbers_are_told_by_the_networks_input(shape: str, call: str, *, is_wrong: bool) -> None:
    findings = turned(shape=shape, call=call)
    assert len(findings) == is_wrong
    assert all("model takes images 480 pixels high and 640 wide." in (entry.why or "") for entry in findings)


@pytest.mark.parametrize(
    ("names", "shape", "call", "wrong"),
    [
        ("IMG_WIDTH, IMG_HEIGHT = 640, 480", "(None, None, 3)", FLOW.format("(640, 480)"), ["flow_from_directory"]),
        ("IMG_WIDTH, IMG_HEIGHT = 640, 480", "(IMG_WIDTH, IMG_HEIGHT, 3)", "", ["The input"]),
        ("IMG_WIDTH, IMG_HEIGHT = 640, 480", "(IMG_HEIGHT, IMG_WIDTH, 3)", FLOW.format("(480, 640)"), []),
        ("IMG_WIDTH, IMG_HEIGHT = 640, 480", "(640, 480, 3)", RESIZED.format("(640, 480)"), ["The input"]),
        ("a_width, a_height, b_width, b_height = 640, 480, 480, 640", "(640, 480, 3)", "", []),
        ("w, h = 640, 480", "(640, 480, 3)", "", []),
        ("IMG_WIDTH, IMG_HEIGHT = 224, 224", "(IMG_WIDTH, IMG_HEIGHT, 3)", FLOW.format("(224, 224)"), []),
    ],
)
def test_plain_numbers_are_told_by_constants_of_those_values(
    names: str, shape: str, call: str, wrong: list[str]
) -> None:
    findings = turned(names=names, shape=shape, call=call)
    assert [entry.message.partition(" is given")[0].partition(" of ")[0] for entry in findings] == wrong
    assert all("IMG_WIDTH is 640 and IMG_HEIGHT is 480." in (entry.why or "") for entry in findings)
