"""What a page says of a run's settings."""

from app.core.runs.comparison import flat_configuration, told_settings
from app.core.runs.configuration import Configuration


def test_what_is_as_usual_is_not_said() -> None:
    assert list(told_settings(Configuration())) == [
        "epochs", "batch_size", "loss", "monitor", "seed", "optimizer", "learning_rate"
    ]  # fmt: skip


def test_what_was_asked_for_otherwise_is_said_under_one_name() -> None:
    asked = Configuration.model_validate(
        {
            "optimizer": {"name": "sgd", "momentum": 0.9},
            "schedule": {"kind": "step", "factor": 0.1},
            "augmentation": {"rotation": 20},
            "class_weights": {"a": 2},
            "precision": "mixed_float16",
        }
    )
    told = told_settings(asked)
    assert {name: told[name] for name in told.keys() - told_settings(Configuration()).keys()} == {
        "momentum": 0.9,
        "schedule": "step",
        "schedule.factor": 0.1,
        "augmentation.rotation": 20.0,
        "class_weights.a": 2.0,
        "precision": "mixed_float16",
    }
    assert all(not isinstance(value, dict) for value in flat_configuration(asked).values())
