"""Everything that people do with curves of several runs, and that the address says it."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from app.core.runs.run import Run
from tests.fixtures.comparing import chart, drawn, figure, query, row, until_drawn

pytestmark = pytest.mark.browser


def test_the_first_chart_is_asked_for_alone_and_drawn_before_the_others_answer(comparison: Page) -> None:
    page, held = comparison, list[Route]()
    page.route("**/comparisons/figure?*", lambda route: held.append(route))  # noqa: PLW0108 -- Playwright marks its handlers
    page.reload(wait_until="commit")
    first = page.locator("[data-chart]").first
    with page.expect_request("**/comparisons/figure?*"):
        pass
    page.wait_for_timeout(300)
    assert len(held) == 1
    assert f"metric={first.get_attribute('data-metric')}" in held[0].request.url
    with page.expect_request("**/comparisons/figure?*"):
        held[0].continue_()
    expect(first.locator(".curve-figure.figure-drawn")).to_be_visible()
    # What was held is let go with that.
    page.unroute("**/comparisons/figure?*")
    drawn(page, "val_loss", lines=4)


def test_smoothing_follows_slider_and_number_and_back_goes_back(comparison: Page) -> None:
    page = comparison
    strong = "data.filter(({ opacity }) => opacity === undefined || opacity === 1)"
    assert sum(trace.get("opacity") == 0.22 for trace in figure(page, "val_loss")["data"]) == 4  # type: ignore[attr-defined]
    number = page.get_by_label("Smoothing, from 0 to 0.99")
    number.fill("0")
    number.press("Tab")
    until_drawn(page, "val_loss", "data.every(({ opacity }) => opacity !== 0.22)")
    assert query(page, "smooth") == "0"
    page.get_by_label("Smoothing", exact=True).fill("0.9")
    until_drawn(page, "val_loss", "data.some(({ opacity }) => opacity === 0.22)")
    expect(number).to_have_value("0.9")
    page.go_back()
    expect(number).to_have_value("0")
    until_drawn(page, "val_loss", f"{strong}.length >= 4 && data.every(({{ opacity }}) => opacity !== 0.22)")
    page.go_back()
    expect(number).to_have_value("0.6")
    page.go_forward()
    expect(number).to_have_value("0")


@pytest.mark.parametrize(
    ("axis", "condition"),
    [
        ("step", "data[0].x.at(-1) === 4800"),
        ("time", "data[0].x.at(-1) > 47 && data[0].x.at(-1) < 49"),
        ("wall", "layout.xaxis.type === 'date' && data[0].x[0] > 1.6e12"),
    ],
)
def test_curves_lie_over_steps_epochs_relative_or_wall_time(comparison: Page, axis: str, condition: str) -> None:
    page = comparison
    page.get_by_label("Across").select_option(axis)
    until_drawn(page, "val_loss", condition)
    assert query(page, "x") == axis
    page.reload()
    drawn(page, "val_loss", lines=4)
    until_drawn(page, "val_loss", condition)
    page.go_back()
    until_drawn(page, "val_loss", "data[0].x.at(-1) === 12")


def test_each_chart_has_its_own_scale(comparison: Page) -> None:
    page = comparison
    page.get_by_label("Logarithmic scale: Validation loss").click()
    until_drawn(page, "val_loss", "layout.yaxis.type === 'log'")
    assert query(page, "log") == "val_loss"
    until_drawn(page, "val_accuracy", "layout.yaxis.type !== 'log'")
    page.reload()
    drawn(page, "val_loss", lines=4)
    until_drawn(page, "val_loss", "layout.yaxis.type === 'log'")


def test_outliers_are_ignored_on_request(comparison: Page) -> None:
    page = comparison
    page.get_by_label("Across").select_option("step")
    drawn(page, "batch_loss", lines=4)
    before = figure(page, "batch_loss")["y"]["range"]  # type: ignore[index]
    page.get_by_label("Ignore outliers").check()
    drawn(page, "batch_loss", lines=4)  # out of sight it is not drawn again
    until_drawn(page, "batch_loss", f"layout.yaxis.range[1] < {before[1]} && layout.yaxis.range[0] > {before[0]}")
    assert query(page, "outliers") == "ignore"


def test_who_zooms_in_sees_every_step_and_all_charts_follow(comparison: Page) -> None:
    page = comparison
    page.get_by_label("Across").select_option("step")
    page.get_by_label("Smoothing, from 0 to 0.99").fill("0")
    found = drawn(page, "batch_loss", lines=4)
    # The whole has fewer points than there are steps.
    until_drawn(page, "batch_loss", "data[0].x.length <= 1200")
    area = found.locator(".nsewdrag").bounding_box()
    assert area is not None
    page.mouse.move(area["x"] + 0.5 * area["width"], area["y"] + 40)
    page.mouse.down()
    page.mouse.move(area["x"] + 0.55 * area["width"], area["y"] + 45, steps=5)
    page.mouse.up()
    expect(page.get_by_role("button", name="Whole range")).to_be_visible()
    until_drawn(
        page, "batch_loss", "data[0].x.at(-1) - data[0].x[0] === data[0].x.length - 1 && data[0].x.length > 100"
    )
    left = float(query(page, "from") or "nan")
    assert 2_200 < left < 2_600
    drawn(page, "val_loss", lines=4)
    until_drawn(page, "val_loss", f"Math.abs(layout.xaxis.range[0] - {left}) < 1")
    page.reload()
    drawn(page, "batch_loss", lines=4)
    until_drawn(page, "batch_loss", f"Math.abs(layout.xaxis.range[0] - {left}) < 1")
    page.get_by_role("button", name="Whole range").click()
    drawn(page, "batch_loss", lines=4)  # to press the button is to scroll away from it
    until_drawn(page, "batch_loss", "data[0].x[0] === 1 && data[0].x.at(-1) === 4800")


def test_the_cursor_is_one_for_all_charts_and_tells_the_nearest_values(comparison: Page) -> None:
    page = comparison
    found = chart(page, "val_loss")
    area = found.locator(".nsewdrag").bounding_box()
    assert area is not None
    page.mouse.move(area["x"] + 0.3 * area["width"], area["y"] + 0.5 * area["height"])
    box = found.get_by_test_id("cursor")
    expect(box.locator("tbody tr")).to_have_count(4)
    expect(box.locator("caption")).to_contain_text("epoch 4.")
    expect(box).to_contain_text("baseline")
    expect(chart(page, "val_accuracy").locator(".cursor-line")).to_be_visible()
    expect(chart(page, "val_accuracy").get_by_test_id("cursor")).to_be_hidden()
    page.mouse.move(2, 2)
    expect(box).to_be_hidden()
    found.locator(".curve-figure").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(box).to_be_visible()
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()


def test_runs_are_filtered_by_text_expression_and_setting(comparison: Page) -> None:
    page = comparison
    field = page.get_by_placeholder("Filter")
    for text, names in (
        ("pad", ["other padding"]),
        ("/^(seq|res)/", ["sequential", "resumed"]),
        ("style=functional", ["functional", "other padding"]),
        ("learning_rate=0.01", ["resumed"]),
        ("optimizer=adam style=sequential", ["sequential"]),
    ):
        field.fill(text)
        expect(page.locator(".run-row:visible .run-name")).to_have_text(names)
        drawn(page, "val_loss", lines=len(names))
    field.fill("/(/")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("pad")
    field.press("Tab")
    page.reload()
    expect(page.locator(".run-row:visible .run-name")).to_have_text(["other padding"])
    page.get_by_role("button", name="Show every run").click()
    drawn(page, "val_loss", lines=4)


def test_a_double_click_isolates_one_and_another_brings_all_back(comparison: Page) -> None:
    page = comparison
    row(page, 2).locator(".run-name").dblclick()
    drawn(page, "val_loss", lines=1)
    expect(page.get_by_test_id("drawn-count")).to_have_text("1 of 4 drawn")
    assert query(page, "only") is not None
    row(page, 2).locator(".run-name").dblclick()
    drawn(page, "val_loss", lines=4)
    page.get_by_role("button", name="Only resumed").click()
    drawn(page, "val_loss", lines=1)
    page.go_back()
    drawn(page, "val_loss", lines=4)
    row(page, 1).get_by_role("checkbox").uncheck()
    drawn(page, "val_loss", lines=3)


def test_pinned_runs_stay_on_top_whatever_is_filtered(comparison: Page) -> None:
    page = comparison
    page.get_by_role("button", name="Pin resumed").click()
    page.get_by_placeholder("Filter").fill("functional")
    drawn(page, "val_loss", lines=2)
    top, other = row(page, 4).bounding_box(), row(page, 2).bounding_box()
    assert top is not None
    assert other is not None
    assert top["y"] < other["y"]


def test_the_baseline_is_chosen_and_deltas_are_to_it(comparison: Page, compared_runs: list[Run]) -> None:
    page = comparison
    expect(page.get_by_test_id("result-1")).to_contain_text("baseline")
    page.get_by_role("button", name="Take resumed as the baseline").click()
    page.wait_for_url(re.compile(f"baseline={compared_runs[3].id}"))
    expect(page.get_by_test_id("result-4")).to_contain_text("baseline")
    expect(page.get_by_test_id("result-1")).to_contain_text(re.compile(r"[+-]\d+\.\d pp"))
    expect(page.get_by_test_id("twins")).to_have_count(0)


def test_settings_are_shown_as_differences_only_or_all(comparison: Page) -> None:
    page = comparison
    table = page.get_by_test_id("settings")
    expect(table.get_by_role("row", name="learning rate")).to_be_visible()
    expect(table.get_by_role("row", name="batch size")).to_be_hidden()
    table.get_by_role("link", name="everything").click()
    expect(table.get_by_role("row", name="batch size")).to_be_visible()
    assert query(page, "settings") == "all"
    page.go_back()
    expect(table.get_by_role("row", name="batch size")).to_be_hidden()


def test_twins_are_told_to_the_last_bit_with_a_way_to_the_causes(comparison: Page) -> None:
    page = comparison
    expect(page.get_by_test_id("twin-1")).to_contain_text(
        "bit-identical through epoch 12, and all 4,800 losses of steps"
    )
    parted = page.get_by_test_id("twin-2")
    expect(parted).to_contain_text("bit-identical through epoch 2; weights differ from epoch 3 on")
    expect(parted).to_contain_text("the losses part at step 801")
    expect(parted.get_by_role("link")).to_have_attribute("href", re.compile(r"/differences\?left=\w+&right=\w+"))
