"""Charts of a comparison while a run goes on, and what can be taken along."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.adapters.database import SqlDatabase
from app.core.runs.lifecycle import RunState
from app.core.runs.run import Run
from tests.factories.histories import run_with, told
from tests.fixtures.browsing import Tab
from tests.fixtures.comparing import chart, drawn, figure, row, until_drawn

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("kind", ["CSV", "JSON", "SVG", "PNG"])
def test_each_chart_goes_along(comparison: Page, tmp_path: Path, kind: str) -> None:
    page = comparison
    row(page, 1).get_by_role("checkbox").uncheck()
    drawn(page, "val_loss", lines=3)
    with page.expect_download() as download:
        chart(page, "val_loss").get_by_label(f"Validation loss as {kind}").click()
    path = tmp_path / "file"
    download.value.save_as(path)
    content = path.read_bytes()
    assert download.value.suggested_filename.endswith(f".{kind.lower()}")
    if kind == "CSV":
        assert len(content.splitlines()) == 1 + 3 * 12
    elif kind == "JSON":
        assert [len(run["x"]) for run in json.loads(content)["runs"]] == [12, 12, 12]
    else:
        assert content.startswith({"SVG": b"<svg", "PNG": b"\x89PNG"}[kind])


def test_a_seam_is_marked_where_another_attempt_went_on(comparison: Page) -> None:
    page = comparison
    seams = [trace for trace in figure(page, "val_loss")["data"] if trace["mode"] == "markers"]  # type: ignore[attr-defined]
    assert [trace["x"] for trace in seams] == [[6]]


def test_curves_begin_and_grow_while_their_run_goes_on(
    tab: Tab, app_database: SqlDatabase, compared_runs: list[Run]
) -> None:
    live = run_with(
        app_database,
        [],
        name="goes on",
        state=RunState.RUNNING,
        beside=compared_runs[0],
        epochs=12,
    )
    page = tab.go(f"/comparison?runs={compared_runs[0].id},{live.id}&smooth=0")
    drawn(page, "val_loss", lines=1)
    with app_database.transaction() as transaction:
        transaction.runs.append(live.id, attempt=1, events=list(told(epochs=3, steps_per_epoch=20)))
    until_drawn(page, "val_loss", "data.some(({ x }) => x.length === 3)")
    with app_database.transaction() as transaction:
        transaction.runs.append(live.id, attempt=1, events=list(told(epochs=4, steps_per_epoch=20, first=4)))
    until_drawn(page, "val_loss", "data.some(({ x }) => x.length === 4)")
    with app_database.transaction() as transaction:
        transaction.runs.move(live.id, RunState.STOPPED, attempt=1)


def test_runs_are_grouped_by_a_setting_with_their_mean_in_a_band(comparison: Page) -> None:
    page = comparison
    page.get_by_label("Group by").select_option("style")
    drawn(page, "val_loss", lines=2)
    until_drawn(page, "val_loss", "data.filter(({ fill }) => fill === 'toself').length === 2")
    row(page, 2).get_by_role("checkbox").uncheck()
    until_drawn(page, "val_loss", "data.some(({ name }) => name === 'style: functional (1)')")
    page.go_back()
    page.go_back()
    drawn(page, "val_loss", lines=4)


def test_a_setting_is_shown_against_a_metric(comparison: Page) -> None:
    page = comparison
    page.locator("[name=setting]").select_option("optimizer")
    page.wait_for_url(lambda address: "setting=optimizer" in address)
    scatter = page.get_by_test_id("scatter")
    scatter.scroll_into_view_if_needed()
    expect(scatter.locator(".xtitle")).to_have_text("optimizer")
    expect(page.get_by_test_id("parallel").locator(".figure-drawn")).to_be_visible()


def test_the_page_looks_as_it_should(tab: Tab, comparison: Page) -> None:
    page = comparison
    drawn(page, "batch_loss", lines=4)
    page.evaluate("scrollTo(0, 0)")
    tab.picture("comparison-curves")
