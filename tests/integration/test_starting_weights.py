"""A run that starts from another's weights: real Keras files, every style, and exact continuation on top."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.database.migrate import upgrade
from app.core.architectures.architecture import Architecture, Layer
from app.core.errors import InvalidError
from app.core.runs.start_from import StartFrom
from app.networks import functional_twin
from tests.factories.fitting import BASE, LAYERS, after, fit, network_of
from worker.trainer.callbacks import StoppedError
from worker.trainer.compiling import compiled
from worker.trainer.starting import take_weights

# TensorFlow's tensors do not know NumPy 2's `copy` yet; every conversion of one warns.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")

STYLES = ("sequential", "functional", "subclassed")
WIDER = (*LAYERS[:-1], Layer(name="hidden", kind="Dense", config={"units": 5}), LAYERS[-1])


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqlDatabase]:
    url = f"sqlite:///{tmp_path / 'test.sqlite3'}"
    upgrade(url)
    opened = SqlDatabase(url, clock=utc_now, new_id=new_id)
    yield opened
    opened.close()


def weights_file(architecture: Architecture, folder: Path) -> Path:
    """As a run leaves it: through the functional twin, with weights of another seed."""
    network = compiled(architecture, BASE, classes=3)
    network.set_weights([array + 0.25 for array in network.get_weights()])
    path = folder / "best.weights.h5"
    functional_twin(network, architecture).save_weights(path)
    np.savez(folder / "truth.npz", *network.get_weights())
    return path


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("of", STYLES)
def test_weights_are_taken_whole_from_a_run_of_any_style(style: str, of: str, tmp_path: Path) -> None:
    source = network_of(of)
    path = weights_file(source, tmp_path)
    network = compiled(network_of(style), BASE, classes=3)
    taken = take_weights(network, network_of(style), start=StartFrom(run="r"), source=source, path=path)
    truth = np.load(tmp_path / "truth.npz")
    assert taken.layers == ("conv", "norm", "dense")
    assert all(np.array_equal(a, truth[name]) for a, name in zip(network.get_weights(), truth.files, strict=True))


@pytest.mark.parametrize("style", STYLES)
def test_layers_that_fit_are_taken_and_the_others_are_told(style: str, tmp_path: Path) -> None:
    source = network_of("functional")
    path = weights_file(source, tmp_path)
    architecture = network_of(style, WIDER)
    network = compiled(architecture, BASE, classes=3)
    before = {layer.name: layer.get_weights() for layer in network.layers}
    start = StartFrom(run="r", match="fitting", freeze=("conv",))
    taken = take_weights(network, architecture, start=start, source=source, path=path)
    assert taken.layers == ("conv", "norm")
    assert taken.left == {
        "hidden": "there is no such layer with weights there",
        "dense": "its weights are 5×3 and 3 and there 4×3 and 3",
    }
    truth = np.load(tmp_path / "truth.npz")
    conv = next(layer for layer in network.layers if layer.name == "conv")
    dense = next(layer for layer in network.layers if layer.name == "dense")
    assert np.array_equal(conv.get_weights()[0], truth["arr_0"])
    assert np.array_equal(dense.get_weights()[0], before["dense"][0])
    assert "frozen (1): conv" in taken.text(start)


def test_nothing_that_fits_is_refused_with_both_lists(tmp_path: Path) -> None:
    source = network_of("functional")
    path = weights_file(source, tmp_path)
    other = network_of(
        "functional", (Layer(name="flat", kind="Flatten"), LAYERS[-1].model_copy(update={"name": "other"}))
    )
    network = compiled(other, BASE, classes=3)
    with pytest.raises(InvalidError, match=r"Here: other\. There: conv, norm, dense"):
        take_weights(network, other, start=StartFrom(run="r", match="fitting"), source=source, path=path)


def test_frozen_layers_keep_their_weights_and_the_rest_learns(database: SqlDatabase, tmp_path: Path) -> None:
    architecture = network_of("subclassed")
    source = (architecture, weights_file(architecture, tmp_path))
    start = StartFrom(run="r", freeze=("conv", "norm"))
    outcome = fit(architecture, tmp_path / "run", database, start=start, source=source)
    truth = np.load(tmp_path / "truth.npz")
    found = outcome.network.get_weights()
    kept = [np.array_equal(array, truth[name]) for array, name in zip(found, truth.files, strict=True)]
    assert kept == [True] * 6 + [False] * 2


def test_freezing_all_is_refused() -> None:
    with pytest.raises(InvalidError, match="All layers that could learn are frozen: conv, norm, dense"):
        compiled(network_of("functional"), BASE, classes=3, start=StartFrom(run="r", freeze=("conv", "norm", "dense")))


@pytest.mark.parametrize("style", STYLES)
def test_a_checkpoint_wins_and_continuation_stays_exact(database: SqlDatabase, tmp_path: Path, style: str) -> None:
    source = (network_of("functional"), weights_file(network_of("functional"), tmp_path))
    start = StartFrom(run="r", match="fitting", freeze=("norm",))
    whole = fit(network_of(style, WIDER), tmp_path / "whole", database, start=start, source=source)
    with pytest.raises(StoppedError):
        fit(network_of(style, WIDER), tmp_path / "parts", database, start=start, source=source, asked_to_stop=after(4))
    # The file may be gone by now: whoever has a checkpoint does not look at it.
    gone = (source[0], tmp_path / "gone.weights.h5")
    continued = fit(network_of(style, WIDER), tmp_path / "parts", database, start=start, source=gone)
    assert (continued.digest, continued.course.history) == (whole.digest, whole.course.history)
    assert fit(network_of(style, WIDER), tmp_path / "seed", database).digest != whole.digest
