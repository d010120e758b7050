"""Layers and blocks of the editor carried by a real mouse and by a finger."""

import pytest
from playwright.sync_api import expect

from tests.fixtures.editing import Desk

pytestmark = pytest.mark.browser


def test_a_layer_is_dragged_behind_another_and_taken_back_in_one_step(desk: Desk) -> None:
    before = desk.calls()
    desk.carry("conv2d_1", behind="conv2d_3")
    expect(desk.rows.locator(".drop-below")).to_have_attribute("data-id", "conv2d_3")
    expect(desk.page.locator(".drag-ghost")).to_have_text("conv2d_1 behind conv2d_3")
    desk.page.mouse.up()
    assert desk.calls()[1:6] == ["conv2d", "max_pooling2d", "conv2d_2", "conv2d_3", "conv2d_1"]
    expect(desk.page.get_by_test_id("editor-said")).to_have_text("conv2d_1 now behind conv2d_3.")
    expect(desk.rows.locator('tr[data-id="conv2d_1"]')).to_have_attribute("aria-selected", "true")
    expect(desk.page.locator(".drag-ghost")).to_have_count(0)
    desk.page.keyboard.press("Control+z")
    assert desk.calls() == before


def test_a_chosen_block_is_dragged_as_one_before_the_first_layer_copied_and_removed(desk: Desk) -> None:
    desk.choose("max_pooling2d_1")
    desk.page.get_by_role("button", name="its block").click()
    desk.carry("conv2d_2", behind="input_layer")
    expect(desk.page.locator(".drag-ghost")).to_have_text("3 layers behind input_layer")
    desk.page.mouse.up()
    block = ["conv2d_2", "conv2d_3", "max_pooling2d_1"]
    assert desk.calls()[1:5] == [*block, "conv2d"]
    desk.page.keyboard.press("Control+d")
    copies = desk.calls()[4:7]
    assert not set(copies) & {*block, "conv2d"}
    desk.page.keyboard.press("Delete")
    assert desk.calls()[1:5] == [*block, "conv2d"]


def test_escape_lets_go_of_what_is_dragged(desk: Desk) -> None:
    before = desk.calls()
    desk.carry("conv2d_1", behind="conv2d_3")
    desk.page.keyboard.press("Escape")
    expect(desk.rows.locator(".drop-below, .row-carried")).to_have_count(0)
    desk.page.mouse.up()
    assert desk.calls() == before
    expect(desk.page.get_by_role("button", name="Undo")).to_be_disabled()


def test_the_list_scrolls_to_what_lies_beyond_its_edge_while_a_layer_is_dragged(desk: Desk) -> None:
    x, y = desk.middle("conv2d")
    desk.page.mouse.move(x, y)
    desk.page.mouse.down()
    desk.page.mouse.move(x, y + 20)
    desk.page.mouse.move(x, 890, steps=4)
    expect(desk.rows.locator(".drop-below")).to_have_attribute("data-id", "dense_3", timeout=60_000)
    desk.page.mouse.up()
    assert desk.calls()[-1] == "conv2d"


def test_a_finger_drags_by_the_grip_and_scrolls_elsewhere(desk: Desk) -> None:
    before = desk.calls()
    finger = desk.page.context.new_cdp_session(desk.page)
    finger.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def carry(handle: str) -> None:
        held = desk.rows.locator(f'tr[data-id="conv2d_1"] {handle}').bounding_box()
        assert held is not None
        x, y = held["x"] + held["width"] / 2, held["y"] + held["height"] / 2
        end = desk.middle("conv2d_3", low=True)[1]
        for kind, height in (("touchStart", y), ("touchMove", (y + end) / 2), ("touchMove", end)):
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": height}]})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    carry("td.code")
    assert desk.calls() == before
    carry(".grip")
    assert desk.calls() == [*before[:2], *before[3:6], "conv2d_1", *before[6:]]
    finger.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    finger.detach()
