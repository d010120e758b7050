from hypothesis import given
from hypothesis import strategies as some

from app.core.runs.checkpoints import FILES, CheckpointName, outdated, parsed, prefix_of, whole

names = some.builds(CheckpointName, some.integers(1, 4), some.integers(0, 9), some.integers(0, 9)) | some.builds(
    CheckpointName, some.just(0), some.integers(0, 9)
)


@given(names)
def test_a_name_is_read_as_it_was_written(name: CheckpointName) -> None:
    assert parsed(str(name)) == name


def test_what_is_no_name_is_none() -> None:
    for text in ("", "9.tmp", "attempt-1-step-9.tmp", "attempt-0-step-9", "attempt-1", "²", "scripted.json"):
        assert parsed(text) is None


def test_a_later_attempt_is_newer_whatever_an_earlier_one_came_to() -> None:
    ordered = ["30", "attempt-1-step-60-epoch-6", "attempt-2-step-50-epoch-5", "attempt-2-step-55"]
    assert [str(name) for name in sorted(filter(None, map(parsed, ordered)))] == ordered


@given(some.sets(names), names, some.integers(1, 4))
def test_what_goes_is_older_and_what_stays_is_enough_to_go_on(
    there: set[CheckpointName], new: CheckpointName, kept: int
) -> None:
    there.add(new)
    gone = set(outdated(there, by=new, kept=kept))
    stays = there - gone
    assert all(name < new for name in gone)
    older = [name for name in stays if name < new]
    assert len(older) < kept
    assert not any(name.attempt < new.attempt and name.step >= new.step for name in older)
    # Nothing goes while there is room for it, unless a later attempt has passed its step.
    passed = {name for name in gone if name.attempt < new.attempt and name.step >= new.step}
    assert gone == passed or len(stays) >= kept


def test_what_lacks_a_file_is_not_whole() -> None:
    def keys(name: str, files: tuple[str, ...]) -> list[str]:
        return [f"{prefix_of('r')}{name}/{file}" for file in files]

    found = whole([*keys("7", FILES), *keys("attempt-1-step-9", FILES[:2]), *keys("attempt-1-step-8-epoch-1", FILES)])
    assert found == [CheckpointName(1, 8, 1), CheckpointName(0, 7)]
