"""Code → architecture → code → architecture is the identity, in every style."""

import random

import pytest

from app.core.architectures.architecture import Architecture, Style
from app.core.architectures.presets import build_preset, presets
from app.core.architectures.readers.keras_code import read_code
from app.core.architectures.writers import write_code
from app.core.errors import InvalidError
from app.networks import InstalledKeras
from tests.factories.architectures import random_architecture, random_chain

DRAWN = 60


def read_back(architecture: Architecture, style: Style) -> Architecture:
    code = write_code(architecture, style, catalogue=InstalledKeras().catalogue())
    reading = read_code(code, facts=InstalledKeras())
    assert reading.not_understood == ()
    (definition,) = reading.definitions
    return definition.architecture


@pytest.mark.parametrize("style", Style)
@pytest.mark.parametrize("preset", [entry.name for entry in presets()])
def test_a_preset_that_is_written_and_read_is_the_same(preset: str, style: Style) -> None:
    architecture = build_preset(preset, {}).model_copy(update={"style": style})
    assert read_back(architecture, style).digest == architecture.digest


@pytest.mark.parametrize("seed", range(DRAWN))
def test_a_drawn_network_that_is_written_and_read_is_the_same(seed: int) -> None:
    rng = random.Random(seed)
    drawn = random_architecture(rng, size=10) if seed % 3 else random_chain(rng, size=8)
    for style in Style:
        try:
            first = read_back(drawn, style)
        except InvalidError:
            assert style is Style.SEQUENTIAL
            continue
        assert first.style is style
        assert [(layer.name, layer.kind, len(layer.config)) for layer in first.layers] == [
            (layer.name, layer.kind, len(layer.config)) for layer in drawn.layers
        ]
        assert [call.layer for call in first.calls] == [call.layer for call in drawn.calls]
        assert read_back(first, style).digest == first.digest
