from app.core.datasets import leaks
from app.core.datasets.checks import Seen, checked, with_groups
from app.core.datasets.dataset import Split
from app.core.datasets.findings import Listed
from app.core.datasets.near_copies import CopyGraph, Resemblance
from tests.factories.image_records import chain, many, record


def by_rule(found: list[Listed]) -> dict[str, Listed]:
    return {entry.finding.rule: entry for entry in found}


def test_the_later_split_is_the_one_that_leaks() -> None:
    images = [record("a.png"), record("b.png", content="a.png", split=Split.TEST), record("c.png", split=Split.TEST)]
    leak = by_rule(leaks.exact(images))["duplicates_across_splits"]
    assert leak.paths == ("b.png",)
    [pair] = leak.finding.evidence
    assert (pair["left"]["path"], pair["right"]["path"], pair["relation"]) == ("a.png", "b.png", leaks.SAME_BYTES)


def test_a_repeated_image_of_one_split_and_class_lists_all_but_the_first() -> None:
    images = [record(name, content="same") for name in ("a.png", "b.png", "c.png")]
    assert by_rule(leaks.exact(images))["exact_duplicates"].paths == ("b.png", "c.png")


def test_one_image_in_two_classes_lists_both() -> None:
    images = [record("1.png", content="x"), record("2.png", content="x", class_name="2")]
    assert by_rule(leaks.exact(images))["same_image_in_classes"].paths == ("1.png", "2.png")


def test_copies_across_splits_come_with_the_pair_and_what_was_done() -> None:
    images = [record("a.png"), record("b.png", split=Split.VALIDATION), record("c.png", split=Split.TEST)]
    graph = CopyGraph(chain(["a.png", "b.png", "c.png"], Resemblance(90, mirrored=True, scale=1)))
    found = by_rule(leaks.near(with_groups(images, graph), graph))["near_copies_across_splits"]
    assert found.paths == ("b.png", "c.png")
    assert [pair["left"]["path"] for pair in found.finding.evidence] == ["a.png", "b.png"]
    assert found.finding.evidence[0]["relation"] == "mirrored, turned by 90°"


def test_equal_bytes_alone_are_no_near_copies() -> None:
    images = [record("a.png", content="x"), record("b.png", content="x", split=Split.TEST)]
    assert leaks.near(with_groups(images, CopyGraph([])), CopyGraph([])) == []


def test_an_equal_image_in_another_split_is_an_exact_leak_and_no_near_one() -> None:
    images = [record("a.png"), record("same.png", content="a.png", split=Split.TEST), record("b.png", split=Split.TEST)]
    graph = CopyGraph(chain(["a.png", "b.png"]))
    assert by_rule(leaks.near(with_groups(images, graph), graph))["near_copies_across_splits"].paths == ("b.png",)


def test_copies_under_two_classes_are_told() -> None:
    images = [record("a.png"), record("b.png", class_name="2")]
    graph = CopyGraph(chain(["a.png", "b.png"]))
    found = by_rule(leaks.near(with_groups(images, graph), graph))
    assert set(found) == {"near_copies_in_classes"}
    assert found["near_copies_in_classes"].paths == ("a.png", "b.png")


def test_distinct_images_have_nothing_found_about_them() -> None:
    images = [image for name in "12" for split in Split for image in many(20, class_name=name, split=split)]
    assert checked(images, ["1", "2"], Seen({}, [])).found == ()


def test_the_gravest_come_first() -> None:
    images = [*many(20), *many(20, class_name="2", split=Split.VALIDATION), *many(3, class_name="2", frames=2)]
    severities = [entry.finding.severity for entry in checked(images, ["1", "2"], Seen({}, [])).found]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)
    assert len(severities) > 2
