"""Keras as the oracle: what is written runs, and makes the very network."""

import random
from collections.abc import Iterator
from typing import Any

import keras
import pytest

from app.core.architectures.architecture import Architecture, Style
from app.core.architectures.presets import build_preset, presets
from app.core.architectures.writers import write_code
from app.core.architectures.writers.keras_words import (
    FIRST_ARGUMENTS,
    FIRST_OF_ITS_KIND,
    KERAS_LAYERS,
    NETWORK_ATTRIBUTES,
    OBJECT_MODULES,
)
from app.networks.catalogue import tell_catalogue
from tests.factories.architectures import random_architecture, random_chain
from tests.factories.keras_twins import functional_model

DRAWN = 12


@pytest.fixture(autouse=True)
def fresh_session() -> Iterator[None]:
    keras.utils.clear_session(free_memory=False)
    yield
    keras.utils.clear_session(free_memory=False)


def run(code: str) -> keras.Model:
    """Execute written code in a fresh session, without weights, and answer its `model`."""
    keras.utils.clear_session(free_memory=False)
    names: dict[str, Any] = {}
    with keras.StatelessScope(initialize_variables=False):
        exec(compile(code, "<written>", "exec"), names)
    return names["model"]


def weights_by_layer(model: keras.Model) -> dict[str, list[tuple[int, ...]]]:
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    return {layer.name: [tuple(weight.shape) for weight in layer.weights] for layer in layers}


def configs_by_layer(model: keras.Model) -> dict[str, dict[str, Any]]:
    """What each layer says of itself, but for the automatic names of layers inside of it."""
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    return {layer.name: _without_inner_names(layer.get_config()) for layer in layers}


def _without_inner_names(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_inner_names(entry) for key, entry in value.items() if key not in {"name", "seed"}}
    return [_without_inner_names(entry) for entry in value] if isinstance(value, list | tuple) else value


def twin(architecture: Architecture) -> keras.Model:
    keras.utils.clear_session(free_memory=False)
    with keras.StatelessScope(initialize_variables=False):
        return functional_model(architecture)[0]


def styles_of(architecture: Architecture) -> list[Style]:
    """The styles that can express the network; a class is traced by Keras, which promises more than it computes here."""
    several = any(layer.config.get("return_state") for layer in architecture.layers)
    promises = any(layer.kind.startswith("Adaptive") for layer in architecture.layers)
    left_out = {Style.SEQUENTIAL: several or not architecture.is_chain, Style.SUBCLASSED: promises}
    return [style for style in Style if not left_out.get(style, False)]


def assert_same_network(code: str, expected: keras.Model) -> None:
    shapes = [tuple(tensor.shape) for tensor in expected.outputs]
    weights, configs = weights_by_layer(expected), configs_by_layer(expected)
    made = run(code)
    assert weights_by_layer(made) == weights, code
    assert configs_by_layer(made) == configs, code
    if hasattr(made, "outputs") and isinstance(made.outputs, list):
        assert [tuple(tensor.shape) for tensor in made.outputs] == shapes, code


@pytest.mark.parametrize("seed", range(DRAWN))
def test_random_graphs_run_in_keras_and_make_the_same_layers(seed: int) -> None:
    drawn = random_architecture(random.Random(seed), size=12)
    catalogue = tell_catalogue() if seed % 2 else None
    for style in styles_of(drawn):
        assert_same_network(write_code(drawn, style, catalogue=catalogue), twin(drawn))


@pytest.mark.parametrize("seed", range(DRAWN))
def test_random_chains_run_in_keras_in_all_styles(seed: int) -> None:
    drawn = random_chain(random.Random(seed), size=8)
    for style in styles_of(drawn):
        assert_same_network(write_code(drawn, style), twin(drawn))


@pytest.mark.parametrize("preset", [entry.name for entry in presets() if entry.name.startswith("compact")])
@pytest.mark.parametrize("style", list(Style))
def test_presets_need_no_names_since_keras_gives_the_same(preset: str, style: Style) -> None:
    architecture = build_preset(preset, {})
    code = write_code(architecture, style)
    assert code.count("name=") == 1, "only the network's own"
    assert_same_network(code, twin(architecture))


def test_what_is_known_of_keras_is_so() -> None:
    missing = [kind for kind in KERAS_LAYERS if not hasattr(keras.layers, kind)]
    assert missing == []
    for kind, module in OBJECT_MODULES.items():
        assert hasattr(getattr(keras, module), kind), kind
    for entry in tell_catalogue().layers:
        wanted = [argument.name for argument in entry.arguments[1:] if argument.name in FIRST_ARGUMENTS]
        assert wanted == [], f"{entry.kind}: not first in the signature"
        assert FIRST_OF_ITS_KIND.get(entry.kind) in {None, entry.arguments[0].name}


def test_no_layer_is_kept_where_a_network_has_something_else() -> None:
    class Plain(keras.Model):  # type: ignore[misc]  # Keras brings no types
        def __init__(self) -> None:
            super().__init__()

        def call(self, inputs: Any) -> Any:
            return inputs

    model = Plain()
    model.compile(loss="mse")
    public = {name for name in dir(model) if not name.startswith("_")}
    assert public - NETWORK_ATTRIBUTES == set()
