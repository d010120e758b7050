"""Images and their statistics over REST, in the application as it is started."""

import io
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from app.adapters.augmented_images import augmented
from app.core.runs.augmentation import Augmentation, draw
from tests.factories import over_rest
from tests.fixtures.running import RunningApp


@pytest.fixture(scope="module")
def dataset(running_app: RunningApp) -> dict[str, Any]:
    return over_rest.dataset(running_app)


def test_pages_say_how_many_there_are_and_where_the_next_begins(
    running_app: RunningApp, dataset: dict[str, Any]
) -> None:
    with running_app.client() as client:
        path = f"/datasets/{dataset['id']}/images"
        first = client.get(path, params={"split": "test", "limit": 60}).json()
        assert (first["total"], first["next"], len(first["items"])) == (110, "60", 60)
        rest = client.get(path, params={"split": "test", "limit": 60, "cursor": first["next"]}).json()
        assert (rest["next"], len(rest["items"])) == (None, 50)
        for wrong in ("x", "-1", "9" * 30, "\u0661"):
            answer = client.get(path, params={"cursor": wrong})
            assert (answer.status_code, "cursor" in answer.json()["detail"]) == (422, True), wrong


def test_one_image_as_thumbnail_with_its_facts_and_as_it_is_fed(
    running_app: RunningApp, dataset: dict[str, Any]
) -> None:
    with running_app.client() as client:
        [image] = client.get(f"/datasets/{dataset['id']}/images", params={"limit": 1}).json()["items"]
        path = f"/datasets/{dataset['id']}/images/{image['digest']}"
        thumbnail = client.get(path, params={"size": 64})
        assert thumbnail.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert thumbnail.headers["x-content-type-options"] == "nosniff"
        assert "immutable" in thumbnail.headers["cache-control"]
        facts = client.get(f"{path}/facts").json()
        assert facts["places"][0]["path"] == image["path"]
        with Image.open(io.BytesIO(client.get(path).content)) as original:
            assert facts["format"] == original.format
        told = {finding["rule"] for finding in client.get(f"/datasets/{dataset['id']}").json()["findings"]}
        assert set(facts["findings"]) <= told
        shape = {"height": 10, "width": 20, "color_mode": "grayscale", "resize_mode": "pad_to_aspect_ratio"}
        fed = client.get(f"{path}/prepared", params=shape)
        with Image.open(io.BytesIO(fed.content)) as opened:
            assert (opened.size, opened.mode) == ((20, 10), "L")
            # A die is about as high as wide: what is beside it is black.
            assert not np.asarray(opened)[:, :4].any()
        for wrong in ({"height": 0}, {"height": 5000}, {"resize_mode": "stretch"}, {"size": 3}):
            assert client.get(f"{path}/prepared", params=shape | wrong).status_code == 422, wrong


def test_an_image_is_shown_as_the_trainer_changes_it(running_app: RunningApp, dataset: dict[str, Any]) -> None:
    ranges: dict[str, Any] = {"flip": "both", "rotation": 30, "zoom": 0.2, "brightness": 0.1, "noise": 0.05}
    shape = {"height": 24, "width": 32, "color_mode": "rgb", "resize_mode": "crop_to_aspect_ratio"}
    augmentation = Augmentation(**ranges)
    with running_app.client() as client:
        [image] = client.get(f"/datasets/{dataset['id']}/images", params={"limit": 1}).json()["items"]
        path = f"/datasets/{dataset['id']}/images/{image['digest']}"
        fed = pixels(client.get(f"{path}/prepared", params=shape))
        for epoch in (0, 3):
            drawn = draw(augmentation, seed=0, epoch=epoch, place=0, size=(24, 32))
            expected = np.rint(augmented(fed[None], [drawn], augmentation)[0] * 255)
            found = client.get(f"{path}/augmented", params=shape | ranges | {"draw": epoch})
            np.testing.assert_array_equal(pixels(found), expected)
        for wrong in ({"rotation": 200}, {"flip": "upwards"}, {"height": 1025}, {"draw": -1}, {"tilt": 1}):
            assert client.get(f"{path}/augmented", params=shape | wrong).status_code == 422, wrong
        page = client.get(f"{running_app.address}{path}", params={"rotation": 200})
        assert (page.status_code, "rotation" in page.text) == (422, True)


def pixels(answer: httpx.Response) -> np.ndarray:
    with Image.open(io.BytesIO(answer.content)) as opened:
        return np.asarray(opened)


def test_statistics_come_within_moments(running_app: RunningApp, dataset: dict[str, Any]) -> None:
    path = f"/datasets/{dataset['id']}"
    found = running_app.wait_for(f"{path}/statistics", lambda answer: "classes" in answer)
    assert {name: entry["images"] for name, entry in found["classes"].items()}["1"] == 57
    with running_app.client() as client:
        mean = client.get(f"{path}/statistics/mean", params={"class": "6"})
        assert mean.headers["content-type"] == "image/png"
        for figure in ("classes", "sizes", "brightness"):
            assert client.get(f"{path}/figures/{figure}", params={"theme": "dark"}).json()["data"], figure


def test_a_run_says_how_its_images_were_resized_and_repeats_it(
    running_app: RunningApp, dataset: dict[str, Any]
) -> None:
    made = over_rest.preset(running_app, "compact-functional", height=24, width=32)
    run_id = over_rest.run(
        running_app, made["id"], dataset["id"], epochs=1, batch_size=64, resize_mode="crop_to_aspect_ratio"
    )
    finished = over_rest.finished(running_app, run_id)
    assert (finished["state"], finished["configuration"]["resize_mode"]) == ("finished", "crop_to_aspect_ratio")
    with running_app.client() as client:
        how = client.get(f"/runs/{run_id}/artifacts/run.json").json()["preprocessing"]
    assert (how["resize_mode"], how["height"], how["width"]) == ("crop_to_aspect_ratio", 24, 32)
    assert any("ImageOps.fit" in step for step in how["steps"])
