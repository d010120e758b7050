"""GPUs by their UUIDs: what is there, what may be used, what is lost; the same is asked of NVIDIA's library and the fake."""

import inspect
from pathlib import Path
from typing import Any

import pynvml
import pytest

from app.adapters import devices
from app.core.errors import InvalidError
from tests.fakes import nvml

FIRST, SECOND = nvml.gpu(1), nvml.gpu(2)
MISMATCH = "NVMLError_LibRmVersionMismatch"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with two GPUs; the file that says so."""
    path = tmp_path / "gpus.json"
    nvml.write(path, [FIRST, SECOND])
    monkeypatch.setenv(nvml.VARIABLE, str(path))
    monkeypatch.delenv(devices.VISIBLE, raising=False)
    monkeypatch.setattr(devices, "pynvml", nvml)
    return path


@pytest.fixture(params=["NVIDIA's", "the fake"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Each of both libraries; NVIDIA's finds what this machine has, which may be nothing."""
    if request.param == "the fake":
        request.getfixturevalue("machine")
        return nvml
    monkeypatch.delenv(devices.VISIBLE, raising=False)
    return pynvml


def test_every_gpu_that_is_listed_can_be_looked_at(library: Any) -> None:
    found = devices.gpus()
    assert len({gpu.uuid for gpu in found}) == len(found)
    for gpu in found:
        facts = devices.facts([gpu.uuid])
        assert (facts["kind"], facts["uuid"], facts["name"]) == ("gpu", gpu.uuid, gpu.name)
        assert 0 <= facts["memory_used_bytes"] <= facts["memory_bytes"]  # type: ignore[operator]
        assert facts["utilisation"] is None or 0 <= facts["utilisation"] <= 1  # type: ignore[operator]
    assert devices.own_gpus() == [gpu.uuid for gpu in found]


def test_a_gpu_that_is_not_there_is_an_error_that_says_so(library: Any) -> None:
    with pytest.raises(devices.DriverError, match=r"The NVIDIA driver says|Load the NVIDIA driver"):
        devices.facts(["GPU-ffffffff-0000-0000-0000-000000000000"])


def test_the_fake_has_what_is_asked_of_the_real_library() -> None:
    for name in (name for name in dir(nvml) if name.startswith("nvml")):
        real, fake = inspect.signature(getattr(pynvml, name)), inspect.signature(getattr(nvml, name))
        assert list(real.parameters) == list(fake.parameters), name
    used = {name for name in dir(pynvml) if f"pynvml.{name}" in inspect.getsource(devices)}
    assert used <= set(dir(nvml))
    assert issubclass(nvml.NVMLError_GpuIsLost, pynvml.NVMLError)


def test_the_cpu_tells_its_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(devices.VISIBLE, devices.NONE_VISIBLE)
    assert (devices.gpus(), devices.own_gpus()) == ([], [])
    facts = devices.facts([])
    assert (facts["kind"], facts["uuid"]) == ("cpu", None)
    assert 0 < facts["memory_used_bytes"] <= facts["memory_bytes"]  # type: ignore[operator]
    assert devices.sample([])["process_bytes"] > 2**20  # type: ignore[operator]


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        ("", []),
        ("-1", []),
        ("1", [SECOND]),
        ("1, 0", [SECOND, FIRST]),
        ("GPU-00000002", [SECOND]),
        (FIRST["uuid"], [FIRST]),
    ],
)
def test_only_what_may_be_used_is_listed(
    machine: Path, monkeypatch: pytest.MonkeyPatch, visible: str, expected: list[dict[str, Any]]
) -> None:
    monkeypatch.setenv(devices.VISIBLE, visible)
    assert [gpu.uuid for gpu in devices.gpus()] == [gpu["uuid"] for gpu in expected]


@pytest.mark.parametrize("visible", ["2", "GPU-", "GPU-9", "0,", "everything"])
def test_a_gpu_that_is_named_and_not_there_is_said_with_those_that_are(
    machine: Path, monkeypatch: pytest.MonkeyPatch, visible: str
) -> None:
    monkeypatch.setenv(devices.VISIBLE, visible)
    with pytest.raises(InvalidError, match=rf"CUDA_VISIBLE_DEVICES names .* 0 \({FIRST['uuid']}\), 1 \("):
        devices.gpus()


def test_a_gpu_that_fell_out_is_lost_and_the_others_are_listed(machine: Path) -> None:
    nvml.write(machine, [{**FIRST, "lost": True}, SECOND])
    assert [gpu.uuid for gpu in devices.gpus()] == [SECOND["uuid"]]
    with pytest.raises(devices.GpuLostError, match="GPU is lost"):
        devices.facts([FIRST["uuid"]])
    nvml.write(machine, [SECOND])
    with pytest.raises(devices.GpuLostError):
        devices.facts([FIRST["uuid"]])
    assert devices.sample([FIRST["uuid"]])["utilisation"] is None
    nvml.write(machine, [FIRST, SECOND])
    assert devices.facts([FIRST["uuid"]])["utilisation"] == 0.4


@pytest.mark.parametrize("given", [[FIRST["uuid"]], [SECOND["uuid"], FIRST["uuid"]]])
def test_a_process_knows_the_gpus_that_it_was_given_when_one_is_lost(
    machine: Path, monkeypatch: pytest.MonkeyPatch, given: list[str]
) -> None:
    monkeypatch.setenv(devices.VISIBLE, ",".join(given))
    nvml.write(machine, [])
    assert devices.own_gpus() == given


def test_several_gpus_are_told_as_one_can_train_on_them_and_one_by_one(machine: Path) -> None:
    large = nvml.gpu(3, memory_bytes=80 * 2**30, used_bytes=9 * 2**30, utilisation=80)
    nvml.write(machine, [FIRST, large])
    facts = devices.facts([FIRST["uuid"], large["uuid"]])
    assert (facts["count"], facts["uuid"], facts["name"]) == (2, FIRST["uuid"], "NVIDIA Imaginary")
    assert (facts["memory_bytes"], facts["memory_used_bytes"]) == (24 * 2**30, 9 * 2**30)
    assert facts["utilisation"] == pytest.approx(0.6)
    assert [gpu["utilisation"] for gpu in facts["devices"]] == [0.4, 0.8]  # type: ignore[union-attr, index, call-overload]
    sample = devices.sample([FIRST["uuid"], large["uuid"]])
    assert (sample["utilisation"], sample["memory_bytes"]) == (facts["utilisation"], 10 * 2**30)


def test_one_lost_gpu_of_several_is_the_loss_of_all(machine: Path) -> None:
    nvml.write(machine, [FIRST, {**SECOND, "lost": True}])
    with pytest.raises(devices.GpuLostError):
        devices.facts([FIRST["uuid"], SECOND["uuid"]])
    assert devices.sample([FIRST["uuid"], SECOND["uuid"]])["memory_bytes"] is None


def test_a_driver_in_trouble_is_not_a_lost_gpu(machine: Path) -> None:
    nvml.write(machine, [FIRST], driver=MISMATCH)
    with pytest.raises(devices.DriverError, match="Run `nvidia-smi`") as raised:
        devices.facts([FIRST["uuid"]])
    assert not isinstance(raised.value, devices.GpuLostError)
    with pytest.raises(devices.DriverError):
        devices.gpus()


@pytest.mark.parametrize("driver", ["NVMLError_LibraryNotFound", "NVMLError_DriverNotLoaded"])
def test_without_a_driver_there_is_the_cpu(machine: Path, driver: str) -> None:
    nvml.write(machine, [], driver=driver)
    assert (devices.gpus(), devices.own_gpus()) == ([], [])
    with pytest.raises(devices.DriverError, match="Load the NVIDIA driver"):
        devices.facts([FIRST["uuid"]])


def test_a_part_of_a_gpu_that_tells_no_utilisation_is_looked_at_all_the_same(machine: Path) -> None:
    nvml.write(machine, [nvml.gpu(1, utilisation=None)])
    assert devices.facts([FIRST["uuid"]])["utilisation"] is None
