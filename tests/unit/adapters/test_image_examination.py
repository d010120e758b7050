from collections.abc import Iterator
from pathlib import Path

import pytest

from app.adapters import image_examination
from app.adapters.blob_store import ObstoreBlobs
from app.adapters.image_pool import ImagePool
from app.core.datasets.facts import ImageFacts
from app.core.datasets.names import image_key
from tests.factories.image_records import digest
from tests.factories.images import png

KILLER = digest("killer")
# The real program, with one image that does to it what a bug in a decoder would.
_MORTAL = f"""
import os, sys
from app.adapters import image_examiner as program
real = program.Examiner._examined
def mortal(self, row, digest):
    return os._exit(139) if digest == {KILLER!r} else real(self, row, digest)
program.Examiner._examined = mortal
sys.exit(program.main(sys.argv[1:]))
"""


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[ImagePool]:
    blobs = ObstoreBlobs((tmp_path / "blobs").as_uri())
    for number in range(40):
        blobs.put_bytes(image_key(digest(str(number))), png(number, height=40, width=50))
    blobs.put_bytes(image_key(digest("broken")), b"no image")
    yield ImagePool((tmp_path / "blobs").as_uri(), largest_pixels=10_000, folder=tmp_path / "scratch", processes=2)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_each_image_has_its_facts_or_the_reason_why_not(pool: ImagePool) -> None:
    names = [digest(str(number)) for number in range(40)] + [digest("broken"), digest("missing")]
    told: list[tuple[int, int]] = []
    with pool.examination(names) as examination:
        facts = examination.facts(lambda done, of_all: told.append((done, of_all)))
    assert list(facts) == names
    first = facts[digest("0")]
    assert isinstance(first, ImageFacts)
    assert (first.height, first.width, first.mode, first.format, first.frames) == (40, 50, "RGB", "PNG", 1)
    assert len(first.thumbnail) == 256
    assert "formats" in str(facts[digest("broken")])
    assert "missing" in str(facts[digest("missing")])
    assert told[-1] == (42, 42)


def test_an_image_that_ends_its_process_is_broken_and_the_others_are_not(
    pool: ImagePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_examination, "_PROGRAM", ("-c", _MORTAL))
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    names = [digest(str(number)) for number in range(20)] + [KILLER]
    with pool.examination(names) as examination:
        facts = examination.facts(lambda _done, _of_all: None)
    assert "ended the process" in str(facts[KILLER])
    assert sum(isinstance(fact, ImageFacts) for fact in facts.values()) == 20


def test_nothing_to_look_at_is_no_trouble(pool: ImagePool) -> None:
    with pool.examination([]) as examination:
        assert examination.facts(lambda _done, _of_all: None) == {}
        assert examination.copies([], lambda _done, _of_all: None) == []
