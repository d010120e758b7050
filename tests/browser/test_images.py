"""A hundred thousand images on one wall, one of them large, and what is known of them all."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from app.adapters.blob_store import ObstoreBlobs
from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.settings import Settings
from tests.factories.many_images import many_images
from tests.fixtures.browsing import Tab
from tests.fixtures.running import RunningApp

pytestmark = pytest.mark.browser

IMAGES = 100_000
MOST_NODES = 700
NODES = "document.querySelectorAll('*').length"


@pytest.fixture(scope="module")
def database(running_app: RunningApp) -> Iterator[SqlDatabase]:
    """The application's, from here."""
    opened = SqlDatabase(Settings(data=running_app.data).sqlalchemy_url, clock=utc_now, new_id=new_id)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def dataset(running_app: RunningApp, database: SqlDatabase) -> str:
    return many_images(database, ObstoreBlobs(Settings(data=running_app.data).blobs), IMAGES).id


def wall(tab: Tab, dataset: str, query: str = "") -> Page:
    page = tab.go(f"/datasets/{dataset}/images{query}")
    expect(page.locator(".wall-item[data-digest]").first).to_be_visible()
    return page


def at(page: Page) -> str | None:
    return parse_qs(urlsplit(page.url).query).get("at", [None])[0]


def test_the_wall_shows_the_first_of_all_images(tab: Tab, dataset: str) -> None:
    page = wall(tab, dataset)
    expect(page.get_by_test_id("wall-place")).to_have_text(re.compile(r"^1 to \d+ of 100,000$"))
    tab.picture("images-wall")


def test_scrolling_over_everything_keeps_the_document_small_and_ends_at_the_last_image(tab: Tab, dataset: str) -> None:
    page = wall(tab, dataset)
    box = page.get_by_test_id("wall")
    height = box.evaluate("wall => wall.scrollHeight")
    for step in range(1, 61):
        box.evaluate("(wall, top) => { wall.scrollTop = top; }", height * step / 60)
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.evaluate(NODES) < MOST_NODES
    assert box.evaluate("wall => wall.scrollHeight") == height
    last = page.locator(f'.wall-item[aria-posinset="{IMAGES}"] img')
    expect(last).to_have_attribute("alt", re.compile(r"^dice/6/"))
    expect(page.get_by_test_id("wall-place")).to_have_text(re.compile(r"to 100,000 of 100,000$"))
    page.wait_for_function("() => new URL(location).searchParams.has('at')")
    assert int(at(page) or 0) > IMAGES - 200


def test_an_address_leads_to_the_same_place_again(tab: Tab, dataset: str) -> None:
    page = wall(tab, dataset, "?split=train&at=40000")
    expect(page.locator('.wall-item[aria-posinset="40001"][data-digest]')).to_be_in_viewport()
    page.get_by_test_id("wall").evaluate("wall => wall.scrollBy(0, 1400)")
    page.wait_for_function("() => Number(new URL(location).searchParams.get('at')) > 40000")
    position = int(at(page) or 0)
    page.reload()
    expect(page.locator(f'.wall-item[aria-posinset="{position + 1}"][data-digest]')).to_be_in_viewport()
    assert "split=train" in page.url


def test_choosing_a_split_a_class_or_a_finding_shows_those_only(tab: Tab, dataset: str) -> None:
    page = wall(tab, dataset)
    page.get_by_label("Class").select_option("3")
    page.wait_for_url(re.compile("class=3"))
    expect(page.get_by_test_id("wall-place")).to_have_text(re.compile(r"of 16,667$"))
    expect(page.locator(".wall-item[data-digest] img").first).to_have_attribute("alt", re.compile("^dice/3/"))
    page.get_by_label("Class").select_option("")
    page.wait_for_url(re.compile("class=&"))
    page.get_by_label("Finding").select_option("near_copies")
    page.wait_for_url(re.compile("finding=near_copies"))
    expect(page.get_by_test_id("wall-place")).to_have_text("1 to 5 of 5")
    page.get_by_label("Split").select_option("test")
    page.wait_for_url(re.compile("split=test"))
    expect(page.get_by_text("No image is like that")).to_be_visible()
    tab.picture("images-none")


def test_the_keyboard_walks_over_the_wall_and_opens_an_image(tab: Tab, dataset: str) -> None:
    page = wall(tab, dataset)
    page.locator('.wall-item[aria-posinset="1"] a').focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator('.wall-item[aria-posinset="3"] a')).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator(f'.wall-item[aria-posinset="{IMAGES}"] a')).to_be_focused()
    expect(page.locator(f'.wall-item[aria-posinset="{IMAGES}"][data-digest]')).to_be_in_viewport()
    page.keyboard.press("PageUp")
    assert page.locator(":focus").count() == 1
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    columns = int(page.locator(".wall-item:has(:focus)").get_attribute("aria-posinset") or 0) - 1
    assert 5 < columns < 15
    expect(page.locator(".wall-item:has(:focus)[data-digest]")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/images/[0-9a-f]{{64}}\?at={columns}$"))


def test_an_image_has_its_facts_its_neighbours_and_what_a_network_is_fed(tab: Tab, dataset: str) -> None:
    page = wall(tab, dataset, "?class=2&at=100")
    page.locator('.wall-item[aria-posinset="103"][data-digest] a').click()
    path = page.get_by_role("heading", level=1).inner_text()
    expect(page.get_by_text("96 × 96 pixels")).to_be_visible()
    expect(page.get_by_text("JPEG", exact=True)).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("class=2&at=103"))
    assert page.get_by_role("heading", level=1).inner_text() != path
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(re.compile("class=2&at=102"))
    page.get_by_label("Height").fill("24")
    page.get_by_label("Width").fill("48")
    page.get_by_label("Colour mode").select_option("grayscale")
    page.get_by_role("button", name="Show").click()
    for mode in ("squash", "pad_to_aspect_ratio", "crop_to_aspect_ratio"):
        fed = page.get_by_test_id(f"fed-{mode}")
        expect(fed).to_be_visible()
        size = "async (image) => (await image.decode(), [image.naturalHeight, image.naturalWidth])"
        assert fed.evaluate(size) == [24, 48]
    assert "class=2" in page.url
    tab.picture("images-one")


def test_an_image_is_shown_as_training_changes_it(tab: Tab, dataset: str) -> None:
    page = wall(tab, dataset)
    page.locator(".wall-item a").first.click()
    page.get_by_text("Augmentation", exact=True).click()
    page.get_by_label("Flip").select_option("horizontal")
    page.get_by_label("Rotation").fill("30")
    page.get_by_role("button", name="Show").click()
    drawn = page.get_by_test_id("drawn")
    expect(drawn).to_have_count(4)
    expect(drawn.last).to_be_visible()
    sizes = drawn.evaluate_all(
        "images => Promise.all(images.map(async (one) => (await one.decode(), one.naturalWidth)))"
    )
    assert sizes == [96] * 4
    page.get_by_role("link", name="After").click()
    page.wait_for_url(re.compile(r"at=1.*flip=horizontal&rotation=30"))
    expect(drawn).to_have_count(4)
    tab.picture("images-augmented")


def test_statistics_are_computed_while_one_watches(tab: Tab, database: SqlDatabase, running_app: RunningApp) -> None:
    dataset = many_images(database, ObstoreBlobs(Settings(data=running_app.data).blobs), 3_000).id
    page = tab.go(f"/datasets/{dataset}/statistics")
    expect(page.get_by_role("heading", name="Mean image of each class")).to_be_visible(timeout=120_000)
    tab.settle()
    expect(page.get_by_role("img", name="Mean image of 6")).to_be_visible()
    tab.picture("images-statistics")
    tab.go(f"/datasets/{dataset}")
    tab.picture("dataset-with-images")


def test_without_scripts_the_wall_is_read_page_by_page(
    chromium: Browser, running_app: RunningApp, dataset: str
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{running_app.address}{running_app.login_path()}")
    page.goto(f"{running_app.address}/datasets/{dataset}/images?split=train")
    assert page.locator(".wall-item img").count() == 120
    page.get_by_role("link", name="After").click()
    assert "split=train" in page.url
    expect(page.locator(".wall-item").first).to_have_attribute("aria-posinset", "121")
    page.get_by_label("Class").select_option("5")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".wall-item img").first).to_have_attribute("alt", re.compile("^dice/5/"))
    context.close()
