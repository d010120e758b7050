"""Presets are what the notebook wrote, and options change what they say."""

from typing import Any

import pytest

from app.core.architectures.architecture import Style
from app.core.architectures.presets import build_preset, presets
from app.core.errors import InvalidError


def test_the_notebooks_pair_is_written_as_in_the_notebook() -> None:
    left, right = build_preset("notebook-sequential", {}), build_preset("notebook-functional", {})
    assert len(left.layers) == len(right.layers) == 29
    assert [layer.kind for layer in left.layers] == [layer.kind for layer in right.layers]
    assert left.layers[0].config == {"filters": 64, "kernel_size": [3, 3], "activation": "relu"}
    assert right.layers[0].config == {**left.layers[0].config, "padding": "same"}
    assert (left.layer("dropout").config, right.layer("dropout").config) == ({"rate": 0.25}, {"rate": 0.2})
    assert left.inputs[0].shape == (None, 224, 224, 3)
    assert left.layers[-1].config == {"units": 6, "activation": "softmax"}


def test_the_compact_networks_differ_in_style_alone() -> None:
    definitions = [
        build_preset(f"compact-{style.value}", {}).model_dump(exclude={"name", "style", "source"}) for style in Style
    ]
    assert definitions[0] == definitions[1] == definitions[2]


def test_layer_names_follow_keras() -> None:
    names = [layer.name for layer in build_preset("compact-sequential", {"blocks": 1}).layers]
    assert names[:6] == ["conv2d", "batch_normalization", "re_lu", "conv2d_1", "batch_normalization_1", "re_lu_1"]
    assert names[6:] == ["max_pooling2d", "global_average_pooling2d", "dropout", "dense"]


def test_options_change_the_network_and_are_remembered() -> None:
    made = build_preset("compact-functional", {"classes": 3, "height": 32, "width": 48, "width_factor": 0.5})
    assert made.inputs[0].shape == (None, 32, 48, 1)
    assert made.layers[-1].config["units"] == 3
    assert made.layers[0].config["filters"] == 8
    assert made.source.options == {"classes": 3, "height": 32, "width": 48, "width_factor": 0.5}


def test_every_preset_builds_with_its_defaults_and_describes_its_options() -> None:
    for preset in presets():
        assert build_preset(preset.name, {}).style is preset.style
        assert {"height", "width", "channels", "classes", "padding", "width_factor", "dropout"} <= set(
            preset.representation()["options"]["properties"]
        )


def test_an_unknown_preset_is_told_what_exists() -> None:
    with pytest.raises(InvalidError, match="notebook-sequential, notebook-functional, compact-sequential"):
        build_preset("resnet", {})


@pytest.mark.parametrize(
    "options", [{"colour": 1}, {"height": 0}, {"padding": "full"}, {"dropout": 1}, {"blocks": "many"}]
)
def test_options_that_make_no_sense_are_named(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidError) as caught:
        build_preset("compact-functional", options)
    assert [error.field for error in caught.value.errors] == [f"preset.options.{next(iter(options))}"]
