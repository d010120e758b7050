"""Folders and archives go in from a real browser: whole, each file once, whatever happens on the way."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.factories.folders import small_files, written
from tests.factories.images import class_folders, png, tar_bytes, zip_bytes
from tests.fixtures.browsing import Tab
from tests.fixtures.running import RunningApp
from tests.fixtures.uploading import Packs, arrived, choose, drop, settled, title

OWN_APPLICATION = True

pytestmark = pytest.mark.browser


def test_a_folder_of_2000_files_is_finished_after_a_reload_and_nothing_is_sent_twice(
    tab: Tab, running_app: RunningApp, packs: Packs, tmp_path: Path
) -> None:
    folder = written(tmp_path / "two thousand", small_files(2_000, padding=50_000))
    choose(tab.page, folder)
    packs.wait(1)
    tab.page.reload()
    there = settled(tab.page, running_app, "two thousand")
    assert 0 < there < 2_000
    packs.answers.clear()
    choose(tab.page, folder)
    expect(tab.page.get_by_test_id("upload-layout")).to_contain_text(f"{there:,} files had arrived before")
    assert arrived(tab.page, running_app)["files"] == 2_000
    packs.stop()
    assert packs.counted("accepted") == 2_000 - there
    assert packs.counted("already_there") == 0


def test_a_pause_sends_nothing_new_until_it_is_over(
    tab: Tab, running_app: RunningApp, packs: Packs, tmp_path: Path
) -> None:
    page = tab.page
    choose(page, written(tmp_path / "paused", small_files(1_500, padding=80_000)))
    page.get_by_role("button", name="Pause").click()
    expect(title(page)).to_have_text("Paused")
    page.wait_for_timeout(1_500)
    settled(page, running_app, "paused")
    begun = packs.begun
    page.wait_for_timeout(1_000)
    assert packs.begun == begun <= 4
    tab.picture("upload-paused")
    page.get_by_role("button", name="Go on").click()
    assert arrived(page, running_app)["files"] == 1_500
    assert (packs.counted("accepted"), packs.counted("already_there")) == (1_500, 0)


def test_it_goes_on_by_itself_when_the_network_is_back(
    tab: Tab, running_app: RunningApp, packs: Packs, tmp_path: Path
) -> None:
    page = tab.page
    choose(page, written(tmp_path / "cut off", small_files(1_500, padding=81_000)))
    packs.wait(1)
    page.context.set_offline(True)
    expect(title(page)).to_have_text("Waiting to go on", timeout=60_000)
    expect(page.get_by_test_id("upload-trouble")).to_contain_text("goes on by itself")
    tab.picture("upload-offline")
    there = settled(page, running_app, "cut off")
    assert 0 < there < 1_500
    taken = packs.counted("accepted")
    page.context.set_offline(False)
    assert arrived(page, running_app)["files"] == 1_500
    assert packs.counted("accepted") == 1_500 - there + taken
    assert packs.counted("already_there") == 0
    tab.complaints[:] = [text for text in tab.complaints if "ERR_INTERNET_DISCONNECTED" not in text]


@pytest.mark.parametrize(
    ("name", "pack"),
    [("zipped.zip", zip_bytes), ("packed.tar", tar_bytes), ("packed.tar.gz", lambda files: tar_bytes(files, mode="w:gz"))],
)  # fmt: skip
def test_archives_are_unpacked_here_and_sent_like_folders(
    tab: Tab, running_app: RunningApp, packs: Packs, tmp_path: Path, name: str, pack: Any
) -> None:
    files = class_folders(classes=3, each=30) | {"dice/.DS_Store": b"x", f"dice/1/{'long ' * 30}é.png": png(777)}
    (tmp_path / name).write_bytes(pack(files))
    tab.page.get_by_test_id("archive-input").set_input_files(tmp_path / name)
    dataset = arrived(tab.page, running_app)
    assert (dataset["name"], dataset["state"], dataset["files"]) == (Path(name).name.partition(".")[0], "ready", 91)
    with running_app.client() as client:
        sent = client.get(f"/datasets/{dataset['id']}/files").json()["items"]
    assert {file["path"] for file in sent} == {path for path in files if path.endswith(".png")}


def test_several_folders_are_dropped_at_once(tab: Tab, running_app: RunningApp, packs: Packs, tmp_path: Path) -> None:
    folders = written(tmp_path, small_files(240, classes=3))
    drop(tab.page, *sorted(folders.iterdir()))
    dataset = arrived(tab.page, running_app)
    assert (dataset["name"], dataset["classes"]) == ("0, 1 and 1 more", ["0", "1", "2"])
    assert packs.counted("accepted") == dataset["files"] == 240


def test_a_second_set_costs_only_what_changed(tab: Tab, running_app: RunningApp, packs: Packs, tmp_path: Path) -> None:
    files = small_files(300, padding=777)
    choose(tab.page, written(tmp_path / "first", files))
    arrived(tab.page, running_app)
    packs.answers.clear()
    tab.go("/datasets")
    choose(tab.page, written(tmp_path / "second", files | {"0/changed.png": png(5)}))
    assert arrived(tab.page, running_app)["files"] == 301
    assert packs.counted("accepted") == 1
