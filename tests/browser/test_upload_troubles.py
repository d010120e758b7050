"""What is wrong with a folder is shown before it is sent, or told plainly while it is."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.factories.folders import small_files, written
from tests.factories.images import class_folders, png
from tests.fixtures.browsing import Tab
from tests.fixtures.running import RunningApp
from tests.fixtures.uploading import Packs, arrived, choose, drop, title

OWN_APPLICATION = True

pytestmark = pytest.mark.browser


def test_classes_that_differ_by_case_only_are_shown_before_anything_is_sent(
    tab: Tab, packs: Packs, tmp_path: Path
) -> None:
    page = tab.page
    choose(page, written(tmp_path / "animals", {"Cat/1.png": png(1), "cat/2.png": png(2), "dog/3.png": png(3)}))
    expect(title(page)).to_have_text("This makes no dataset yet")
    expect(page.get_by_test_id("upload-layout")).to_contain_text(
        "'Cat' and 'cat' differ by upper and lower case or by spaces only"
    )
    assert packs.begun == 0
    tab.picture("upload-problem")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_test_id("upload-failed")).to_have_text("Stopped. Nothing was kept.")


def test_a_folder_without_images_says_what_is_wanted(tab: Tab, packs: Packs, tmp_path: Path) -> None:
    choose(tab.page, written(tmp_path / "texts", {"a/notes.txt": b"text", "b/.DS_Store": b"x"}))
    expect(tab.page.get_by_test_id("upload-failed")).to_contain_text("There is no image here. There are 1 other files")
    tab.picture("upload-failed")


def test_what_is_left_out_is_counted_and_confirmed(
    tab: Tab, running_app: RunningApp, packs: Packs, tmp_path: Path
) -> None:
    beside = {"cover.png": png(900), ".DS_Store": b"x", "1/Thumbs.db": b"x", "notes.md": b"text"}
    files = {path.removeprefix("dice/"): content for path, content in class_folders().items()}
    choose(tab.page, written(tmp_path / "dice with more", files | beside))
    expect(title(tab.page)).to_have_text("Everything has arrived")
    shown = tab.page.get_by_test_id("upload-layout")
    expect(shown).to_contain_text("2 files that operating systems leave in folders")
    expect(shown).to_contain_text("1 file of other kinds")
    expect(shown).to_contain_text("dice with more/cover.png")
    tab.picture("upload-ready")
    tab.page.get_by_role("button", name="Check these images").click()
    assert arrived(tab.page, running_app)["state"] == "ready"


def test_a_file_that_changes_meanwhile_is_named_and_the_others_arrive(
    tab: Tab, running_app: RunningApp, packs: Packs, tmp_path: Path
) -> None:
    page = tab.page
    folder = written(tmp_path / "one class", {"1/a.png": png(1), "1/b.png": png(2), "1/c.png": png(3)})
    choose(page, folder)
    expect(title(page)).to_have_text("This makes no dataset yet")
    (folder / "1" / "b.png").write_bytes(png(4) + b"longer")
    page.get_by_role("button", name="Send it anyway").click()
    expect(title(page)).to_have_text("Everything has arrived")
    page.get_by_text("1 file not taken").click()
    expect(page.get_by_test_id("upload-layout")).to_contain_text(
        "1/b.png It was changed or removed while it was being sent"
    )
    tab.picture("upload-changed")
    page.get_by_role("link", name="See what has arrived").click()
    expect(page.get_by_role("heading", name="2 images have arrived")).to_be_visible()
    expect(page.get_by_text("There is one class only")).to_be_visible()
    tab.picture("upload-more")
    choose(
        page,
        written(tmp_path / "one class", {"1/b.png": png(4), "2/a.png": png(5), "2/b.png": png(6), "2/c.png": png(7)}),
    )
    assert arrived(page, running_app)["classes"] == ["1", "2"]


def test_a_table_of_labels_says_the_classes(tab: Tab, running_app: RunningApp, packs: Packs, tmp_path: Path) -> None:
    rows = [f"{number}.png,{'cat' if number % 2 else 'dog'}" for number in range(30)]
    files = {f"images/{number}.png": png(number) for number in range(30)}
    table = {"labels.csv": "\n".join(["filename,label", *rows]).encode()}
    drop(tab.page, written(tmp_path / "labelled", files | table))
    dataset = arrived(tab.page, running_app)
    assert (dataset["state"], dataset["classes"], dataset["files"]) == ("ready", ["cat", "dog"], 30)


def test_a_broken_archive_is_told_and_nothing_is_begun(tab: Tab, packs: Packs, tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes(b"PK\3\4 no zip at all")
    tab.page.get_by_test_id("archive-input").set_input_files(tmp_path / "cut.zip")
    expect(tab.page.get_by_test_id("upload-failed")).to_contain_text("cut.zip cannot be read to its end")


def test_a_drop_beside_the_place_for_it_opens_nothing(tab: Tab, packs: Packs, tmp_path: Path) -> None:
    files = written(tmp_path / "beside", {"1/a.png": png(1)})
    session = tab.page.context.new_cdp_session(tab.page)
    data = {"items": [], "files": [str(files / "1" / "a.png")], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 20, "y": 700, "data": data})
    session.detach()
    tab.page.wait_for_timeout(500)
    assert tab.page.url == f"{tab.address}/datasets"
    assert packs.begun == 0


def test_what_was_taken_out_of_the_folder_since_is_told(
    tab: Tab, running_app: RunningApp, packs: Packs, tmp_path: Path
) -> None:
    page = tab.page
    folder = written(tmp_path / "thinned", {"1/a.png": png(1), "1/b.png": png(2), "1/c.png": png(3)})
    choose(page, folder)
    page.get_by_role("button", name="Send it anyway").click()
    page.wait_for_url("**/datasets/*")
    (folder / "1" / "b.png").unlink()
    written(folder, {f"2/{n}.png": png(10 + n) for n in range(3)})
    tab.go("/datasets")
    choose(page, folder)
    expect(title(page)).to_have_text("Everything has arrived")
    shown = page.get_by_test_id("upload-layout")
    expect(shown).to_contain_text("1 file had arrived before and is not in this folder any more: thinned/1/b.png.")
    expect(shown).to_contain_text("2 files had arrived before and are not sent again.")
    page.get_by_role("button", name="Check these images").click()
    assert arrived(page, running_app)["files"] == 6


def test_leaving_the_page_asks(tab: Tab, packs: Packs, tmp_path: Path) -> None:
    page = tab.page
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    choose(page, written(tmp_path / "left", small_files(1_000, padding=60_000)))
    page.get_by_role("button", name="Pause").click()
    page.goto(tab.address + "/runs")
    assert asked == ["beforeunload"]
