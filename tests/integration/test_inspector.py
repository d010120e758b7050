"""The inspector as a process of its own: it answers, survives nonsense, and its client says when it is away."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing.connection import Client
from pathlib import Path

import pytest

from app.adapters.inspector import InspectorClient
from app.core.architectures.architecture import Architecture, Layer
from app.core.architectures.presets import build_preset
from app.core.errors import InvalidError, UnavailableError
from app.networks.__main__ import answer_in_time


@pytest.fixture(scope="module")
def socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("inspector") / "i.sock"
    path.write_text("left over from a process that was killed")
    process = subprocess.Popen(
        [sys.executable, "-m", "app.networks", str(path)], env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}
    )
    yield path
    alive = process.poll() is None
    process.kill()
    process.wait()
    assert alive, "the inspector died during the tests"


@pytest.fixture(scope="module")
def inspector(socket: Path) -> InspectorClient:
    client = InspectorClient(socket, starts_within_seconds=60)
    client.layer_table(build_preset("compact-functional", {"blocks": 1}))
    return client


def test_it_answers_the_notebooks_pair(inspector: InspectorClient) -> None:
    whole = inspector.layer_table(build_preset("notebook-functional", {}))
    assert whole.totals.parameters == 140_095_430
    half = inspector.layer_table(build_preset("notebook-sequential", {}))
    assert (half.reached_layers, half.totals.parameters) == (20, 17_664_576)


def test_a_table_is_asked_for_once(inspector: InspectorClient) -> None:
    architecture = build_preset("compact-sequential", {})
    assert inspector.layer_table(architecture) is inspector.layer_table(architecture)


def test_several_are_asked_for_at_once_and_answered_in_order(inspector: InspectorClient) -> None:
    variants = [build_preset("compact-functional", {"classes": classes}) for classes in (11, 12, 11, 13)]
    tables = inspector.layer_tables(variants)
    assert [table.rows[-1].output_shapes for table in tables] == [((None, n),) for n in (11, 12, 11, 13)]
    assert tables[0] is tables[2]
    assert inspector.layer_tables(variants[1:2])[0] is tables[1]
    assert inspector.layer_tables([]) == []


def test_more_than_one_request_takes_is_asked_for_in_portions(
    inspector: InspectorClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.adapters.inspector.LAYERS_AT_ONCE", 30)
    variants = [build_preset("compact-functional", {"classes": classes}) for classes in range(40, 46)]
    tables = inspector.layer_tables(variants)
    assert [table.rows[-1].output_shapes for table in tables] == [((None, n),) for n in range(40, 46)]


def test_it_tells_what_layers_take(inspector: InspectorClient) -> None:
    catalogue = inspector.catalogue()
    dense = catalogue.layer("Dense")
    assert dense is not None
    assert [argument.name for argument in dense.arguments if argument.required] == ["units"]
    assert inspector.catalogue() is catalogue


def test_it_makes_networks_of_applications(inspector: InspectorClient) -> None:
    network = inspector.application("MobileNet", {"input_shape": [32, 32, 3], "classes": 6})
    assert network.name == "MobileNet"
    assert inspector.layer_table(network).rows[-1].output_shapes == ((None, 6),)
    with pytest.raises(InvalidError, match="no network 'Nothing'"):
        inspector.application("Nothing", {})


def test_only_its_user_may_reach_it(inspector: InspectorClient, socket: Path) -> None:
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"",
        b"nonsense",
        b"[" * 100_000,
        b"{}",
        b"\x80\x04K\x01.",
        b'{"ask": "everything"}',
        b'{"ask": "tables", "architectures": [{}]}',
        b'{"ask": "application", "name": 3}',
    ],
)
def test_it_survives_nonsense(inspector: InspectorClient, socket: Path, request_bytes: bytes) -> None:
    with Client(str(socket), family="AF_UNIX") as connection:
        connection.send_bytes(request_bytes)
        assert b"invalid" in connection.recv_bytes()
    inspector.layer_table(build_preset("compact-functional", {"classes": 3 + len(request_bytes) % 97}))


def test_it_survives_a_client_that_leaves(inspector: InspectorClient, socket: Path) -> None:
    Client(str(socket), family="AF_UNIX").close()
    inspector.layer_table(build_preset("compact-functional", {"classes": 200}))


def test_an_architecture_that_keras_asserts_against_ends_nothing(inspector: InspectorClient) -> None:
    made = build_preset("compact-functional", {"blocks": 1})
    layer = Layer(name="conv2d", kind="SpectralNormalization", config={"layer": {"class_name": "Dense"}})
    odd = Architecture.model_validate({**made.model_dump(), "layers": (layer, *made.layers[1:])})
    assert inspector.layer_table(odd).failure is not None


def test_a_client_without_an_inspector_says_so(tmp_path: Path) -> None:
    client = InspectorClient(tmp_path / "none.sock", starts_within_seconds=0.2)
    with pytest.raises(UnavailableError, match="Try again in a moment"):
        client.layer_table(build_preset("compact-functional", {}))


def test_a_request_that_takes_too_long_ends_and_the_next_is_answered() -> None:
    request = json.dumps({"ask": "application", "name": "ResNet50", "options": {"weights": None}}).encode()
    assert "too large" in answer_in_time(request, seconds=0.01)["invalid"]
    architecture = build_preset("compact-functional", {}).model_dump(mode="json")
    assert answer_in_time(json.dumps({"ask": "tables", "architectures": [architecture]}).encode())["tables"]
