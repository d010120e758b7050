"""The tour of the README in a real browser: see the two networks, bring dice, train both, compare, download."""

import hashlib
import re

import pytest
from playwright.sync_api import expect

from tests.factories.dice import casino_dice
from tests.fixtures.browsing import Tab

OWN_APPLICATION = True

pytestmark = pytest.mark.browser


def test_a_newcomer_is_led_in(tab: Tab) -> None:
    page = tab.go("/")
    expect(page.get_by_role("heading", name="See the networks")).to_be_visible()
    tab.picture("overview-empty")
    for name, path in (("datasets-empty", "/datasets"), ("runs-empty", "/runs"), ("train-empty", "/train")):
        tab.go(path)
        tab.picture(name)


def test_the_notebooks_first_network_stops_at_its_16th_convolution(tab: Tab) -> None:
    page = tab.go("/architectures")
    tab.picture("architectures")
    page.get_by_test_id("preset-notebook-sequential").click()
    expect(page.get_by_test_id("parameters")).to_have_text("17,664,576")
    expect(page.get_by_text("20 of 29", exact=True)).to_be_visible()
    expect(page.get_by_test_id("stops-at")).to_contain_text("conv2d_15")
    expect(page.get_by_test_id("layer-table").locator("tbody tr")).to_have_count(30)
    tab.picture("architecture-sequential")


def test_the_notebooks_second_network_has_140_million_parameters(tab: Tab) -> None:
    page = tab.go("/architectures")
    page.get_by_test_id("preset-notebook-functional").click()
    expect(page.get_by_test_id("parameters")).to_have_text("140,095,430")
    expect(page.get_by_test_id("stops-at")).to_have_count(0)
    tab.picture("architecture-functional")


def test_an_option_out_of_range_is_explained_beside_its_field(tab: Tab) -> None:
    page = tab.go("/architectures/new?preset=compact-sequential")
    page.get_by_label("Input height").fill("0")
    page.get_by_role("button", name="See it").click()
    expect(page.locator("#height-error")).to_contain_text("greater than or equal to 8")
    expect(page.get_by_label("Input height")).to_have_value("0")
    tab.picture("architecture-options")
    # The answer was a 422, which Chromium notes as an error of its own.
    tab.complaints[:] = [text for text in tab.complaints if "422" not in text]


def test_a_folder_becomes_a_dataset(tab: Tab) -> None:
    page = tab.go("/datasets")
    page.get_by_test_id("folder-input").set_input_files(casino_dice())
    page.wait_for_url(re.compile(r"/datasets/[\w-]+$"))
    expect(page.get_by_test_id("dataset-state")).to_have_text("ready", timeout=60_000)
    expect(page.get_by_text("279", exact=True)).to_be_visible()
    tab.picture("dataset")
    tab.go("/datasets")
    tab.picture("datasets")


def test_both_styles_are_trained_and_watched_live(tab: Tab) -> None:
    page = tab.go("/train")
    for name in ("compact-sequential", "compact-functional"):
        page.locator(f'input[value="preset:{name}"]').evaluate("box => box.closest('details').open = true")
        page.locator(f'input[value="preset:{name}"]').check()
    page.get_by_label("Epochs", exact=True).fill("5")
    tab.picture("train")
    page.get_by_test_id("train-submit").click()
    page.wait_for_url(re.compile(r"/comparison\?runs="))
    page.evaluate("window.wasHereAllTheTime = true")
    # No clock helps from here on: what changes is brought by events.
    page.locator("[data-module=live]").evaluate("live => { live.dataset.every = 3600000 }")
    first, second = page.get_by_test_id("epoch-1"), page.get_by_test_id("epoch-2")
    expect(first).to_contain_text("0 / 5")
    expect(first).to_contain_text("2 / 5", timeout=180_000)
    expect(second).to_contain_text("5 / 5", timeout=240_000)
    expect(page.get_by_test_id("identical")).to_contain_text(
        "Bit-identical weights through all 5 epochs", timeout=60_000
    )
    assert page.evaluate("window.wasHereAllTheTime") is True
    expect(page.locator("td").get_by_text("finished")).to_have_count(2, timeout=60_000)
    tab.picture("comparison")


def test_a_run_shows_what_it_learnt_and_gives_its_weights(tab: Tab) -> None:
    page = tab.go("/runs")
    tab.picture("runs")
    page.get_by_role("region", name="Runs").get_by_role("link", name="compact-functional").first.click()
    expect(page.get_by_test_id("run-state")).to_have_text("finished")
    expect(page.get_by_test_id("test-accuracy")).to_have_text(re.compile(r"^\d+\.\d %$"))
    tab.picture("run")
    with page.expect_download() as started:
        page.get_by_test_id("artifact-best.weights.h5").click()
    content = started.value.path().read_bytes()
    shown = page.locator('code[title^="SHA-256"]').first.get_attribute("title")
    assert content.startswith(b"\x89HDF")
    assert shown is not None
    assert hashlib.sha256(content).hexdigest() in page.content()


def test_the_other_pages_are_there(tab: Tab) -> None:
    for name, path in (("overview", "/"), ("workers", "/workers"), ("comparison-choose", "/comparison")):
        tab.go(path)
        tab.picture(name)
    page = tab.go("/reference")
    expect(page.get_by_text("/api/v1/architectures/presets")).to_be_visible()
    tab.go("/nothing-here")
    tab.picture("not-found")
    tab.complaints[:] = [text for text in tab.complaints if "404" not in text]
