"""From one run to many: duplicated, started from, repeated; found again by their group."""

import re

import pytest
from playwright.sync_api import expect

from tests.factories import over_rest
from tests.fixtures.browsing import Tab
from tests.fixtures.running import RunningApp

OWN_APPLICATION = True

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def run_id(running_app: RunningApp) -> str:
    """A finished run of two epochs."""
    dataset = over_rest.dataset(running_app)
    made = over_rest.preset(running_app, "compact-sequential", classes=len(dataset["classes"]))
    found = over_rest.run(running_app, made["id"], dataset["id"], epochs=2, optimizer={"name": "sgd"})
    assert over_rest.finished(running_app, found)["state"] == "finished"
    return found


def test_a_run_is_duplicated_with_changes(tab: Tab, run_id: str) -> None:
    page = tab.go(f"/runs/{run_id}")
    page.get_by_test_id("run-duplicate").click()
    expect(page.get_by_test_id("train-like")).to_contain_text("was asked for")
    expect(page.get_by_label("Epochs", exact=True)).to_have_value("2")
    expect(page.locator('[name="optimizer.name"]')).to_have_value("sgd")


def test_a_run_starts_from_the_weights_of_another_and_its_log_says_which(
    tab: Tab, run_id: str, running_app: RunningApp
) -> None:
    page = tab.go(f"/runs/{run_id}")
    page.get_by_test_id("run-start-from").click()
    page.get_by_label("Epochs", exact=True).fill("1")
    page.get_by_label("Freeze layers").fill(first_layer(running_app, run_id))
    tab.picture("train-start-from")
    page.get_by_test_id("train-submit").click()
    page.wait_for_url(re.compile(r"/runs/\w+$"))
    new = page.url.rsplit("/", 1)[1]
    assert over_rest.finished(running_app, new)["state"] == "finished"
    tab.go(f"/runs/{new}")
    expect(page.locator(".log")).to_contain_text(f"starts from the best weights of run {run_id}")
    expect(page.locator(".log")).to_contain_text("frozen (1)")
    tab.picture("run-started-from")


def test_a_sweep_is_asked_for_and_found_by_its_group(tab: Tab, run_id: str) -> None:
    page = tab.go(f"/train?like={run_id}")
    page.get_by_label("Learning rates").fill("0.01, 0.001, 0.0001")
    page.get_by_label("Repeat with so many seeds").fill("4")
    page.get_by_label("Group", exact=True).fill("rates")
    page.get_by_label("Epochs", exact=True).fill("1")
    expect(page.get_by_test_id("plan-runs")).to_contain_text("12 runs.")
    tab.picture("train-many")
    page.get_by_test_id("train-submit").click()
    page.wait_for_url(re.compile(r"/runs\?group=rates"))
    expect(page.locator("tbody tr")).to_have_count(12)
    tab.picture("runs-of-a-group")


def first_layer(app: RunningApp, run_id: str) -> str:
    with app.client() as client:
        architecture = client.get(f"/runs/{run_id}").json()["architecture"]
        return str(client.get(f"/architectures/{architecture}").json()["layers"][0]["name"])


def test_what_ended_runs_leave_may_go_with_one_click(tab: Tab, run_id: str) -> None:
    page = tab.go("/storage")
    line = page.get_by_test_id("storage-checkpoints")
    expect(line).to_contain_text("Checkpoints")
    tab.picture("storage")
    line.get_by_role("button", name="Let go: Checkpoints").click()
    page.wait_for_url(re.compile("/storage$"))
    tab.go(f"/runs/{run_id}")
    expect(page.get_by_test_id("run-state")).to_contain_text("finished")
