"""What is still being edited is looked at: valid or not, complete or not, nothing is kept and nothing raises."""

from typing import Any

import pytest

from app.core.architectures.presets import build_preset
from app.core.architectures.reading import Definition, NotUnderstood, Place, Reading
from app.services.drafts import Draft, DraftService
from tests.fakes.inspector import LocalInspector


def service(reading: Reading | None = None) -> DraftService:
    return DraftService(inspector=LocalInspector(), read_code=lambda _text: reading or Reading())


def draft_of(preset: str, **changes: Any) -> Draft:
    return service().of_data({**build_preset(preset, {}).json_object(), **changes})


def test_a_whole_network_is_answered_with_everything_the_editor_shows() -> None:
    draft = draft_of("notebook-functional")
    assert draft.table is not None
    assert draft.table.totals.parameters == 140_095_430
    assert draft.problems == ()
    assert len(draft.blocks) == len(draft.table.rows) == 30
    assert draft.blocks[-1] == "Head"
    assert all(draft.code[style] for style in ("sequential", "functional", "subclassed"))


def test_a_network_that_stops_is_no_problem_of_the_draft() -> None:
    draft = draft_of("notebook-sequential")
    assert draft.table is not None
    assert draft.table.failure is not None
    assert draft.table.failure.call == "conv2d_15"
    assert draft.problems == ()


def test_each_field_that_is_wrong_is_named() -> None:
    draft = draft_of("compact-functional", outputs=["nobody"], style="functional")
    assert draft.table is None
    assert [problem.message for problem in draft.problems] == [
        "Outputs refers to 'nobody', which is neither an input nor an earlier call."
    ]
    several = draft_of("compact-functional", name="", inputs=[])
    assert {problem.field for problem in several.problems} == {"name", "inputs"}


def test_what_a_sequential_cannot_say_has_no_sequential_code() -> None:
    plain = build_preset("compact-functional", {}).json_object()
    plain["layers"].append({"name": "add", "kind": "Add", "config": {}})
    before = plain["calls"][-1]["id"]
    plain["calls"].append({"id": "add", "layer": "add", "inputs": [before, before], "arguments": {}})
    draft = service().of_data({**plain, "outputs": ["add"]})
    assert draft.code["sequential"] is None
    assert draft.code["functional"]


@pytest.mark.parametrize("definition", [{}, {"name": []}, {"layers": "x" * 10_000}])
def test_nonsense_is_answered_with_problems(definition: dict[str, Any]) -> None:
    assert service().of_data(definition).problems


def test_the_last_network_of_a_code_is_edited_and_what_was_passed_over_has_its_line() -> None:
    networks = [build_preset(name, {}) for name in ("compact-sequential", "compact-functional")]
    passed = NotUnderstood(place=Place(line=7), text="foo(", why="a bracket is not closed")
    reading = Reading(tuple(Definition(architecture=network) for network in networks), not_understood=(passed,))
    draft = service(reading).of_code("...")
    assert draft.architecture == networks[1]
    assert [(problem.line, problem.message[:24]) for problem in draft.problems] == [
        (7, "A bracket is not closed."),
        (None, "The code defines 2 netwo"),
    ]


def test_code_without_a_network_says_so() -> None:
    draft = service().of_code("x = 1")
    assert draft.architecture is None
    assert [problem.message for problem in draft.problems] == ["The code defines no network."]


@pytest.mark.parametrize("code", ["x = Dense(\ny = 2", "for", "(" * 5_000, "x = 'a\n"])
def test_what_is_half_typed_keeps_the_last_good_state(code: str) -> None:
    network = Definition(architecture=build_preset("compact-sequential", {}))
    draft = service(Reading((network,))).of_code(code)
    assert draft.architecture is None
    assert draft.problems[0].message.startswith("This is n")
