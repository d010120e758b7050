"""A comparison is kept as a report, read in a frame that can do nothing, and taken along."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from tests.fixtures.browsing import Tab
from tests.fixtures.scripted import until

pytestmark = pytest.mark.browser

REACHES = """() => {
  const tried = (what) => { try { return String(what()); } catch (error) { return error.name; } };
  return [origin, tried(() => document.cookie), tried(() => localStorage), tried(() => parent.document.title)];
}"""
"""What a script within the frame gets hold of."""


@pytest.fixture
def report(comparison: Page) -> Page:
    """The page of a report that was just kept."""
    page = comparison
    page.get_by_label("Across").select_option("step")
    page.get_by_text("Keep this comparison as a report").click()
    page.get_by_label("Title").fill("Two styles")
    page.get_by_label("What it shows").fill("They are the same.\n\nTo the last bit.")
    page.get_by_role("button", name="Keep the report").click()
    expect(page.get_by_role("heading", name="Two styles")).to_be_visible()
    return page


def frozen(page: Page) -> Frame:
    frame = page.locator("iframe.frozen").element_handle().content_frame()  # type: ignore[union-attr]
    assert frame is not None
    return frame


def test_a_report_is_drawn_in_its_frame_and_reaches_nothing_outside(tab: Tab, report: Page) -> None:
    frame = frozen(report)
    expect(frame.get_by_role("heading", name="Two styles")).to_be_visible()
    expect(frame.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    expect(frame.locator(".js-plotly-plot")).to_have_count(8)
    expect(frame.get_by_role("heading", name="Is the difference real?")).to_be_visible()
    assert frame.evaluate(REACHES) == ["null", "SecurityError", "SecurityError", "SecurityError"]
    tab.picture("report")


def test_a_report_is_read_without_a_server(report: Page, chromium: Browser, tmp_path: Path) -> None:
    with report.expect_download() as download:
        report.get_by_test_id("report-download").click()
    assert download.value.suggested_filename == "Two styles report.html"
    download.value.save_as(tmp_path / "report.html")
    context = chromium.new_context(offline=True)
    alone = context.new_page()
    complaints: list[str] = []
    alone.on(
        "console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None
    )
    alone.goto((tmp_path / "report.html").as_uri())
    expect(alone.get_by_role("heading", name="Two styles")).to_be_visible()
    expect(alone.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    assert alone.locator(".js-plotly-plot").count() == 8
    assert alone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    alone.set_viewport_size({"width": 390, "height": 900})
    # Its policy forbids the page to evaluate text, which is how Playwright waits.
    until(lambda: bool(alone.evaluate("document.documentElement.scrollWidth <= innerWidth")))
    assert complaints == []
    context.close()


def test_a_report_leads_to_its_runs_of_now_is_listed_and_deleted(tab: Tab, report: Page) -> None:
    page, address = report, report.url
    page.get_by_test_id("report-live").click()
    expect(page.get_by_role("heading", name="4 runs side by side")).to_be_visible()
    assert "x=step" in page.url
    page.get_by_role("link", name="Reports", exact=True).click()
    expect(page.get_by_test_id("report-1").get_by_role("link")).to_have_text("Two styles")
    tab.picture("reports")
    page.get_by_test_id("report-1").get_by_role("link").click()
    assert page.url == address
    page.get_by_text("Delete…").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.wait_for_url("**/reports")
    expect(page.locator(f"a[href='{address.removeprefix(tab.address)}']")).to_have_count(0)


def test_notes_are_written_where_the_run_is_and_seen_where_it_is_compared(tab: Tab, comparison: Page) -> None:
    page = comparison
    page.get_by_test_id("result-1").get_by_role("link").click()
    page.get_by_text("Write down what this run is for").click()
    page.get_by_label("Notes").fill("Padding as in 1998.\nSeed 0.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_test_id("notes-text")).to_have_text("Padding as in 1998.\nSeed 0.")
    tab.picture("run-notes")
    tab.go("/runs?q=as+in+1998")
    expect(page.locator("table tbody tr")).to_have_count(1)
