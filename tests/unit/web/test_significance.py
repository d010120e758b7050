"""Runs against each other, over REST and on the comparison page."""

import dataclasses
import html
import io
from collections.abc import Sequence
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.core.datasets.dataset import Dataset, Split
from app.core.runs.configuration import Configuration
from app.core.runs.run import Run
from app.services.bundle import ServiceBundle
from tests.factories.bad_images import drawn
from tests.factories.evaluated import evaluated_run, images_of, with_answers
from tests.factories.images import tar_bytes
from tests.factories.rows import queued_run

CLASSES = ("1", "2")


@pytest.fixture
def dataset(services: ServiceBundle) -> Dataset:
    """Two classes, 30 test images of each."""
    files = {
        f"{split}/{name}/{n}.png": drawn(1_000 * number + 100 * int(name) + n)
        for number, (split, count) in enumerate((("train", 2), ("test", 30)))
        for name in CLASSES
        for n in range(count)
    }
    made = services.datasets.create("dice")
    services.datasets.receive(made.id, io.BytesIO(tar_bytes(files)))
    services.datasets.commit(made.id)
    assert services.datasets.check(made.id)
    return services.datasets.get(made.id)


def run_of(services: ServiceBundle, dataset: Dataset, wrong: Sequence[int], **changes: Any) -> Run:
    """A run that has all 60 test images right but those at these places."""
    answers = with_answers(images_of(services, dataset, Split.TEST), CLASSES, wrong=wrong)
    return evaluated_run(services, dataset, [answers], **changes)


def get(client: TestClient, path: str, **query: Any) -> Any:
    answer = client.get(f"/api/v1{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(*runs: Run) -> str:
    return ",".join(run.id for run in runs)


def test_each_run_is_tested_against_the_first_with_its_counts(
    client: TestClient, services: ServiceBundle, dataset: Dataset
) -> None:
    first, near, far = (run_of(services, dataset, wrong) for wrong in (range(20), range(1, 19), range(2)))
    found = get(client, "/comparisons", runs=ids(first, near, far))
    assert {"runs", "configuration", "series", "deltas", "identical_through", "significance", "repeats"} <= set(found)
    significance = found["significance"]
    assert list(significance) == [near.id, far.id]
    test = significance[far.id]
    counts = [test[name] for name in ("both_right", "only_baseline_right", "only_this_right", "both_wrong")]
    assert (test["split"], test["images"], counts) == ("test", 60, [40, 0, 18, 2])
    assert test["difference"] == pytest.approx(18 / 60)
    assert test["p_value"] == pytest.approx(2 / 2**18)
    assert test["p_adjusted"] == pytest.approx(4 / 2**18)
    assert test["is_shown"] is True
    assert test["interval"][0] > 0
    assert "Shown on these 60 test images: 30.0 percentage points better" in test["words"]
    assert "Cannot be told apart on 60 test images" in significance[near.id]["words"]
    assert get(client, "/comparisons", runs=ids(first, near, far))["significance"] == significance


def test_runs_without_answers_or_common_images_say_why_they_cannot_be_tested(
    client: TestClient, services: ServiceBundle, dataset: Dataset
) -> None:
    first = run_of(services, dataset, range(5))
    old = run_of(services, dataset, range(5), is_old=True)
    images = [
        image.model_copy(update={"digest": image.digest[::-1]}) for image in images_of(services, dataset, Split.TEST)
    ]
    other = evaluated_run(services, dataset, [with_answers(images, CLASSES)])
    waiting = queued_run(services.database)  # type: ignore[arg-type]
    found = get(client, "/comparisons", runs=ids(first, old, waiting, other))["significance"]
    assert "older version" in found[old.id]["words"]
    assert "not been evaluated yet" in found[waiting.id]["words"]
    assert "no image in common" in found[other.id]["words"]
    assert {entry["images"] for entry in found.values()} == {0}
    assert (
        "The baseline cannot be tested"
        in get(client, "/comparisons", runs=ids(old, first))["significance"][first.id]["words"]
    )
    page = client.get(f"/comparison?runs={ids(first, old, waiting, other)}")
    assert page.status_code == 200
    assert 'data-test="pair"' not in page.text


def test_disagreements_come_first_where_only_one_is_right(
    client: TestClient, services: ServiceBundle, dataset: Dataset
) -> None:
    left, right = run_of(services, dataset, (0, 1, 2)), run_of(services, dataset, (2, 3, 4, 5))
    found = get(client, "/comparisons/disagreements", runs=ids(left, right), limit=4)
    rest = get(client, "/comparisons/disagreements", runs=ids(left, right), limit=4, cursor=found["next"])
    assert (found["total"], len(rest["items"]), rest["next"]) == (5, 1, None)
    items = found["items"] + rest["items"]
    right_sides = ["left" if item["left"]["predicted"] == item["class"] else "right" for item in items]
    assert right_sides == ["left"] * 3 + ["right"] * 2
    assert all(item["left"]["predicted"] != item["right"]["predicted"] for item in items)


def test_classes_and_matrices_of_two_runs_are_of_their_common_images(
    client: TestClient, services: ServiceBundle, dataset: Dataset
) -> None:
    left = run_of(services, dataset, (0, 1, 40))
    images = images_of(services, dataset, Split.TEST)[:40]
    right = evaluated_run(services, dataset, [with_answers(images, CLASSES, wrong=(0,))])
    found = get(client, "/comparisons/classes", runs=ids(left, right))
    assert (found["split"], found["images"]) == ("test", 40)
    assert found["left"]["confusion_matrix"] == [[28, 2], [0, 10]]
    assert found["right"]["confusion_matrix"] == [[29, 1], [0, 10]]
    assert [entry["recall"] for entry in found["right"]["per_class"]] == pytest.approx([29 / 30, 1.0])


@pytest.mark.parametrize("path", ["classes", "disagreements"])
def test_two_runs_are_asked_for_and_nothing_else(client: TestClient, services: ServiceBundle, path: str) -> None:
    run = queued_run(services.database)  # type: ignore[arg-type]
    for runs in ("", run.id, f"{run.id},{run.id}", f"{run.id},b,c"):
        answer = client.get(f"/api/v1/comparisons/{path}", params={"runs": runs})
        assert answer.status_code == 422, answer.text
        assert "?runs=ID,ID" in answer.text
    answer = client.get(f"/api/v1/comparisons/{path}", params={"runs": f"{run.id},nobody"})
    assert answer.status_code == 404


def test_repeats_over_seeds_are_one_line_and_the_page_shows_it(
    client: TestClient, services: ServiceBundle, dataset: Dataset
) -> None:
    first = run_of(services, dataset, range(6), configuration=Configuration(epochs=2, seed=1))
    second = run_of(
        services,
        dataset,
        range(12),
        configuration=Configuration(epochs=2, seed=2),
        architecture_id=first.architecture_id,
    )
    [group] = get(client, "/comparisons", runs=ids(first, second))["repeats"]
    assert (group["seeds"], group["runs"]) == ([1, 2], [first.id, second.id])
    assert group["measures"]["test_accuracy"]["mean"] == pytest.approx(0.85)
    page = client.get(f"/comparison?runs={ids(first, second)}").text
    assert 'data-test="repeats"' in page
    assert "85.0 % ± 7.1" in page
    assert "left out" not in page


def test_the_page_says_what_the_test_says_and_shows_a_pair_in_detail(
    client: TestClient, services: ServiceBundle, dataset: Dataset
) -> None:
    runs = [
        run_of(services, dataset, wrong, name=name) for name, wrong in (("a", range(20)), ("b", range(2)), ("c", ()))
    ]
    words = get(client, "/comparisons", runs=ids(*runs))["significance"]
    page = client.get(f"/comparison?runs={ids(*runs)}&x=step").text
    for run in runs[1:]:
        assert html.escape(words[run.id]["words"]) in page
        assert f'href="?runs={ids(*runs)}&amp;x=step&amp;pair={run.id}#pair"' in page
    assert "/comparison/disagreements?runs=" not in page  # all 18 are shown
    chosen = client.get(f"/comparison?runs={ids(*runs)}&pair={runs[2].id}").text
    assert f'href="/comparison/disagreements?runs={runs[0].id},{runs[2].id}&amp;split=test"' in chosen
    assert "20 images" in chosen


def test_the_page_of_disagreements_goes_on_by_plain_links(
    client: TestClient, services: ServiceBundle, dataset: Dataset
) -> None:
    left, right = run_of(services, dataset, range(20)), run_of(services, dataset, ())
    page = client.get(f"/comparison/disagreements?runs={ids(left, right)}").text
    assert "20 of 60 test images" in page
    assert page.count("taken for") == 20
    before = client.get(f"/comparison/disagreements?runs={ids(left, right)}&at=10").text
    assert before.count("taken for") == 10
    assert 'rel="prev"' in before
    assert client.get(f"/comparison/disagreements?runs={left.id}").status_code == 422


def test_the_pair_in_detail_is_of_the_images_on_which_it_was_tested(
    client: TestClient, services: ServiceBundle, dataset: Dataset
) -> None:
    images = images_of(services, dataset, Split.TEST)
    renamed = [image.model_copy(update={"digest": image.digest[::-1]}) for image in images]
    runs = [
        evaluated_run(
            services,
            dataset,
            [
                dataclasses.replace(with_answers(images[:20], CLASSES, wrong=wrong), split=Split.VALIDATION),
                with_answers(tested, CLASSES, wrong=wrong),
            ],
        )
        for tested, wrong in ((images, (0, 1)), (renamed, (2,)))
    ]
    found = get(client, "/comparisons", runs=ids(*runs))["significance"][runs[1].id]
    assert (found["split"], found["images"]) == ("validation", 20)
    page = client.get(f"/comparison?runs={ids(*runs)}").text
    assert "on the 20 validation images that both answered" in page
    assert "3 images" in page[page.index('data-test="pair"') :]


def test_cross_entropy_is_called_so_and_the_baseline_is_the_baseline(
    client: TestClient, services: ServiceBundle, dataset: Dataset
) -> None:
    first = run_of(
        services, dataset, range(6), configuration=Configuration(epochs=2, seed=1, loss="mean_squared_error")
    )
    second = run_of(
        services,
        dataset,
        range(12),
        configuration=Configuration(epochs=2, seed=2, loss="mean_squared_error"),
        architecture_id=first.architecture_id,
    )
    compared = client.get(f"/comparison?runs={ids(first, second)}").text
    repeated = compared[compared.index('data-test="repeats"') :]
    assert "Test cross-entropy" in repeated
    assert "Test loss" not in repeated
    assert "n = 2" in repeated
    tested = compared[compared.index('data-test="significance"') : compared.index('data-test="repeats"')]
    pair = compared[compared.index('data-test="pair"') :]
    assert "each run against the baseline" in tested
    assert "Recall, baseline" in pair
    assert "first" not in tested + pair[: pair.index("</section>")]
    run = client.get(f"/runs/{first.id}").text
    evaluation = run[run.index('data-test="evaluation-test"') :]
    assert "cross-entropy" in evaluation[: evaluation.index("</section>")]


def test_one_run_alone_is_tested_against_nobody(client: TestClient, services: ServiceBundle, dataset: Dataset) -> None:
    run = run_of(services, dataset, range(3))
    found = get(client, "/comparisons", runs=run.id)
    assert (found["significance"], found["repeats"]) == ({}, [])
    assert "Is the difference real?" not in client.get(f"/comparison?runs={run.id}").text


def test_a_report_keeps_the_tests_the_repeats_and_every_pair_class_by_class(
    client: TestClient, services: ServiceBundle, dataset: Dataset
) -> None:
    asked = [{"name": f"<b>{seed}</b>", "configuration": Configuration(epochs=2, seed=seed)} for seed in range(3)]
    first = run_of(services, dataset, range(20), **asked[0])
    near = run_of(services, dataset, range(1, 19), architecture_id=first.architecture_id, **asked[1])
    far = run_of(services, dataset, range(2), architecture_id=first.architecture_id, **asked[2])
    report = client.post("/api/v1/reports", json={"runs": [near.id, first.id, far.id], "baseline": first.id}).json()
    kept = client.get(f"/reports/{report['id']}/view").text
    body = kept[kept.index("<body>") : kept.index("<script>")]
    page = html.unescape(body)
    said = get(client, "/comparisons", runs=ids(first, near, far))["significance"]
    for run in (near, far):
        assert said[run.id]["words"] in page
        assert f"<b>{run.configuration.seed}</b> class by class" in page
    assert page.count('<table class="matrix">') == 2
    assert page.count("on the 60 test images that both answered; they disagree on") == 2
    assert "they disagree on 18</p>" in page
    assert "Repeats over seeds" in page
    assert "<b>" not in body
    assert "href" not in page.partition('<div class="charts">')[0]
    assert "<img" not in page
