"""A network whose step was traced before its run came ends with the bits of one that was built for the run."""

from pathlib import Path
from typing import Any

import keras
import pytest

from app.core.architectures.architecture import Architecture, Layer
from app.core.runs.configuration import Configuration
from tests.factories import over_rest
from tests.factories.fitting import BASE, LAYERS, material, network_of
from tests.fixtures.running import RunningApp, running
from worker.trainer.checkpoints import all_variables, values_of
from worker.trainer.compiling import be_repeatable, compiled
from worker.trainer.rehearsal import MOST_PARAMETERS, Rehearsable, Rehearsed
from worker.trainer.rehearsal import network_of as made
from worker.trainer.waiting import NOTE

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")

LEFT_OPEN: dict[str, Any] = {
    "seed": 77,
    "epochs": 2,
    "optimizer": {"name": "adam", "learning_rate": 0.02},
    "schedule": {"kind": "cosine"},
    "augmentation": {"flip": "horizontal"},
    "monitor": "val_loss",
}


def part(architecture: Architecture, **changes: Any) -> Rehearsable:
    configuration = Configuration.model_validate(BASE.json_object() | changes)
    return Rehearsable(architecture=architecture, configuration=configuration, classes=3)


def trained(network: keras.Model, configuration: Configuration) -> list[bytes]:
    used = material(configuration)
    history = network.fit(used.train, validation_data=used.validation, epochs=2, shuffle=False, verbose=0).history
    return [repr(history).encode(), *(value.tobytes() for value in values_of(all_variables(network)))]


@pytest.mark.parametrize("style", ["sequential", "functional", "subclassed"])
def test_a_rehearsed_network_trains_to_the_same_bits(style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = part(network_of(style), **LEFT_OPEN)
    be_repeatable(wanted.configuration)
    expected = trained(compiled(wanted.architecture, wanted.configuration, classes=3), wanted.configuration)
    rehearsed = Rehearsed(part(network_of(style)))
    network = rehearsed.for_run(wanted)
    assert network is not None
    monkeypatch.setattr(network, "train_step", _not_again)
    monkeypatch.setattr(network, "test_step", _not_again)
    assert trained(network, wanted.configuration) == expected


def test_what_was_rehearsed_does_not_show_in_another_network() -> None:
    wanted = part(network_of("functional", LAYERS[:1] + LAYERS[2:]), seed=8)
    be_repeatable(wanted.configuration)
    keras.utils.clear_session()
    plain = made(wanted, start=None, rehearsed=None)
    expected = [plain.name, *trained(plain, wanted.configuration)]
    other = made(wanted, start=None, rehearsed=Rehearsed(part(network_of("functional"))))
    assert [other.name, *trained(other, wanted.configuration)] == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"batch_size": 4},
        {"optimizer": {"name": "sgd"}},
        {"optimizer": {"name": "adam", "beta_1": 0.8}},
        {"loss": "kl_divergence"},
        {"label_smoothing": 0.1},
        {"clipping": {"kind": "norm", "threshold": 1}},
        {"regularization": {"l2": 0.1}},
        {"class_weights": "balanced"},
        {"precision": "mixed_bfloat16"},
        {"deterministic": False},
        {"steps_per_execution": 2},
        {"device": {"count": 2}},
    ],
    ids=str,
)
def test_whatever_a_trace_knows_of_is_traced_anew(changes: dict[str, Any]) -> None:
    architecture = network_of("functional")
    assert part(architecture, **changes).traced() != part(architecture).traced()


def test_a_setting_that_nobody_thought_of_is_part_of_the_trace() -> None:
    free = {"epochs", "seed", "schedule", "augmentation", "early_stopping", "monitor", "validation_split"}
    free |= {"time_limit_minutes", "retention", "resize_mode"}
    assert set(part(network_of("functional")).traced()) == {*Configuration.model_fields, "classes"} - free


def test_only_what_is_small_and_plain_is_noted_and_only_once(tmp_path: Path) -> None:
    plain = part(network_of("functional"))
    plain.note(tmp_path, parameters=MOST_PARAMETERS + 1)
    part(network_of("functional"), precision="mixed_float16").note(tmp_path, parameters=10)
    part(network_of("functional"), steps_per_execution=4).note(tmp_path, parameters=10)
    part(network_of("functional"), device={"count": 2}).note(tmp_path, parameters=10)
    strange = network_of("functional", (*LAYERS[:3], Layer(name="odd", kind="Lambda"), *LAYERS[3:]))
    part(strange).note(tmp_path, parameters=10)
    assert not (tmp_path / NOTE).exists()
    plain.note(tmp_path, parameters=10)
    assert Rehearsable.noted(tmp_path) == plain
    assert Rehearsable.noted(tmp_path) is None
    (tmp_path / NOTE).write_text("{")
    assert Rehearsable.noted(tmp_path) is None


def test_a_run_like_the_last_one_finds_its_step_traced_and_one_that_is_unlike_it_finds_a_clean_process() -> None:
    with running(DICEBOARD_WARM_TRAINERS="true") as app:
        made_ = over_rest.preset(app, "compact-functional")
        dataset = over_rest.dataset(app)
        over_rest.finished(app, over_rest.run(app, made_["id"], dataset["id"], epochs=1, seed=3))
        _ready(app)
        again = over_rest.run(app, made_["id"], dataset["id"], epochs=1, seed=4)
        over_rest.finished(app, again)
        assert "traced before the run came" in _log(app, again)
        _ready(app)
        free = over_rest.run(app, made_["id"], dataset["id"], epochs=1, seed=4, deterministic=False)
        assert over_rest.finished(app, free)["attempts"] == 1
        assert "traced before the run came" not in _log(app, free)


def _ready(app: RunningApp) -> None:
    pulses = app.data / "pulses"
    app.wait_for("/workers", lambda _: any(pulses.glob("waiting-*")))


def _log(app: RunningApp, run_id: str) -> str:
    with app.client() as client:
        return client.get(f"/runs/{run_id}/log").text


def _not_again(*_: Any, **__: Any) -> Any:
    raise AssertionError("the step is traced again")
