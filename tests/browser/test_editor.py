"""The editor in a real browser: every change is followed by table, totals, diagram and code, and can be taken back."""

import re

import pytest
from playwright.sync_api import expect

from tests.fixtures.browsing import Tab
from tests.fixtures.editing import Desk

pytestmark = pytest.mark.browser


def test_padding_for_all_convolutions_at_once_completes_the_network_and_can_be_taken_back(desk: Desk, tab: Tab) -> None:
    expect(desk.problems).to_contain_text("Building stops at conv2d_15")
    tab.picture("editor-stopped")
    desk.choose("conv2d")
    desk.page.get_by_role("button", name="all of its kind").click()
    expect(desk.form.get_by_role("heading")).to_have_text("16 layers: Conv2D")
    expect(desk.form.get_by_label("filters")).to_have_attribute("placeholder", "differs")
    desk.form.get_by_label("padding", exact=True).select_option("same")
    expect(desk.total("parameters")).to_have_text("140,095,430")
    expect(desk.total("output")).to_have_text("6")
    expect(desk.problems).to_be_empty()
    desk.page.keyboard.press("Control+z")
    expect(desk.total("parameters")).to_have_text("17,664,576")
    desk.page.keyboard.press("Control+Shift+z")
    expect(desk.total("parameters")).to_have_text("140,095,430")


def test_typing_a_number_is_one_step_and_undo_reaches_the_field(desk: Desk) -> None:
    desk.choose("conv2d_1")
    filters = desk.form.get_by_label("filters")
    filters.fill("")
    filters.press_sequentially("128", delay=30)
    expect(desk.rows.locator('tr[data-id="conv2d_1"]')).to_contain_text("73,856")
    expect(filters).to_be_focused()
    filters.press("Control+z")
    expect(filters).to_have_value("64")
    expect(desk.rows.locator('tr[data-id="conv2d_1"]')).to_contain_text("36,928")
    expect(desk.page.get_by_role("button", name="Undo")).to_be_disabled()


def test_what_is_no_value_is_said_below_its_field_and_changes_nothing(desk: Desk) -> None:
    desk.choose("conv2d_1")
    desk.form.get_by_label("kernel_size").fill("(3, 3")
    expect(desk.form.get_by_text("A “)” is missing.")).to_be_visible()
    expect(desk.rows.locator('tr[data-id="conv2d_1"]')).to_contain_text("36,928")


def test_layers_are_added_moved_copied_and_removed_by_keyboard(desk: Desk) -> None:
    desk.choose("conv2d_3")
    desk.add("batchn")
    expect(desk.total("layers")).to_have_text("21 of 30")
    desk.page.keyboard.press("Alt+ArrowUp")
    assert desk.calls()[4:7] == ["conv2d_2", "batch_normalization", "conv2d_3"]
    desk.page.keyboard.press("Control+d")
    expect(desk.rows.locator("tbody tr")).to_have_count(32)
    desk.page.keyboard.press("Delete")
    desk.page.keyboard.press("Shift+ArrowUp")
    desk.page.keyboard.press("Delete")
    assert "batch_normalization" not in desk.calls()


def test_a_block_is_copied_with_its_connections(desk: Desk) -> None:
    desk.choose("max_pooling2d")
    desk.page.get_by_role("button", name="its block").click()
    desk.page.get_by_role("button", name="Duplicate").click()
    assert desk.calls()[1:7] == ["conv2d", "conv2d_1", "max_pooling2d", "conv2d_16", "conv2d_17", "max_pooling2d_5"]
    expect(desk.rows.locator('tr[data-id="max_pooling2d_5"]')).to_contain_text("53 × 53 × 64")


def test_a_branch_is_made_and_joined_and_the_style_gives_way(desk: Desk, tab: Tab) -> None:
    desk.choose("conv2d")
    desk.page.get_by_role("button", name="all of its kind").click()
    desk.form.get_by_label("padding", exact=True).select_option("same")
    desk.choose("conv2d_5")
    desk.add("conv2d", key="b")
    expect(desk.problems).to_contain_text("conv2d_16 leads to no output")
    desk.choose("conv2d_6", "conv2d_16")
    desk.add("add")
    expect(desk.problems).to_be_empty()
    expect(desk.page.get_by_label("Style", exact=True)).to_have_value("functional")
    expect(desk.form.get_by_label("Input 1")).to_have_value("conv2d_16")
    expect(desk.total("output")).to_have_text("6")
    tab.picture("editor-branch")


def test_weights_are_shared_and_inputs_changed(desk: Desk) -> None:
    desk.choose("conv2d_7")
    desk.form.get_by_label("Weights").select_option("conv2d_6")
    expect(desk.rows).to_contain_text("shared by 2")
    desk.choose("input_layer")
    desk.form.get_by_label("Shape").fill("268, 268, 3")
    desk.form.get_by_label("Shape").press("Tab")
    expect(desk.total("output")).to_have_text("6")
    desk.form.get_by_label("Shape").fill("268; 3")
    desk.form.get_by_label("Shape").press("Tab")
    expect(desk.form.get_by_text("A shape is sizes with commas")).to_be_visible()


def test_code_follows_the_draft_and_the_draft_the_code(desk: Desk, tab: Tab) -> None:
    desk.choose("conv2d")
    desk.page.get_by_role("button", name="Code", exact=True).click()
    expect(desk.code).to_have_value(re.compile(r"Conv2D\(64, .*Dense\(6, activation=.softmax", re.DOTALL))
    text = desk.code.input_value()
    desk.code.fill(text.replace("Dense(6", "Dense(10"))
    expect(desk.rows.locator('tr[data-id="dense_3"]')).to_be_visible()
    desk.page.get_by_role("button", name="Undo").click()
    expect(desk.code).to_have_value(text)
    desk.code.fill(text.replace("Flatten()", "Flatten("))
    expect(desk.page.locator(".code-problems")).to_be_visible()
    expect(desk.total("parameters")).to_have_text("17,664,576")
    tab.picture("editor-code")
    desk.code.fill(text.replace("layers.Flatten(),", "layers.GlobalAveragePooling2D(),"))
    expect(desk.rows.locator('tr[data-id="global_average_pooling2d"]')).to_be_visible()
    desk.page.get_by_role("button", name="functional").click()
    expect(desk.code).to_have_value(re.compile("x = layers.GlobalAveragePooling2D"))


def test_a_draft_outlives_a_reload_and_is_saved_as_another_architecture(desk: Desk) -> None:
    desk.page.get_by_label("Name", exact=True).first.fill("wider notebook")
    desk.choose("dense_2")
    desk.form.get_by_label("units").fill("256")
    expect(desk.page.get_by_text("not saved")).to_be_visible()
    desk.page.reload()
    expect(desk.page.get_by_text("Your unsaved changes are here again.")).to_be_visible()
    expect(desk.form.get_by_label("units")).to_have_value("256")
    desk.page.get_by_role("button", name="Save as new").click()
    desk.page.wait_for_url(re.compile(r"/architectures/[\w-]+$"))
    expect(desk.page.get_by_role("heading", level=1)).to_contain_text("wider notebook")


def test_leaving_with_unsaved_changes_asks(desk: Desk) -> None:
    desk.choose("dense_2")
    desk.form.get_by_label("units").fill("256")
    desk.stays = True
    desk.page.evaluate("setTimeout(() => location.assign('/'))")
    desk.page.wait_for_timeout(500)
    assert desk.asked == ["beforeunload"]
    assert "/edit" in desk.page.url
    expect(desk.form.get_by_label("units")).to_have_value("256")


def test_an_answer_that_comes_too_late_is_dropped(desk: Desk) -> None:
    desk.choose("dense_2")
    desk.page.route(
        "**/drafts",
        lambda route: (
            (desk.page.wait_for_timeout(700), route.continue_())
            if "111" in (route.request.post_data or "")
            else route.continue_()
        ),
    )
    desk.form.get_by_label("units").fill("111")
    desk.page.wait_for_timeout(150)
    desk.form.get_by_label("units").fill("222")
    expect(desk.page.get_by_role("button", name="Undo")).to_be_enabled()
    desk.page.wait_for_timeout(1200)
    expect(desk.form.get_by_label("units")).to_have_value("222")
    desk.page.unroute("**/drafts")


def test_one_begins_from_scratch(tab: Tab) -> None:
    page = tab.go("/architectures")
    page.get_by_test_id("scratch").click()
    expect(page.get_by_test_id("total-output")).to_have_text("6", timeout=60_000)
    page.get_by_role("button", name="Add layer").click()
    expect(page.get_by_role("heading", name="Often used")).to_be_visible()
    tab.picture("editor-kinds")
    page.keyboard.press("Escape")
