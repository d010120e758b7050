"""Forms out of values and values out of forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.core.errors import FieldError
from app.core.runs.configuration import Configuration
from app.web.pages.forms import conditions, fields_of, filled, nested, unnested
from app.web.problems import field_errors

FIELDS = fields_of(Configuration.model_json_schema())
DEFAULTS = {field.name: field.value for field in FIELDS}


def configured(**sent: str) -> Configuration:
    values = DEFAULTS | {name.replace("__", "."): value for name, value in sent.items()}
    return Configuration.model_validate(nested(values, FIELDS))


def test_an_untouched_form_asks_for_the_defaults() -> None:
    assert configured() == Configuration()


@pytest.mark.parametrize("name", next(field.choices for field in FIELDS if field.name == "optimizer.name"))
def test_an_untouched_optimizer_has_its_own_defaults(name: str) -> None:
    assert configured(optimizer__name=name) == Configuration.model_validate({"optimizer": name})


def test_what_is_written_beside_another_choice_does_not_count() -> None:
    found = configured(optimizer__name="sgd", optimizer__sgd__momentum="0.9", optimizer__adam__learning_rate="7")
    assert found == Configuration.model_validate({"optimizer": {"name": "sgd", "momentum": 0.9}})


def test_a_part_that_is_switched_on_is_there_and_off_is_not() -> None:
    on = configured(early_stopping="true", early_stopping__patience="4", augmentation="true")
    assert on == Configuration.model_validate({"early_stopping": {"patience": 4}, "augmentation": {}})
    assert configured(early_stopping="false", early_stopping__patience="4").early_stopping is None


def test_what_may_be_empty_is_left_out_where_it_is() -> None:
    assert configured(time_limit_minutes=" ", validation_split="0.2").validation_split == 0.2


def test_an_error_stands_at_the_field_of_what_was_chosen() -> None:
    values = DEFAULTS | {"optimizer.name": "sgd", "optimizer.sgd.momentum": "2"}
    errors = [FieldError("optimizer.sgd.momentum", "expected less than 1")]
    wrong = [field.name for field in filled(FIELDS, values, errors) if field.error]
    assert wrong == ["optimizer.sgd.momentum"]


def test_every_condition_names_a_field_and_needs_no_quotes() -> None:
    names = {field.name for field in FIELDS}
    found = conditions(FIELDS)
    assert len(found) == 14 + 5 + 4
    assert all(condition.name in names and not set(condition.rule) & set("\"'<>&") for condition in found)


def test_a_form_holds_every_setting() -> None:
    named = {field.path[0] for field in FIELDS}
    assert named == set(Configuration.model_fields)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"optimizer": {"name": "sgd", "momentum": 2}}, "optimizer.momentum"),
        ({"optimizer": {"name": "magic"}}, "optimizer.name"),
        ({"schedule": {"kind": "cosine", "final_share": 2}}, "schedule.final_share"),
        ({"early_stopping": {"patience": 0}}, "early_stopping.patience"),
        ({"class_weights": {"adam": -1}}, "class_weights.adam"),
    ],
)
def test_an_error_names_the_field_as_it_was_sent(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Configuration.model_validate(wrong)
    assert field in [error.field for error in field_errors(raised.value)]


NUMBERS = st.floats(1e-9, 1, allow_nan=False)
OPTIMIZERS = st.sampled_from(next(field.choices for field in FIELDS if field.name == "optimizer.name"))


@given(OPTIMIZERS, NUMBERS, st.booleans(), st.none() | NUMBERS, st.integers(0, 2**32 - 1), st.booleans())
def test_a_configuration_that_fills_a_form_comes_back_out_of_it(
    optimizer: str, rate: float, deterministic: bool, minutes: float | None, seed: int, clipped: bool
) -> None:
    configuration = Configuration.model_validate(
        {
            "optimizer": {"name": optimizer, "learning_rate": rate},
            "schedule": {"kind": "plateau", "patience": 3},
            "clipping": {"kind": "norm", "threshold": rate} if clipped else None,
            "deterministic": deterministic,
            "time_limit_minutes": minutes,
            "seed": seed,
        }
    )
    values = unnested(configuration.json_object(), FIELDS)
    assert Configuration.model_validate(nested(values, FIELDS)) == configuration
