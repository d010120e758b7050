"""Networks of keras.applications: tables equal Keras's; parameters, costs and receptive fields equal what was published."""

import os
from math import prod

import keras
import pytest

from app.core.architectures.layer_table import LayerTable
from app.core.errors import InvalidError
from app.networks import read_application, read_layer_table, tell_catalogue
from app.networks.facts import forget_session

FEW = ("VGG16", "ResNet50", "MobileNetV2", "MobileNetV3Small", "ConvNeXtTiny", "EfficientNetB0")
ALL = tell_catalogue().applications if os.environ.get("DICEBOARD_TEST_EXAMPLES") else FEW


def table_of(name: str, **options: object) -> LayerTable:
    return read_layer_table(read_application(name, dict(options)))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ALL)
def test_tables_are_those_of_keras(name: str) -> None:
    table = table_of(name)
    with keras.StatelessScope(initialize_variables=False):
        network = getattr(keras.applications, name)(weights=None)
        counts = (network.count_params(), sum(prod(weight.shape) for weight in network.trainable_weights))
        shapes = {
            layer.name: [tuple(made.shape) for made in keras.tree.flatten(layer.output)] for layer in network.layers
        }
    forget_session()
    assert table.complete
    assert (table.totals.parameters, table.totals.trainable_parameters) == counts
    rows = {row.name: list(row.output_shapes or ()) for row in table.rows if row.call == row.name}
    assert {name: rows[name] for name in rows.keys() & shapes.keys()} == {
        name: shapes[name] for name in rows.keys() & shapes.keys()
    }
    assert len(rows.keys() & shapes.keys()) > 0.8 * len(shapes)
    assert [row.note for row in table.rows if row.note] == []


@pytest.mark.parametrize(
    ("name", "parameters", "billions"),
    [
        # He et al. 2015, sections 3.3 and 4.1: 19.6 G multiply-adds for VGG-19; table 1: 3.8 G for ResNet-50.
        ("VGG19", 143_667_240, 19.6),
        ("ResNet50", 25_636_712, 3.8),
        # Sandler et al. 2018, table 4: 300 M.
        ("MobileNetV2", 3_538_984, 0.30),
        # Howard et al. 2017, table 8: 569 M.
        ("MobileNet", 4_253_864, 0.569),
        # Tan and Le 2019, table 2: 0.39 G, 5.3 M parameters.
        ("EfficientNetB0", 5_330_571, 0.39),
    ],
)
def test_costs_are_the_published_ones(name: str, parameters: int, billions: float) -> None:
    totals = table_of(name).totals
    assert totals.parameters == parameters
    assert totals.macs is not None
    assert totals.macs / 1e9 == pytest.approx(billions, rel=0.02)


def test_vgg_16_costs_15_3_billion_in_convolutions_and_15_5_with_its_dense_layers() -> None:
    # He et al. 2015, section 4.1, count the convolutions: 15.3 G. Simonyan and Zisserman 2014, table 2: 138 M parameters.
    table = table_of("VGG16")
    convolutions = sum(row.macs or 0 for row in table.rows if row.kind == "Conv2D")
    assert convolutions / 1e9 == pytest.approx(15.3, abs=0.05)
    assert table.totals.parameters == 138_357_544
    assert table.totals.macs == 15_470_264_320


@pytest.mark.parametrize(
    ("name", "layer", "pixels"),
    [
        # Araujo, Norris and Sim 2019, Distill, table of receptive fields.
        ("VGG16", "block5_pool", 212),
        ("ResNet50", "conv5_block3_out", 483),
        ("InceptionV3", "mixed10", 1311),
        ("MobileNet", "conv_pw_13_relu", 315),
    ],
)
def test_receptive_fields_are_the_published_ones(name: str, layer: str, pixels: int) -> None:
    row = next(row for row in table_of(name).rows if row.name == layer)
    assert row.receptive_field == (pixels, pixels)


def test_options_are_those_of_keras() -> None:
    architecture = read_application("VGG16", {"input_shape": [64, 64, 3], "classes": 6})
    assert architecture.inputs[0].shape == (None, 64, 64, 3)
    assert (architecture.source.kind, architecture.source.preset) == ("application", "VGG16")
    assert read_layer_table(architecture).rows[-1].output_shapes == ((None, 6),)
    headless = table_of("MobileNetV2", include_top=False, input_shape=[96, 96, 3], pooling="avg")
    assert headless.rows[-1].output_shapes == ((None, 1280),)


def test_weights_are_never_loaded() -> None:
    assert read_application("VGG16", {"weights": "/etc/passwd"}) == read_application("VGG16", {}).model_copy(
        update={"source": read_application("VGG16", {"weights": "/etc/passwd"}).source}
    )


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("VGG99", {}, "It has .*VGG16"),
        ("load_model", {}, "no network 'load_model'"),
        ("VGG16", {"colour": 1}, "takes no colour. It takes .*classes"),
        ("VGG16", {"input_shape": [8, 8, 3]}, "Input size must be at least 32x32"),
        ("VGG16", {"classes": "many"}, "does not take these options"),
    ],
)
def test_what_keras_refuses_is_said(name: str, options: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidError, match=says):
        read_application(name, options)  # type: ignore[arg-type]
