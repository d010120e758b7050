"""The downloads of a run's page: a file is asked for, made by the real worker, and saved; the script and its images too."""

import hashlib
import zipfile

import pytest
from playwright.sync_api import expect

from tests.factories import over_rest
from tests.fixtures.browsing import Tab
from tests.fixtures.running import RunningApp

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def run_id(running_app: RunningApp) -> str:
    """A finished run of two epochs on dice."""
    dataset = over_rest.dataset(running_app)
    made = over_rest.preset(running_app, "compact-sequential", classes=len(dataset["classes"]))
    found = over_rest.run(running_app, made["id"], dataset["id"], epochs=2)
    assert over_rest.finished(running_app, found)["state"] == "finished"
    return found


def test_files_are_made_on_request_and_say_how_far_they_are_from_the_network(tab: Tab, run_id: str) -> None:
    page = tab.go(f"/runs/{run_id}")
    page.get_by_test_id("make-onnx").click()
    expect(page.get_by_test_id("export-best.onnx")).to_be_visible()
    page.get_by_label("Make of").select_option("1")
    page.get_by_test_id("make-zip").click()
    # Each appears by itself, as soon as it has been opened again and compared.
    expect(page.get_by_test_id("difference-best.onnx")).to_contain_text("on 64", timeout=240_000)
    expect(page.get_by_test_id("artifact-epoch-0001.zip")).to_be_visible(timeout=240_000)
    with page.expect_download() as started:
        page.get_by_test_id("artifact-epoch-0001.zip").click()
    assert started.value.suggested_filename.endswith(" epoch-0001.zip")
    with zipfile.ZipFile(started.value.path()) as archive:
        assert archive.testzip() is None
        sums = dict(reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines())
        assert sums == {name: hashlib.sha256(archive.read(name)).hexdigest() for name in sums}
        assert {"README.md", "epoch-0001.onnx", "epoch-0001.tflite", "epoch-0001.keras"} <= set(sums)
    page.reload()
    page.get_by_test_id("loading").locator("summary").click()
    expect(page.get_by_test_id("loading")).to_contain_text("onnxruntime.InferenceSession")
    tab.picture("run-downloads")


def test_a_run_is_taken_along(tab: Tab, run_id: str) -> None:
    page = tab.go(f"/runs/{run_id}")
    with page.expect_download() as started:
        page.get_by_test_id("script").click()
    assert started.value.suggested_filename.endswith(" script.py")
    compile(started.value.path().read_text(encoding="utf-8"), "script.py", "exec")
    with page.expect_download() as started:
        page.get_by_role("link", name="its images (zip)").click()
    with zipfile.ZipFile(started.value.path()) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 110 + 59 + 110 + 1
