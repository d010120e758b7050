"""The trainer's own files are opened again and compared on real images before anybody can have them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from app.core.datasets.dataset import Split
from app.core.runs.run import Check
from app.networks import build, functional_twin
from tests.factories.fitting import network_of
from tests.factories.tried import random_weights
from worker import metadata
from worker.trainer import exports
from worker.trainer.exports import Exporter
from worker.trainer.opened_again import Comparison, compared_images

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")

IMAGES = np.random.default_rng(5).random((10, 16, 16, 1), dtype=np.float32)


class World:
    """An exporter of a network in its own style, and what it has published."""

    def __init__(self, folder: Path, *, altered: Callable[[keras.Model], None] = lambda twin: None) -> None:
        self.architecture = network_of("subclassed")
        self.network = build(self.architecture)
        self.published: dict[str, Check | None] = {}
        self.bytes: dict[str, bytes] = {}
        self._altered = altered
        self._exporter = Exporter(
            self.network,
            twin_of=self._twin,
            publish=self._publish,
            scratch=folder,
            facts={},
            comparison=Comparison(IMAGES, batch_size=4, tolerance=1e-4),
        )

    def export(self) -> None:
        best, last = random_weights(self.network, seed=1), random_weights(self.network, seed=2)
        self._exporter.networks(best=best, best_epoch=1, last=last, last_epoch=2)

    def _twin(self, network: keras.Model) -> keras.Model:
        twin = functional_twin(network, self.architecture)
        self._altered(twin)
        return twin

    def _publish(self, name: str, path: Path, *, epoch: int | None, check: Check | None = None) -> None:
        self.published[name] = check
        self.bytes[name] = path.read_bytes()


def test_every_file_with_weights_has_its_check_and_the_plan_has_none(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.export()
    assert list(world.published) == ["last.weights.h5", "best.weights.h5", "best.keras", "architecture.json"]
    assert world.published.pop("architecture.json") is None
    for check in world.published.values():
        assert check is not None
        assert (check.images, check.tolerance, check.by) == (10, 1e-4, "trainer")
        assert check.largest_difference <= 1e-6
    assert list(tmp_path.iterdir()) == []


def test_what_is_published_answers_as_the_network_does(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.export()
    path = tmp_path / "best.keras"
    path.write_bytes(world.bytes["best.keras"])
    expected = world.network.predict_on_batch(IMAGES)  # which is left at its best
    np.testing.assert_allclose(keras.saving.load_model(path).predict_on_batch(IMAGES), expected, atol=1e-6)


@pytest.mark.parametrize("damaged", ["last.weights.h5", "best.weights.h5"])
def test_a_file_with_other_weights_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: str
) -> None:
    def damage(path: Path, facts: Any) -> None:
        metadata.tell(path, facts)
        if path.name == damaged:
            with h5py.File(path, "a") as file:
                arrays: list[h5py.Dataset] = []
                file["layers"].visititems(
                    lambda _, found: arrays.append(found) if isinstance(found, h5py.Dataset) else None
                )
                arrays[0][...] = np.nextafter(arrays[0][...], np.float32(9))

    monkeypatch.setattr(exports, "tell", damage)
    world = World(tmp_path)
    with pytest.raises(OSError, match=f"{damaged} was written but does not hold the trained weights"):
        world.export()
    assert damaged not in world.published


def test_a_file_that_answers_otherwise_is_not_published(tmp_path: Path) -> None:
    """Its weights are right for the twin that wrote them: only the answers tell that the twin is another network."""

    def altered(twin: keras.Model) -> None:
        twin.set_weights([array + 0.05 for array in twin.get_weights()])

    world = World(tmp_path, altered=altered)
    with pytest.raises(OSError, match=r"differ from the trained network's by up to .* on 10 images"):
        world.export()
    assert world.published == {}


def test_answers_that_are_no_numbers_are_to_be_none_in_both() -> None:
    network = keras.Sequential([keras.Input((16, 16, 1)), keras.layers.Flatten(), keras.layers.Dense(3)])
    network.set_weights([np.full_like(array, np.nan) for array in network.get_weights()])
    comparison = Comparison(IMAGES, batch_size=3, tolerance=1e-4)
    answers, weights = comparison.probabilities(network), network.get_weights()
    assert comparison.check(network, weights=weights, expected=answers, path=Path("a")).largest_difference == 0
    with pytest.raises(OSError, match="up to nan"):
        comparison.check(network, weights=weights, expected=np.zeros_like(answers), path=Path("a"))


@pytest.mark.parametrize("there", [(Split.TEST, Split.VALIDATION), (Split.VALIDATION,), ()])
def test_images_are_those_that_the_network_has_seen_least(there: tuple[Split, ...]) -> None:
    pixels = np.zeros((300, 1, 1, 1), np.uint8)
    pixels[:, 0, 0, 0] = np.repeat([10, 20, 30], 100)
    rows = {split: np.arange(100) + 100 * place for place, split in enumerate(Split)}
    kept = {split: found if split is Split.TRAIN or split in there else found[:0] for split, found in rows.items()}
    images = compared_images(pixels, kept)
    expected = pixels[rows[there[0] if there else Split.TRAIN][0], 0, 0, 0]
    assert images.shape == (64, 1, 1, 1)
    assert np.unique(images) == np.float32(expected) / np.float32(255)
