"""Definitions are pasted and dropped, their findings and tables are read, in a real browser."""

import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.core.architectures.presets import build_preset
from app.core.architectures.writers import write_code
from tests.fixtures.browsing import Tab

pytestmark = pytest.mark.browser

SECOND = """
from keras.layers import Input, Conv2D, Flatten, Dense
from keras.models import Model

inputs = Input(shape=(32, 32, 3))
x = Conv2D(8, (3, 3), padding='same', activation='relu')(inputs)
x = Flatten()(x)
second = Model(inputs, Dense(labels_values, activation='softmax')(x))
second.compile('adam', 'categorical_crossentropy')
second.fit_generator(train, steps_per_epoch=samples // 32, epochs=3)
"""
FIRST = """
from keras.models import Sequential

first = Sequential()
first.add(Conv2D(8, (3, 3), activation='relu', input_shape=(32, 32, 3)))
first.add(Flatten())
first.add(Dense(labels_values, activation='softmax'))
"""


def paste(tab: Tab, text: str) -> Page:
    page = tab.go("/architectures")
    page.get_by_label("A definition").fill(text)
    page.get_by_test_id("read").click()
    page.wait_for_url(re.compile(r"/architectures/readings/\w+"))
    return page


def test_two_pasted_networks_lead_to_why_they_differ(tab: Tab) -> None:
    page = paste(tab, SECOND + FIRST)
    expect(page.get_by_test_id("pair")).to_contain_text("Two networks were found")
    expect(page.get_by_test_id("why")).to_have_attribute("href", re.compile(r"differences\?left=[\w-]+&right=[\w-]+"))
    expect(page.get_by_test_id("finding").first).to_be_visible()
    expect(page.get_by_test_id("source")).to_contain_text("inputs = Input(shape=(32, 32, 3))")
    tab.picture("reading")


def test_a_finding_leads_to_its_line_and_the_line_back(tab: Tab) -> None:
    page = paste(tab, SECOND)
    place = page.get_by_test_id("finding").locator("a").first
    anchor = place.get_attribute("href")
    assert anchor is not None
    place.click()
    line = page.locator(anchor)
    expect(line).to_be_in_viewport()
    line.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"#(finding|passed)-\d+$"))


def test_open_names_are_filled_in_and_the_address_holds_them(tab: Tab) -> None:
    page = paste(tab, SECOND)
    page.get_by_test_id("symbols").get_by_label("labels_values").fill("6")
    page.get_by_role("button", name="Read with these values").click()
    expect(page).to_have_url(re.compile(r"symbol\.labels_values=6"))
    expect(page.get_by_role("region", name="Architectures")).to_contain_text("49,382")
    page.reload()
    expect(page.get_by_role("region", name="Architectures")).to_contain_text("49,382")


def test_what_was_read_is_corrected_and_read_again(tab: Tab) -> None:
    page = paste(tab, "print 'hello'\nmodel = Sequental()\n")
    expect(page.get_by_text("No network is defined here")).to_be_visible()
    tab.picture("reading-nothing")
    page.get_by_label("A definition").fill(FIRST.replace("labels_values", "3"))
    page.get_by_test_id("read").click()
    expect(page.get_by_role("link", name="first")).to_be_visible()


def test_a_file_is_read_like_a_text_under_its_name(tab: Tab, tmp_path: Path) -> None:
    source = {"cell_type": "code", "source": FIRST.replace("labels_values", "3"), "outputs": [], "metadata": {}}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [source]}
    path = tmp_path / "dice.ipynb"
    path.write_text(json.dumps(notebook))
    page = tab.go("/architectures")
    page.get_by_test_id("definition-file").set_input_files(path)
    page.wait_for_url(re.compile("readings"))
    expect(page.get_by_role("heading", level=1)).to_have_text("What was read from dice.ipynb")
    expect(page.get_by_test_id("source")).to_contain_text("Cell 1")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_of_a_keras_file_only_the_configuration_is_sent(tab: Tab, tmp_path: Path, method: int) -> None:
    path = tmp_path / "model.keras"
    dense = {"class_name": "Dense", "config": {"name": "dense", "units": 7, "batch_input_shape": [None, 5]}}
    config = {"class_name": "Sequential", "config": {"name": "kept", "layers": [dense]}}
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("model.weights.h5", b"\0" * 20 * 2**20)
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", json.dumps(config))
    page = tab.go("/architectures")
    with page.expect_request("**/architectures/readings") as sent:
        page.get_by_test_id("definition-file").set_input_files(path)
    page.wait_for_url(re.compile("readings/"))
    assert len(sent.value.post_data or "") < 5_000
    expect(page.get_by_role("region", name="Architectures")).to_contain_text("42")


def test_a_file_that_cannot_be_read_says_why(tab: Tab, tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    path.write_bytes(b"\x89HDF\r\n" + b"\0" * 100)
    page = tab.go("/architectures")
    page.get_by_test_id("definition-file").set_input_files(path)
    expect(page.get_by_text("weights.h5: This is an HDF5 file.")).to_be_visible()


def test_the_table_is_searched_sorted_and_folded_in_place_and_by_its_address(tab: Tab) -> None:
    page = tab.go("/architectures")
    page.get_by_test_id("preset-notebook-sequential").click()
    rows = page.get_by_test_id("layer-table").locator("tbody tr")
    expect(rows).to_have_count(30)
    page.evaluate("window.wasHereAllTheTime = true")
    page.get_by_label("Find a layer or argument").press_sequentially("filters 512")
    expect(rows).to_have_count(8)
    page.get_by_label("Find a layer or argument").fill("")
    expect(rows).to_have_count(30)
    page.get_by_role("link", name="Parameters").click()
    expect(rows.first).to_contain_text("2,359,808")
    page.get_by_role("link", name="Parameters").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"sort=parameters$"))
    page.get_by_role("link", name="Parameters").click()
    page.get_by_test_id("by-block").check()
    expect(page.get_by_test_id("block")).to_have_count(6)
    page.get_by_role("button", name="Stage 2").click()
    expect(rows).to_have_count(7 + 3)
    page.get_by_label("Batch size").fill("32")
    expect(page.get_by_test_id("step-bytes")).not_to_have_text("377 MiB")
    assert page.evaluate("window.wasHereAllTheTime") is True
    page.reload()
    expect(rows).to_have_count(7 + 3)
    expect(page.get_by_label("Batch size")).to_have_value("32")
    tab.picture("architecture-folded")


def test_code_is_shown_in_each_style_and_copied(tab: Tab) -> None:
    page = tab.go("/architectures")
    page.get_by_test_id("preset-notebook-functional").click()
    page.get_by_role("link", name="subclassed").click()
    expect(page.get_by_test_id("code")).to_contain_text("class NotebookFunctional")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    architecture = build_preset("notebook-functional", {})
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.rstrip() == write_code(architecture, architecture.style.SUBCLASSED).rstrip()


def test_a_remedy_completes_the_network(tab: Tab) -> None:
    page = tab.go("/architectures")
    page.get_by_test_id("preset-notebook-sequential").click()
    page.get_by_test_id("repair-1").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("notebook-sequential, repaired")
    expect(page.get_by_test_id("stops-at")).to_have_count(0)


def test_two_kept_ones_are_chosen_to_compare(tab: Tab) -> None:
    page = tab.go("/architectures")
    button = page.get_by_test_id("compare")
    expect(button).to_be_disabled()
    boxes = page.get_by_role("checkbox", name="Compare notebook-sequential")
    boxes.nth(0).check()
    expect(page.get_by_text("One more.")).to_be_visible()
    boxes.nth(1).check()
    tab.picture("architectures-kept")
    button.click()
    expect(page).to_have_url(re.compile(r"/architectures/differences\?left=[\w-]+&right=[\w-]+"))


def test_what_repeats_is_folded_in_the_diagram_and_unfolded_by_a_click(tab: Tab) -> None:
    unit = "layers.Conv2D(8, 3, padding='same'), layers.ReLU(), "
    page = paste(
        tab, f"from keras import Input, Sequential, layers\nlong = Sequential([Input((16, 16, 8)), {unit * 40}])"
    )
    page.get_by_role("link", name="long", exact=True).click()
    tab.settle()
    folded = page.get_by_role("button", name="Repeats folded")
    expect(folded).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".figure .xtick")).to_have_count(3, timeout=60_000)
    page.locator(".figure .annotation", has_text="40").locator("rect").first.click(force=True)
    expect(page.get_by_role("button", name="Layer by layer")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".figure .xtick")).to_have_count(81, timeout=60_000)
    folded.click()
    expect(page.locator(".figure .xtick")).to_have_count(3, timeout=60_000)
    tab.picture("architecture-repeats")


def test_the_diagram_is_walked_by_the_arrow_keys(tab: Tab) -> None:
    page = tab.go("/architectures")
    page.get_by_test_id("preset-notebook-sequential").click()
    diagram = page.get_by_role("group", name="Shape diagram of notebook-sequential")
    expect(diagram).to_have_attribute("tabindex", "0")
    expect(diagram).to_have_accessible_description(re.compile("30 rows of the table beneath"))
    tab.settle()
    diagram.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("status").filter(has_text="224 × 224 × 3 → 222 × 222 × 64")).to_contain_text("Conv2D")
    expect(diagram.locator(".hoverlayer .hovertext").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(diagram.locator(".hoverlayer .hovertext")).to_have_count(0)
