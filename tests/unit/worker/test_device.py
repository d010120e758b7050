"""What a worker says that it computes with, where there is no GPU for it."""

import pynvml
import pytest

from worker import device


@pytest.mark.parametrize("visible", ["", "-1"])
def test_a_process_that_may_use_no_gpu_computes_with_the_cpu(monkeypatch: pytest.MonkeyPatch, visible: str) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert device.device_facts()["kind"] == "cpu"


@pytest.mark.parametrize("error", [pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, pynvml.NVML_ERROR_DRIVER_NOT_LOADED])
def test_without_a_driver_it_is_the_cpu(monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    def fail() -> None:
        raise pynvml.NVMLError(error)

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(pynvml, "nvmlInit", fail)
    facts = device.device_facts()
    assert facts["kind"] == "cpu"
    assert 0 <= device.device_sample()["utilisation"] <= 1  # type: ignore[operator]
