"""Definitions that mean harm or make no sense get an answer at once, and nothing of them is run or loaded."""

import resource
import time
from pathlib import Path
from typing import Any

import pytest

from app.core.architectures.architecture import Architecture, Call, Input, Layer, Style
from app.core.architectures.written import code, keras_object
from app.networks import read_layer_table
from tests.factories.example_layers import BUILT, CONFIGS, arriving

HUGE = (10**6, 10**9, 10**18)


def of_one(kind: str, config: dict[str, Any], shapes: list[Any] | None = None) -> Architecture:
    shapes = shapes or [((None, 8, 8, 3), "float32")]
    inputs = tuple(Input(name=f"x{number}", shape=shape, dtype=dtype) for number, (shape, dtype) in enumerate(shapes))
    return Architecture(
        name="one",
        style=Style.FUNCTIONAL,
        inputs=inputs,
        layers=(Layer(name="only", kind=kind, config=config),),
        calls=(Call(id="call", layer="only", inputs=tuple(entry.name for entry in inputs)),),
        outputs=("call",),
    )


def answered(architecture: Architecture) -> Any:
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    table = read_layer_table(architecture)
    assert time.process_time() - began < 10, "seconds of work; how many it takes is for `make bench` to say"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024, "KiB more than before"
    return table


def variants() -> list[tuple[str, str, Any]]:
    """Each number in the arguments of each kind, replaced by a huge one."""
    found = []
    for kind in BUILT:
        for name, value in CONFIGS.get(kind, {}).items():
            if (isinstance(value, int) and not isinstance(value, bool)) or (
                isinstance(value, list) and all(isinstance(entry, int) for entry in value)
            ):
                found.append((kind, name, value))
    return found


@pytest.mark.parametrize(("kind", "name", "value"), variants())
@pytest.mark.parametrize("huge", HUGE)
def test_huge_arguments_are_answered_at_once(kind: str, name: str, value: Any, huge: int) -> None:
    given = [huge] * len(value) if isinstance(value, list) else huge
    config = {**CONFIGS[kind], name: given}
    table = answered(of_one(kind, config, arriving(kind)))
    if huge > 10**9:
        assert table.failure is not None
        assert "larger than" in table.failure.message


@pytest.mark.parametrize("kind", BUILT)
@pytest.mark.parametrize("huge", [10**6, 10**9])
def test_huge_inputs_are_answered_at_once(kind: str, huge: int) -> None:
    shapes = [((shape[0], *[huge for _ in shape[1:]]), dtype) for shape, dtype in arriving(kind)]
    answered(of_one(kind, CONFIGS.get(kind, {}), shapes))


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("RandAugment", "num_ops", 10**9),
        ("AugMix", "num_chains", 10**9),
        ("AugMix", "chain_depth", 10**9),
        ("LSTM", "unroll", True),
        ("RandomGaussianBlur", "kernel_size", [10**9, 10**9]),
        ("MelSpectrogram", "fft_length", 10**9),
        ("Discretization", "num_bins", 10**9),
        ("GroupNormalization", "groups", 10**9),
        ("MultiHeadAttention", "attention_axes", [10**9]),
        ("UpSampling2D", "size", 10**9),
        ("Normalization", "axis", 10**9),
    ],
)
def test_arguments_that_count_loops_are_bounded(kind: str, name: str, value: Any) -> None:
    answered(of_one(kind, {**CONFIGS.get(kind, {}), name: value}, arriving(kind)))


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


def test_nothing_is_run_or_imported(canary: Path) -> None:
    run = f"open({str(canary)!r}, 'w')"
    module = {"module": "os", "class_name": "system", "config": {"command": f"touch {canary}"}}
    function = {"module": "builtins", "class_name": "function", "config": "exec", "registered_name": "function"}
    lambda_ = {"class_name": "__lambda__", "config": {"value": run}}
    for value in (module, function, lambda_, f"os>system {canary}", f"__import__('os').system('touch {canary}')"):
        for argument in ("activation", "kernel_initializer", "kernel_regularizer", "kernel_constraint"):
            table = read_layer_table(of_one("Dense", {"units": 3, argument: value}))
            assert table.failure is not None
        assert read_layer_table(of_one("SpectralNormalization", {"layer": value})).failure is not None
        assert read_layer_table(of_one("TimeDistributed", {"layer": value})).failure is not None
    read_layer_table(of_one("Lambda", {"function": code(run)}))
    read_layer_table(of_one("TimeDistributed", {"layer": keras_object("Lambda", {"function": code(run)})}))
    read_layer_table(of_one("Dense", {"units": 3, "activation": code(run)}))
    read_layer_table(of_one("TFSMLayer", {"filepath": str(canary)}))
    assert not canary.exists()


def test_no_file_is_read_for_weights(canary: Path) -> None:
    canary.write_text("1 2 3")
    config = {"input_dim": 9, "output_dim": 4, "weights": str(canary)}
    table = read_layer_table(of_one("Embedding", config, [((None, 3), "int32")]))
    assert table.complete
    assert "weights" not in table.rows[1].settings


def test_a_network_of_five_thousand_layers_is_read() -> None:
    count = 5_000
    layers = tuple(Layer(name=f"l{number}", kind="Dense", config={"units": 8}) for number in range(count))
    names = ["x", *[layer.name for layer in layers]]
    architecture = Architecture(
        name="deep",
        style=Style.SEQUENTIAL,
        inputs=(Input(name="x", shape=(None, 8)),),
        layers=layers,
        calls=tuple(Call(id=layer.name, layer=layer.name, inputs=(names[n],)) for n, layer in enumerate(layers)),
        outputs=(names[-1],),
    )
    table = answered(architecture)
    assert table.totals.parameters == count * 72


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("split", {"indices_or_sections": 10**6, "axis": 2}),
        ("split", {"indices_or_sections": list(range(1, 5_000)), "axis": 2}),
        ("unstack", {"axis": 2}),
        ("unstack", {"axis": 1, "num": 10**6}),
    ],
)
def test_a_function_that_yields_a_million_tensors_is_not_followed(kind: str, config: dict[str, Any]) -> None:
    table = answered(of_one(kind, config, [((None, 3, 10**6), "float32")]))
    assert table.complete
    assert "more than the 1,000 followed here" in table.rows[-1].note


def test_the_first_thousand_tensors_are() -> None:
    table = answered(of_one("split", {"indices_or_sections": 1_000, "axis": 1}, [((None, 2_000), "float32")]))
    assert table.rows[-1].output_shapes == ((None, 2),) * 1_000
