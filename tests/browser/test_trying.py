"""Trying a trained network in a real browser: a picture, its heat map, its layers, the camera, a folder, a dataset."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.factories import over_rest
from tests.factories.folders import written
from tests.fixtures.browsing import FLAGS, PATIENCE, Tab, chromium_path
from tests.fixtures.running import RunningApp

pytestmark = pytest.mark.browser

CLASSES = ("blue", "green", "red")


def picture(colour: int, seed: int) -> bytes:
    """Noise that is strongest in one colour."""
    pixels = np.random.default_rng([colour, seed]).integers(0, 90, (24, 24, 3), dtype=np.uint8)
    pixels[:, :, 2 - colour] += 140
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "PNG")
    return target.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """colours/<class>/<number>.png."""
    files = {f"{name}/{seed}.png": picture(number, seed) for number, name in enumerate(CLASSES) for seed in range(12)}
    return written(tmp_path_factory.mktemp("trying") / "colours", files)


@pytest.fixture(scope="module")
def run_id(running_app: RunningApp, folder: Path) -> str:
    """A tiny network, trained for a moment."""
    options = {"height": 16, "width": 16, "channels": 3, "classes": 3, "blocks": 1}
    made = over_rest.preset(running_app, "compact-functional", **options)
    dataset = over_rest.dataset(running_app, folder)
    run = over_rest.run(running_app, made["id"], dataset["id"], epochs=2, batch_size=8)
    assert over_rest.finished(running_app, run)["state"] == "finished"
    return run


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One with a camera that shows a moving picture, which no page has to ask for."""
    camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=[*FLAGS, *camera])
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def trying(tab: Tab, run_id: str) -> Page:
    """The page, on the way that people come to it."""
    page = tab.go(f"/runs/{run_id}")
    page.get_by_test_id("run-try").click()
    page.wait_for_selector("[data-test=try-image][data-ready]")
    page.wait_for_selector("[data-test=try-many][data-ready]")
    return page


def test_a_picture_is_answered_with_its_heat_map_and_what_every_layer_sees(
    tab: Tab, trying: Page, folder: Path
) -> None:
    trying.get_by_test_id("try-file").set_input_files(folder / "red" / "3.png")
    expect(trying.get_by_test_id("try-busy")).to_be_hidden()
    rows = trying.get_by_test_id("try-ranking").locator("li")
    expect(rows).to_have_count(3)
    first = rows.first.locator(".ranking-name").inner_text()
    expect(trying.get_by_test_id("try-predicted")).to_contain_text(first)
    shares = [float(text.split()[0]) for text in rows.locator(".number").all_inner_texts()]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=0.2)
    assert width_of(trying, "[data-test=try-seen]") == 16
    assert width_of(trying, "[data-test=try-heat]") == 16
    expect(trying.get_by_test_id("try-heat-text")).to_contain_text(first)
    maps = trying.locator(".maps-button img")
    assert maps.evaluate_all("all => all.every((image) => image.naturalWidth > 0)")
    trying.locator("[data-part=opacity]").fill("1")
    assert trying.get_by_test_id("try-heat").evaluate("image => getComputedStyle(image).opacity") == "1"
    trying.get_by_test_id("try-class").select_option("blue")
    expect(trying.get_by_test_id("try-heat-text")).to_contain_text("for blue.")
    tab.picture("try-answered")


def test_a_row_opens_to_all_of_its_channels_and_closes_again(trying: Page) -> None:
    row = trying.locator("[data-call]").filter(has_text="Conv2D").first
    few = row.locator("[data-part=note]").inner_text()
    row.locator("button").click()
    expect(row.locator("button")).to_have_attribute("aria-expanded", "true")
    expect(row.locator("[data-part=note]")).not_to_have_text(few)
    row.locator("button").click()
    expect(row.locator("button")).to_have_attribute("aria-expanded", "false")
    expect(row.locator("[data-part=note]")).to_have_text(few)


def test_what_is_no_picture_is_said_and_the_next_one_is_answered(tab: Tab, trying: Page, folder: Path) -> None:
    chooser = trying.get_by_test_id("try-file")
    chooser.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"})
    expect(trying.get_by_test_id("try-failed")).to_contain_text("none of the formats")
    chooser.set_input_files(folder / "blue" / "1.png")
    expect(trying.get_by_test_id("try-failed")).to_be_hidden()
    # The answer was a 422, which Chromium notes as an error of its own.
    tab.complaints[:] = [text for text in tab.complaints if "422" not in text]


def test_the_camera_takes_a_picture(trying: Page) -> None:
    before = trying.get_by_test_id("try-seen").get_attribute("src")
    trying.get_by_test_id("try-camera").click()
    trying.wait_for_function("() => document.querySelector('video').videoWidth > 0")
    trying.get_by_test_id("try-shoot").click()
    expect(trying.get_by_test_id("try-seen")).not_to_have_attribute("src", before or "")
    expect(trying.get_by_test_id("try-camera")).to_be_visible()


def test_a_folder_comes_back_as_a_table_and_as_csv(tab: Tab, trying: Page, folder: Path) -> None:
    trying.get_by_test_id("many-folder").set_input_files(folder)
    expect(trying.get_by_test_id("many-text")).to_contain_text("36 / 36")
    expect(trying.get_by_test_id("many-rows").locator("tr")).to_have_count(36)
    rows = saved(trying)
    assert sorted(row["path"] for row in rows) == sorted(
        f"colours/{path.relative_to(folder)}" for path in folder.rglob("*.png")
    )
    assert all(row["class"] == row["path"].split("/")[1] for row in rows)
    right = sum(row["correct"] == "true" for row in rows)
    expect(trying.get_by_test_id("many-text")).to_contain_text(f"{100 * right / 36:.1f} % right of 36")
    assert right == sum(row["class"] == row["predicted"] for row in rows)
    tab.picture("try-many")


def test_a_dataset_comes_back_with_what_its_folder_gave(trying: Page) -> None:
    before = {row["path"].partition("/")[2]: row["predicted"] for row in saved(trying)}
    trying.locator("#try-split").select_option("")
    trying.get_by_test_id("many-dataset").click()
    expect(trying.get_by_test_id("many-text")).to_contain_text("36 / 36")
    found = {row["path"].removeprefix("colours/"): row["predicted"] for row in saved(trying)}
    assert found == before


def saved(page: Page) -> list[dict[str, str]]:
    with page.expect_download(timeout=PATIENCE) as waiting:
        page.get_by_test_id("many-csv").click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def width_of(page: Page, selector: str) -> int:
    return int(page.locator(selector).evaluate("image => image.naturalWidth"))


def test_weights_are_chosen_in_the_address_and_a_run_without_any_says_why(
    tab: Tab, running_app: RunningApp, run_id: str
) -> None:
    page = tab.go(f"/runs/{run_id}/try?weights=last")
    expect(page.get_by_role("link", name="last weights")).to_have_attribute("aria-current", "true")
    with running_app.client() as client:
        like = client.get(f"/runs/{run_id}").json()
    kept = {"retention": {"weights": "none"}}
    other = over_rest.run(running_app, like["architecture"], like["dataset"], epochs=1, **kept)
    over_rest.finished(running_app, other)
    page = tab.go(f"/runs/{other}/try")
    expect(page.get_by_text("asked to keep none of its weights")).to_be_visible()
