import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.datasets.names import accepted_path, colliding, is_skipped
from app.core.errors import InvalidError


@pytest.mark.parametrize(
    "path",
    ["", "/abs", "../x", "a/../b", "a//b", "a/ /b", "C:x", "a\\b", "a\0b", "a\nb", "a\x1bb", "gpj.\u202eexe", "\udcff",
     "x" * 256, "/".join("a" * 33), "/".join(["p" * 250] * 9), "a/"],
)  # fmt: skip
def test_paths_that_are_no_plain_relative_names_are_refused_with_a_reason(path: str) -> None:
    with pytest.raises(InvalidError) as caught:
        accepted_path(path)
    assert caught.value.detail.endswith(".")


@pytest.mark.parametrize("path", ["1/a.png", "<img src=x>/a b.png", "__proto__/é.png", "CON/a..png", "👩‍🚀/x"])
def test_odd_but_harmless_names_are_taken_as_they_are(path: str) -> None:
    assert accepted_path(path) == path


def test_paths_become_one_unicode_form_without_a_leading_dot() -> None:
    assert accepted_path("./" + unicodedata.normalize("NFD", "café/é.png")) == "café/é.png"


@given(st.text())
def test_whatever_is_accepted_stays_inside_and_is_accepted_again(raw: str) -> None:
    try:
        path = accepted_path(raw)
    except InvalidError:
        return
    assert not path.startswith("/")
    assert ".." not in path.split("/")
    assert accepted_path(path) == path


def test_leftovers_of_operating_systems_are_skipped() -> None:
    assert all(map(is_skipped, ["a/.DS_Store", "Thumbs.db", "__MACOSX/a/b.png", ".git/x"]))
    assert not any(map(is_skipped, ["./a/b.png", "a/b..png", "../x", "....//x", "..\\..\\x"]))


def test_names_that_differ_by_case_only_collide() -> None:
    assert colliding(["Cat", "cat", "cat ", "dog", "Straße", "STRASSE"]) == [
        ("Cat", "cat", "cat "),
        ("STRASSE", "Straße"),
    ]
