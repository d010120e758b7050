"""`diceboard train` against a running Diceboard, whose trainings follow a script."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli import cli
from app.composition import compose
from app.core.runs.run import Run
from app.services.bundle import ServiceBundle
from app.settings import Settings
from tests.factories.rows import queued_run
from tests.fixtures.running import RunningApp, running


@pytest.fixture(scope="module")
def running_app() -> Iterator[RunningApp]:
    """The application; its trainings follow a script."""
    with running(module="tests.fakes.scripted_up", DICEBOARD_LEASE_SECONDS="15") as app:
        yield app


@pytest.fixture(scope="module")
def services(running_app: RunningApp) -> Iterator[ServiceBundle]:
    """The same database, from here; it has a dataset `dice` of two classes and an architecture `tiny`."""
    bundle = compose(Settings(data=running_app.data))
    first = queued_run(bundle.database, name="exit 0")
    bundle.runs.cancel(first.id)
    with bundle.database.transaction() as transaction:
        transaction.architectures.rename(first.architecture_id, "tiny")
    yield bundle
    bundle.database.close()  # type: ignore[attr-defined]


def command(app: RunningApp, *arguments: str) -> Result:
    return CliRunner(env={"DICEBOARD_DATA": str(app.data), "COLUMNS": "200"}).invoke(cli, ["train", *arguments])


def asked_for(services: ServiceBundle, answer: Result) -> Run:
    """The run whose link was printed."""
    found = re.search(r"http://127\.0\.0\.1:\d+/runs/(\w+)", answer.output)
    assert found is not None, answer.output
    return services.runs.get(found.group(1))


def test_a_run_is_followed_to_its_end(running_app: RunningApp, services: ServiceBundle) -> None:
    settings = ("--set", "epochs=3", "--set", "optimizer.learning_rate=0.5", "--group", "mine", "--tag", "a")
    answer = command(running_app, "tiny", "dice", *settings, "--name", "steps 1")
    run = asked_for(services, answer)
    assert (answer.exit_code, run.state) == (0, "finished"), answer.output
    assert "finished after" in answer.output
    assert (run.configuration.epochs, run.configuration.optimizer.learning_rate) == (3, 0.5)
    assert (run.group, run.tags, run.name) == ("mine", ("a",), "steps 1")


def test_a_run_that_fails_ends_the_command_with_1_and_its_reason(
    running_app: RunningApp, services: ServiceBundle
) -> None:
    answer = command(running_app, "tiny", "dice", "--name", "device")
    assert (answer.exit_code, asked_for(services, answer).state) == (1, "failed")
    assert "ran out of memory with batches of 8 images" in " ".join(answer.output.split())


def test_a_preset_is_made_to_fit_the_dataset_and_nobody_waits(running_app: RunningApp, services: ServiceBundle) -> None:
    answer = command(running_app, "compact-functional", "dice", "--detach", "--name", "steps 1")
    assert answer.exit_code == 0, answer.output
    run = asked_for(services, answer)
    options = services.architectures.get(run.architecture_id).architecture
    assert options.name == "compact-functional"
    assert options.layer(options.calls[-1].layer).config["units"] == 2


def test_a_file_of_keras_code_is_read_by_the_application(
    running_app: RunningApp, services: ServiceBundle, tmp_path: Path
) -> None:
    code = tmp_path / "mine.py"
    code.write_text(
        "import keras\nmine = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), "
        'keras.layers.Dense(2, activation="softmax")])\n'
    )
    answer = command(running_app, str(code), "dice", "--detach", "--name", "steps 1")
    assert answer.exit_code == 0, answer.output
    assert services.architectures.get(asked_for(services, answer).architecture_id).architecture.name == "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tiny", "no such"), "There is no dataset 'no such'. Bring one with `diceboard import`"),
        (("no such", "dice"), "There is no architecture 'no such'. Give a file of Keras code"),
        (("tiny", "dice", "--set", "epocs=3"), "Did you mean epochs?"),
        (("tiny", "dice", "--start-from", "nothing"), "There is no run 'nothing' to start from"),
        (("tiny", "dice", "--name", "x" * 201), "name: "),
    ],
)
def test_what_cannot_be_is_said_and_queues_nothing(
    running_app: RunningApp, services: ServiceBundle, arguments: tuple[str, ...], message: str
) -> None:
    before = len(services.runs.page()[0])
    answer = command(running_app, *arguments)
    assert answer.exit_code == 1
    assert message in " ".join(answer.output.split())
    assert len(services.runs.page()[0]) == before


def test_a_notebook_that_is_none_is_said(running_app: RunningApp, services: ServiceBundle, tmp_path: Path) -> None:
    notebook, text = tmp_path / "a.ipynb", tmp_path / "a.txt"
    notebook.write_text("no notebook")
    text.write_text(json.dumps({}))
    assert "cannot be read" in command(running_app, str(notebook), "dice").output
    assert "is not read here" in command(running_app, str(text), "dice").output


def test_names_that_several_have_are_told_apart_by_ids(running_app: RunningApp, services: ServiceBundle) -> None:
    second = queued_run(services.database, name="exit 0")
    services.runs.cancel(second.id)
    answer = command(running_app, "tiny", "dice", "--detach")
    assert answer.exit_code == 1
    assert "2 datasets are called 'dice'. Give the id of one" in " ".join(answer.output.split())
    answer = command(running_app, "tiny", second.dataset_id, "--detach", "--name", "steps 1")
    assert answer.exit_code == 0, answer.output
    assert asked_for(services, answer).dataset_id == second.dataset_id
