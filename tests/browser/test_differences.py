"""The differences page in a real browser: the notebook's pair, its causes, the diagram, the repaired twin, pictures."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.browsing import Tab
from tests.fixtures.running import RunningApp

pytestmark = pytest.mark.browser


def preset(app: RunningApp, name: str, **options: Any) -> str:
    with app.client() as client:
        answer = client.post("/architectures", json={"preset": {"name": name, "options": options}})
        assert answer.status_code == 201, answer.text
        found: str = answer.json()["items"][0]["id"]
    return found


def compare(tab: Tab, left: str, right: str, more: str = "") -> Page:
    return tab.go(f"/architectures/differences?left={left}&right={right}{more}")


def lit(page: Page) -> int:
    return page.locator("tr.row-lit").count()


def test_the_notebooks_pair_is_one_click_away(tab: Tab) -> None:
    page = tab.go("/architectures/differences")
    tab.picture("differences-choose-empty")
    page.get_by_test_id("notebook-pair").click()
    page.wait_for_url(re.compile(r"differences\?left=\w+&right=\w+$"))
    expect(page.get_by_role("heading", name="Why these two differ")).to_be_visible()
    expect(page.get_by_test_id("parameters-left")).to_have_text("17,664,576")
    expect(page.get_by_test_id("parameters-right")).to_have_text("140,095,430")
    expect(page.get_by_test_id("cause")).to_have_count(2)
    padding, dropout = page.get_by_test_id("cause").all()
    expect(padding).to_contain_text("valid → same")
    expect(padding).to_contain_text("+122,430,854 parameters")
    expect(padding).to_contain_text("verified")
    expect(dropout).to_contain_text("0.25 → 0.2")
    expect(page.get_by_test_id("excluded")).to_contain_text("not a cause")
    expect(page.get_by_test_id("consequences")).to_contain_text("16th convolution")
    expect(page.get_by_test_id("aligned").locator("tbody tr")).to_have_count(30)
    expect(page.locator("tr.row-bad")).to_contain_text("stops here")
    tab.picture("differences")


def test_the_comparison_is_whole_in_its_address_and_readable_without_scripts(tab: Tab) -> None:
    browser = tab.page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False, storage_state=tab.page.context.storage_state())
    page = context.new_page()
    page.goto(tab.page.url + "&rows=differences")
    assert page.locator("[data-test=aligned] tbody tr").count() == 29
    page.get_by_role("link", name="Mark its rows").nth(1).click()
    assert lit(page) == 1
    context.close()


def test_a_cause_marks_its_rows_while_it_is_looked_at_and_for_good_by_a_click(tab: Tab) -> None:
    page = tab.page
    dropout = page.get_by_test_id("cause").nth(1)
    dropout.hover()
    assert lit(page) == 1
    page.get_by_role("heading", level=1).hover()
    assert lit(page) == 0
    page.get_by_test_id("cause").nth(0).get_by_role("link", name="Mark its rows").click()
    page.get_by_role("heading", level=1).hover()
    assert lit(page) == 29
    assert "cause" in parse_qs(urlsplit(page.url).query)
    page.reload()
    assert lit(page) == 29
    tab.settle()
    assert page.evaluate("document.querySelector('.js-plotly-plot').layout.shapes.length") == 1
    tab.picture("differences-marked")
    page.get_by_role("link", name="Unmark its rows").click()
    page.get_by_role("heading", level=1).hover()
    assert lit(page) == 0


def test_the_diagram_is_saved_as_svg_and_png_under_the_name_of_the_pair(tab: Tab) -> None:
    page = tab.page
    starts = {"SVG": b"<svg", "PNG": b"\x89PNG"}
    for kind, start in starts.items():
        with page.expect_download() as started:
            page.get_by_role("button", name=f"Save as {kind}").click()
        assert started.value.suggested_filename == f"notebook-sequential-and-notebook-functional.{kind.lower()}"
        content = started.value.path().read_bytes()
        assert content.startswith(start)
        assert len(content) > 10_000


def test_a_box_leads_to_its_row(tab: Tab) -> None:
    page = tab.page
    place = page.evaluate(
        """() => {
          const plot = document.querySelector(".js-plotly-plot");
          const { xaxis, yaxis } = plot._fullLayout;
          const frame = plot.getBoundingClientRect();
          return [frame.left + xaxis._offset + xaxis.l2p(19), frame.top + yaxis._offset + yaxis.l2p(-0.1)];
        }"""
    )
    page.mouse.move(*place)
    expect(page.locator(".hoverlayer")).to_contain_text("right: conv2d_13")
    page.mouse.click(*place)
    page.wait_for_url(re.compile(r"#row-19$"))
    assert page.evaluate("document.querySelector('tr:target').innerText").count("conv2d_13") == 1


def test_the_code_of_a_cause_is_shown_before_and_after(tab: Tab) -> None:
    code = tab.page.get_by_test_id("cause").nth(1).locator("details")
    code.locator("summary").click()
    expect(code.locator("del")).to_have_text("Dropout(rate=0.25)")
    expect(code.locator("ins")).to_have_text("Dropout(rate=0.2)")


def test_the_repaired_twin_is_complete_and_has_the_rights_parameters(tab: Tab) -> None:
    page = tab.page
    page.get_by_test_id("twin-1").click()
    page.wait_for_url(re.compile(r"/architectures/\w+$"))
    expect(page.get_by_test_id("parameters")).to_have_text("140,095,430")


def test_two_that_are_the_same_are_said_to_be_calmly(tab: Tab, running_app: RunningApp) -> None:
    left, right = (preset(running_app, f"compact-{style}") for style in ("sequential", "functional"))
    page = compare(tab, left, right)
    expect(page.get_by_role("heading", name="These two are the same")).to_be_visible()
    expect(page.get_by_test_id("cause")).to_have_count(0)
    expect(page.get_by_text("32 rows are the same")).to_be_visible()
    expect(page.locator("#row-4")).to_be_hidden()
    tab.picture("differences-identical")
    page.get_by_text("32 rows are the same").click()
    expect(page.locator("#row-4")).to_be_visible()


def test_two_half_built_ones_both_say_where_they_stop(tab: Tab, running_app: RunningApp) -> None:
    left = preset(running_app, "notebook-sequential")
    right = preset(running_app, "notebook-sequential", height=200, dropout=0.3)
    page = compare(tab, left, right)
    expect(page.get_by_text("half-built: stops at conv2d_15, its 16th Conv2D")).to_be_visible()
    expect(page.get_by_text("half-built: stops at conv2d_14, its 15th Conv2D")).to_be_visible()
    tab.picture("differences-half-built")


def test_who_chooses_finds_the_kept_ones_and_an_unknown_id_is_a_plain_problem(tab: Tab) -> None:
    page = tab.go("/architectures/differences")
    tab.picture("differences-choose")
    page.get_by_label("Left").select_option(index=1)
    page.get_by_label("Right").select_option(index=2)
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_test_id("summary")).to_be_visible()
    compare(tab, "nothing", "here")
    expect(page.get_by_text("404")).to_be_visible()
    tab.complaints[:] = [text for text in tab.complaints if "404" not in text]
