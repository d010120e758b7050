"""From a figure to its images, and from two runs to whether they differ, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.factories import over_rest
from tests.fixtures.browsing import Tab
from tests.fixtures.running import RunningApp

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def run_ids(running_app: RunningApp) -> list[str]:
    """Two runs that differ in their seed, and one that cannot learn: its learning rate is far too high."""
    dataset = over_rest.dataset(running_app)
    made = over_rest.preset(running_app, "compact-sequential", classes=len(dataset["classes"]))
    asked = [{"seed": 1}, {"seed": 2}, {"optimizer": {"name": "sgd", "learning_rate": 50}}]
    runs = [over_rest.run(running_app, made["id"], dataset["id"], epochs=2, batch_size=32, **more) for more in asked]
    for run_id in runs:
        assert over_rest.finished(running_app, run_id)["state"] in {"finished", "diverged"}
    return runs


def test_a_cell_of_the_matrix_leads_to_exactly_its_images(tab: Tab, run_ids: list[str]) -> None:
    page = tab.go(f"/runs/{run_ids[0]}")
    cell = page.locator("#test-matrix .matrix-cell a").first
    words = cell.get_attribute("aria-label") or ""
    found = re.match(r"(\d+) of \d+ images of (\S+) taken for (\S+)", words)
    assert found, words
    cell.click()
    expect(page.get_by_test_id("predicted-total")).to_contain_text(f"{found[1]} image")
    expect(page.locator(".thumbs img")).to_have_count(int(found[1]))
    assert set(page.locator(".thumbs img").evaluate_all("images => images.map(image => image.alt)")) == {
        f"A {found[2]} taken for {found[3]}"
    }
    tab.picture("run-predicted")
    page.get_by_label("Taken for").select_option("")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile(rf"class={found[2]}&predicted=$"))


def test_what_the_cells_have_stands_in_the_address(tab: Tab, run_ids: list[str]) -> None:
    page = tab.go(f"/runs/{run_ids[0]}")
    page.locator("#test-matrix").get_by_role("link", name="% of the class").click()
    expect(page).to_have_url(re.compile(r"\?matrix=recall#test-matrix$"))
    expect(page.locator("#test-matrix .matrix-cell").filter(has_text="%").first).to_be_visible()
    page.reload()
    expect(page.locator("#test-matrix").get_by_role("link", name="% of the class")).to_have_attribute(
        "aria-current", "true"
    )
    expect(page.locator(".calibration .figure-drawn").first).to_be_visible()
    tab.picture("run-evaluation")


def test_a_dead_network_is_called_so_with_its_learning_rate_as_the_reason(tab: Tab, run_ids: list[str]) -> None:
    page = tab.go(f"/runs/{run_ids[2]}")
    expect(page.get_by_test_id("symptoms")).to_contain_text("A learning rate of 50 is high for sgd")
    tab.picture("run-dead")


def test_two_runs_are_held_against_each_other_image_by_image(tab: Tab, run_ids: list[str]) -> None:
    page = tab.go(f"/comparison?runs={','.join(run_ids)}")
    expect(page.get_by_test_id("significance-2")).to_contain_text("on 110 test images")
    expect(page.get_by_test_id("repeats")).to_contain_text("±")
    page.get_by_test_id("significance-3").get_by_role("link").click()
    expect(page).to_have_url(re.compile(rf"pair={run_ids[2]}#pair$"))
    expect(page.get_by_test_id("pair")).to_contain_text("on the 110 test images that both answered")
    tab.picture("comparison-significance")
    tab.go(f"/comparison/disagreements?runs={run_ids[0]},{run_ids[2]}")
    expect(page.get_by_test_id("disagreements-total")).to_contain_text("of 110 test images")
    tab.picture("comparison-disagreements")
