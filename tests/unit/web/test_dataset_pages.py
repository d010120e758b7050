"""What the checks found, and what is done about it, over the page's form and over REST."""

import io
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.adapters.database.migrate import upgrade
from app.composition import compose
from app.core.datasets.dataset import Dataset
from app.core.runs.lifecycle import RunState
from app.main import create_app
from app.services.bundle import ServiceBundle
from app.settings import Settings
from app.web.security import Access
from tests.factories.bad_images import drawn
from tests.factories.images import tar_bytes
from tests.factories.rows import queued_run

TOKEN = "the-token-of-these-pages"
FOLDERS = [("train", 12), ("val", 4), ("test", 4)]


@pytest.fixture
def services(tmp_path: Path) -> ServiceBundle:
    settings = Settings(data=tmp_path, reserve_bytes=0)
    upgrade(settings.sqlalchemy_url)
    return compose(settings)


@pytest.fixture
def client(services: ServiceBundle, tmp_path: Path) -> TestClient:
    app = create_app(services, access=Access(TOKEN, services.logins))
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "text/html"}
    return TestClient(app, base_url="http://127.0.0.1", headers=headers, follow_redirects=False)


@pytest.fixture
def dataset(services: ServiceBundle, tmp_path: Path) -> Dataset:
    """Two classes in three splits; two test images were trained on, one training image is there twice, one is broken."""
    files = {
        f"{split}/{name}/{n}.png": drawn(1_000 * number + 100 * int(name) + n)
        for number, (split, count) in enumerate(FOLDERS)
        for name in "12"
        for n in range(count)
    }
    files |= {"test/1/seen.png": files["train/1/0.png"], "test/2/seen.png": files["train/2/0.png"]}
    files |= {"train/1/again.png": files["train/1/1.png"], "train/2/<b>broken</b>.png": b"no image"}
    made = services.datasets.create("dice")
    services.datasets.receive(made.id, io.BytesIO(tar_bytes(files)))
    services.datasets.commit(made.id)
    assert services.datasets.check(made.id)
    return services.datasets.get(made.id)


def finished(services: ServiceBundle, dataset: Dataset, *, version_id: str, accuracy: float, name: str) -> str:
    run = queued_run(services.database, name=name, dataset_id=dataset.id, version_id=version_id)  # type: ignore[arg-type]
    with services.database.transaction() as transaction:
        claimed = transaction.runs.claim_next(worker="train@here", lease_seconds=60)
        assert claimed is not None
        for state in (RunState.PREPARING, RunState.RUNNING, RunState.EVALUATING):
            transaction.runs.move(run.id, state, attempt=claimed.attempt)
        transaction.runs.set_evaluation(
            run.id, attempt=claimed.attempt, evaluation={"test": {"accuracy": accuracy, "images": 10}}
        )
        transaction.runs.move(run.id, RunState.FINISHED, attempt=claimed.attempt)
    return run.id


def repair(client: TestClient, dataset: Dataset, **body: Any) -> Any:
    return client.post(f"/api/v1/datasets/{dataset.id}/versions", json=body)


def test_the_page_shows_each_finding_with_its_pictures_and_what_it_does(client: TestClient, dataset: Dataset) -> None:
    page = client.get(f"/datasets/{dataset.id}").text
    for finding in dataset.findings:
        assert f'data-test="finding-{finding.rule}"' in page
    assert {"duplicates_across_splits", "exact_duplicates", "broken_images"} <= {f.rule for f in dataset.findings}
    assert page.count("What it does to a result:") == len(dataset.findings)
    [leak] = [finding for finding in dataset.findings if finding.rule == "duplicates_across_splits"]
    for side in ("left", "right"):
        assert f"/images/{leak.evidence[0][side]['digest']}?size=96" in page
    assert "&lt;b&gt;broken&lt;/b&gt;" in page
    assert "<b>broken</b>" not in page


def test_the_form_makes_a_version_and_the_page_says_what_was_done(
    client: TestClient, services: ServiceBundle, dataset: Dataset
) -> None:
    form = {
        "leave_out": "duplicates_across_splits",
        "merge_duplicates": "true",
        "rename_from": "1",
        "rename_to": " one ",
        "split_again": "true",
        "validation": "20",
        "test": "10",
        "seed": "7",
    }
    answer = client.post(f"/datasets/{dataset.id}/versions", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/datasets/{dataset.id}")
    newest, first = services.datasets.versions(dataset.id)
    assert first == dataset.version
    assert (newest.number, newest.made_from, newest.classes) == (2, 1, ("2", "one"))
    left_out, merged, renamed, split = newest.changes
    assert left_out == {"change": "left_out", "finding": "duplicates_across_splits", "images": 2}
    assert merged == {"change": "merged_duplicates", "images": 1}
    assert renamed == {"change": "renamed_classes", "names": {"1": "one"}}
    assert (split["seed"], split["validation"], split["test"]) == (7, 0.2, 0.1)
    page = client.get(f"/datasets/{dataset.id}").text
    for said in ("2 images of duplicates across splits left out", "1 equal image merged", "renamed 1 to one", "seed 7"):
        assert said in page
    # Files that are in no version are told of every one.
    assert 'data-test="finding-broken_images"' in page


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "nothing to do"),
        ({"rename_from": "1", "rename_to": "a/b"}, "no &#39;/&#39;"),
        ({"rename_from": "1", "rename_to": ""}, "rename_classes"),
        ({"rename_from": "1", "rename_to": "2"}, "two classes called"),
        ({"split_again": "true", "validation": "many"}, "Shares and seed are numbers"),
        ({"split_again": "true", "validation": "nan"}, "split_again.validation"),
        ({"split_again": "true", "validation": "60", "test": "60"}, "less than 5 %"),
        ({"split_again": "true", "seed": "4294967296"}, "split_again.seed"),
        ({"leave_out": "size_outliers"}, "No finding"),
        ({"leave_out": "broken_images"}, "No finding"),
    ],
)
def test_a_form_that_cannot_be_done_says_why(
    client: TestClient, services: ServiceBundle, dataset: Dataset, form: dict[str, str], said: str
) -> None:
    answer = client.post(f"/datasets/{dataset.id}/versions", data=form)
    assert answer.status_code == 422
    assert said in answer.text
    assert len(services.datasets.versions(dataset.id)) == 1


def test_a_repair_over_rest_answers_the_version(client: TestClient, dataset: Dataset) -> None:
    answer = repair(client, dataset, leave_out=["exact_duplicates"])
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/v1/datasets/{dataset.id}/versions"
    made = answer.json()
    assert (made["number"], made["made_from"], made["changes"][0]["images"]) == (2, 1, 1)
    listed = client.get(f"/api/v1/datasets/{dataset.id}/versions").json()["items"]
    assert [version["number"] for version in listed] == [2, 1]
    assert listed[0] == made
    for number, count in ((1, 43), (2, 42)):
        shown = client.get(f"/api/v1/datasets/{dataset.id}/images?limit=100&version={number}").json()["items"]
        assert len(shown) == count


def test_what_cannot_be_repaired_is_a_problem_and_no_version(client: TestClient, dataset: Dataset) -> None:
    for body, field in (({}, "nothing to do"), ({"split_again": {"validation": 1}}, "split_again.validation")):
        answer = repair(client, dataset, **body)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert field in answer.text
    fresh = client.post("/api/v1/datasets", json={"name": "empty"}).json()["id"]
    assert client.post(f"/api/v1/datasets/{fresh}/versions", json={"merge_duplicates": True}).status_code == 409
    assert client.post("/api/v1/datasets/none/versions", json={"merge_duplicates": True}).status_code == 404
    assert len(client.get(f"/api/v1/datasets/{dataset.id}/versions").json()["items"]) == 1


def test_a_blunt_instrument_stands_beside_the_best_network_of_its_version(
    client: TestClient, services: ServiceBundle, dataset: Dataset
) -> None:
    assert dataset.version is not None
    assert {figure.kind for figure in dataset.version.baselines} == {"thumbnail", "color"}
    address = f"/datasets/{dataset.id}"
    assert client.get(address).text.count("none yet") == 2
    finished(services, dataset, version_id=dataset.version.id, accuracy=0.11, name="worse")
    best = finished(services, dataset, version_id=dataset.version.id, accuracy=0.123, name="better")
    page = client.get(address).text
    assert page.count(f'<a href="/runs/{best}">12.3 %</a>') == 2
    # Worse than always answering one of the two classes: that is no word about the split.
    assert (page.count("has learned nothing yet"), "not clearly better</span>" in page) == (2, False)
    # Of another version nobody has measured anything.
    assert repair(client, dataset, merge_duplicates=True).status_code == 201
    assert client.get(address).text.count("none yet") == 2
