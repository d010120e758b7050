from typing import Any

from app.core.architectures.reading import Place
from tests.factories.readings import Writer, image_network
from tests.factories.trainings import found, right_training


def test_an_image_size_is_compared_with_each_network() -> None:
    (finding,) = found(right_training(train={"target_size": [64, 60]}), "image-size")
    assert finding.severity == "error"
    assert finding.message == "train yields images 64 pixels high and 60 wide, but model takes 64×64."
    assert finding.read == "target_size=[64, 60]"
    assert finding.place == Place(line=5)
    assert (
        found(right_training(network=image_network(shape=(None, None, 3)), train={"target_size": [9, 9]}), "image-size")
        == []
    )
    symbol = {"symbol": "size"}
    assert found(right_training(train={"target_size": symbol}), "image-size") == []


def test_the_default_size_counts_where_none_is_written() -> None:
    writer = Writer()
    model = writer.network(image_network(), "model")
    data = writer.call("keras.utils.image_dataset_from_directory", "train", to="data")
    cached = writer.call(".prefetch", 2, of=writer.call(".cache", of=data, to="data"), to="data")
    writer.call(".fit", cached, of=model)
    (finding,) = found(writer, "image-size")
    assert finding.read == "the default image_size=(256, 256)"


def test_what_is_mapped_is_not_known() -> None:
    writer = Writer()
    model = writer.network(image_network(), "model")
    data = writer.call("keras.utils.image_dataset_from_directory", "train", to="data")
    mapped = writer.call(".map", {"code": "lambda x, y: (resize(x), y)"}, of=data, to="data")
    writer.call(".fit", mapped, of=model)
    assert found(writer, "image-size") == []


def test_a_colour_mode_is_compared_with_the_channels() -> None:
    (finding,) = found(right_training(train={"color_mode": "grayscale"}), "colour-mode")
    assert finding.message == "train yields grayscale images (1 channel), but model takes 3 channels."
    grey: dict[str, Any] = {"color_mode": "grayscale"}
    assert found(right_training(network=image_network(shape=(64, 64, 1)), train=grey, test=grey), "colour-mode") == []
