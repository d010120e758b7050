import contextlib
import io
import json
import zipfile

import keras
import pytest

from app.core.architectures.readers.keras_archive import read_keras_archive
from app.core.architectures.readers.keras_json import read_keras_json
from app.core.errors import DiceboardError, InvalidError, TooLargeError
from app.networks import InstalledKeras


def read(content):
    return read_keras_archive(content, facts=InstalledKeras())


def archive(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in members.items():
            written.writestr(name.replace("_json", ".json"), content)
    return stream.getvalue()


NETWORK = json.dumps(
    {
        "class_name": "Sequential",
        "config": [{"class_name": "GRU", "config": {"name": "g", "units": 3, "batch_input_shape": [None, 5, 2]}}],
    }
)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # TensorFlow's, while saving weights
def test_the_network_in_a_saved_file_is_the_one_in_its_json(tmp_path):
    network = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3), keras.layers.Flatten()])
    network.save(tmp_path / "saved.keras")
    reading = read((tmp_path / "saved.keras").read_bytes())
    found = reading.definitions[0].architecture
    assert found.source.kind == "keras_archive"
    assert reading.not_understood == ()
    from_json = read_keras_json(network.to_json(), facts=InstalledKeras()).definitions[0].architecture
    assert found.digest == from_json.digest


def test_the_metadata_says_which_keras_it_was():
    by_keras_2 = read(archive(config_json=NETWORK, metadata_json='{"keras_version": "2.12.0"}'))
    by_keras_3 = read(archive(config_json=NETWORK, metadata_json="no json"))
    first, second = (reading.definitions[0].architecture.layers[0].config for reading in (by_keras_2, by_keras_3))
    assert (first["reset_after"], "reset_after" in second) == (False, False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no readable zip"),
        (b"PK\x03\x04" + b"\x00" * 100, "no readable zip"),
        (archive(config_json=NETWORK)[:-30], "no readable zip"),
        (b"\x89HDF\r\n\x1a\n" + b"\x00" * 100, "an HDF5 file"),
        (archive(other=NETWORK), "without a config.json"),
        (archive(config_json="{"), "as JSON"),
    ],
)
def test_what_is_no_archive_is_said_to_be_none(content, message):
    with pytest.raises(InvalidError) as caught:
        read(content)
    assert message in caught.value.detail


def test_a_bomb_is_not_unpacked():
    with pytest.raises(TooLargeError, match="unpacks from"):
        read(archive(config_json=" " * 15 * 2**20))
    with pytest.raises(TooLargeError, match="unpacks from"):
        read(archive(config_json=" " * 40 * 2**20))


def test_a_directory_that_lies_about_sizes_is_found_out():
    content = archive(config_json=NETWORK + " " * 20_000)
    size = len(NETWORK) + 20_000
    lying = content.replace(size.to_bytes(4, "little"), (len(NETWORK) + 10).to_bytes(4, "little"))
    assert lying != content
    with pytest.raises(DiceboardError):
        read(lying)


def test_an_encrypted_file_says_so():
    content = bytearray(archive(config_json=NETWORK))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    with pytest.raises(InvalidError, match="encrypted"):
        read(bytes(content))


@pytest.mark.parametrize("position", range(0, len(archive(config_json=NETWORK)), 7))
def test_any_broken_byte_is_an_error_of_ours_or_no_harm(position):
    content = bytearray(archive(config_json=NETWORK))
    content[position] ^= 0xFF
    with contextlib.suppress(DiceboardError):
        read(bytes(content))
