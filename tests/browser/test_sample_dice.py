"""A newcomer without pictures loads sample dice and sees them."""

import re

import pytest
from playwright.sync_api import expect

from tests.fixtures.browsing import Tab

OWN_APPLICATION = True

pytestmark = pytest.mark.browser


def test_sample_dice_are_one_click_away_from_the_overview(tab: Tab) -> None:
    page = tab.go("/")
    page.get_by_test_id("load-samples").click()
    page.wait_for_url(re.compile(r"/datasets/[\w-]+$"))
    expect(page.get_by_test_id("dataset-state")).to_have_text(re.compile("rendering|checking"))
    tab.picture("samples-rendering")
    expect(page.get_by_test_id("dataset-state")).to_have_text("ready", timeout=180_000)
    expect(page.get_by_text("1,800", exact=True)).to_be_visible()
    tab.picture("samples-ready")


def test_the_same_button_on_the_datasets_page_leads_to_the_set_that_is_there(tab: Tab) -> None:
    page = tab.go("/datasets")
    tab.picture("samples-in-the-list")
    page.get_by_test_id("load-samples").click()
    expect(page.get_by_test_id("dataset-state")).to_have_text("ready")
    assert tab.go("/datasets").get_by_role("link", name="Sample dice").count() == 1
