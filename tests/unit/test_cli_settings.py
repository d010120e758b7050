"""Settings on the command line: the same values, names and limits as those of the form and the API."""

from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.cli_settings import configured
from app.core.errors import InvalidError
from app.core.runs.configuration import Configuration
from app.core.runs.optimizers import Adam


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], {}),
        (["epochs=7", "deterministic=false"], {"epochs": 7, "deterministic": False}),
        (["optimizer.learning_rate=0.01"], {"optimizer": {"name": "adam", "learning_rate": 0.01}}),
        (
            ["optimizer.momentum=0.9", "optimizer.name=sgd", "schedule.warm_up_epochs=2"],
            {"optimizer": {"name": "sgd", "momentum": 0.9}, "schedule": {"kind": "constant", "warm_up_epochs": 2}},
        ),
        (["early_stopping={}", "clipping.threshold=2"], {"early_stopping": {}, "clipping": {"threshold": 2}}),
        (["class_weights.1.5=2", "class_weights.2=1"], {"class_weights": {"1.5": 2, "2": 1}}),
        (["class_weights=balanced", "time_limit_minutes=null"], {"class_weights": "balanced"}),
        (["retention.weights=none", " loss = huber "], {"retention": {"weights": "none"}, "loss": "huber"}),
    ],
)
def test_settings_mean_what_they_mean_in_the_api(given: list[str], expected: dict[str, Any]) -> None:
    assert configured(given) == Configuration.model_validate(expected)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["epocs=7"], r"--set epocs: there is no such setting\. Did you mean epochs\?"),
        (["epochs"], "expected NAME=VALUE"),
        (["epochs="], "expected NAME=VALUE"),
        (["epochs=many"], "--set epochs: .*integer.*received 'many'"),
        (["optimizer.learning_rate=-1"], r"--set optimizer\.learning_rate: .*greater than 0.*received -1"),
        (["optimizer.momentum=0.9"], r"--set optimizer\.momentum: "),
        (["optimizer.name=best"], r"--set optimizer\.name: .*received"),
        (["optimizer=3", "optimizer.name=sgd"], "optimizer is given a value of its own too"),
        (["label_smoothing=0.1", "loss=huber"], "smooths no labels"),
    ],
)
def test_what_is_wrong_names_the_option(given: list[str], message: str) -> None:
    with pytest.raises(InvalidError, match=message):
        configured(given)


def test_every_setting_is_listed_and_nothing_has_to_be_started() -> None:
    answer = CliRunner(env={"COLUMNS": "300"}).invoke(cli, ["train", "--settings"])
    assert answer.exit_code == 0, answer.output
    first_words = [line.split()[1] for line in answer.output.splitlines() if line.startswith("│")]
    assert {name.partition(".")[0] for name in first_words} >= set(Configuration.model_fields)
    assert {f"optimizer.{name}" for name in Adam.model_fields} <= set(first_words)
