"""Whoever brings a folder sees what is wrong with it, as pictures, and makes a better version of it."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.factories import over_rest
from tests.factories.planted import LEAKS_PER_CLASS, planted_dice
from tests.fixtures.browsing import Tab
from tests.fixtures.running import RunningApp

pytestmark = pytest.mark.browser

EXPECTED = (
    "broken_images",
    "empty_files",
    "exact_duplicates",
    "duplicates_across_splits",
    "same_image_in_classes",
    "near_copies_across_splits",
    "size_outliers",
    "mode_outliers",
    "wrongly_named",
)


@pytest.fixture(scope="module")
def dataset(running_app: RunningApp, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("dice")
    return over_rest.dataset(running_app, planted_dice(folder))


def test_what_was_planted_is_found_and_shown_as_pictures(tab: Tab, dataset: dict[str, Any]) -> None:
    page = tab.go(f"/datasets/{dataset['id']}")
    for rule in EXPECTED:
        expect(page.get_by_test_id(f"finding-{rule}")).to_be_visible()
    leak = page.get_by_test_id("finding-near_copies_across_splits")
    [found] = [finding for finding in dataset["findings"] if finding["rule"] == "near_copies_across_splits"]
    assert found["images"] >= 6 * LEAKS_PER_CLASS
    leak.scroll_into_view_if_needed()
    for image in leak.get_by_role("img").all()[:6]:
        expect(image).to_be_visible()
        page.wait_for_function("(one) => one.complete && one.naturalWidth > 0", arg=image.element_handle())
    tab.picture("dataset-findings")


def test_a_better_version_is_made_with_the_form_and_leaks_nothing(tab: Tab, dataset: dict[str, Any]) -> None:
    page = tab.go(f"/datasets/{dataset['id']}")
    page.get_by_label("size outliers").check()
    page.get_by_label("Of equal images in a class keep one").check()
    page.get_by_label("Split again by groups of copies, so that nothing leaks").check()
    page.get_by_label("Class", exact=True).select_option("6")
    page.get_by_label("New name").fill("six")
    page.get_by_role("button", name="Make version 2").click()
    expect(page.get_by_role("cell", name="renamed 6 to six")).to_be_visible()
    for rule in ("near_copies_across_splits", "duplicates_across_splits", "exact_duplicates", "size_outliers"):
        expect(page.get_by_test_id(f"finding-{rule}")).to_have_count(0)
    expect(page.get_by_test_id("finding-broken_images")).to_be_visible()
    tab.picture("dataset-repaired")
