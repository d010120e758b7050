"""What the predictor answers is what Keras answers for the files that the run left."""

import io
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.adapters.images import PillowImages
from app.core.datasets.names import image_key
from app.core.errors import InvalidError
from app.core.runs.configuration import Configuration
from app.core.runs.predictions import Answer, AskAboutImage, AskAboutImages, Look, TrainedNetwork
from app.services.bundle import ServiceBundle
from tests.factories.tried import PREPARATION, tried_run
from worker.predictor.answering import Answering
from worker.predictor.networks import WarmNetworks
from worker.trainer.data import Batches

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")


def network(services: ServiceBundle, run_id: str, weights: str = "best") -> TrainedNetwork:
    return services.predictions.tried(run_id, weights=weights).network  # type: ignore[arg-type]


def fed(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """As the trainer's own batches feed them."""
    count = len(images)
    batches = Batches(images, rows=np.arange(count), labels=np.zeros(count, int), classes=3, batch_size=count)
    return batches[0][0]


def opened(services: ServiceBundle, run_id: str, folder: Path, weights: str | None = None) -> keras.Model:
    """The run's `best.keras` as anybody opens it, with other weights of the run where asked for."""
    names = ["best.keras"] + ([] if weights is None else [weights])
    for name in names:
        (folder / name).write_bytes(b"".join(services.artifacts.stream(services.artifacts.get(run_id, name))))
    made = keras.models.load_model(folder / "best.keras", compile=False)
    if weights is not None:
        made.load_weights(folder / weights)
    return made


@pytest.mark.parametrize("style", ["sequential", "functional", "subclassed"])
@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
def test_probabilities_are_those_of_the_whole_network_that_the_run_left(
    services: ServiceBundle, tmp_path: Path, image: NDArray[np.uint8], style: str, precision: str
) -> None:
    run = tried_run(services, tmp_path, style=style, configuration=Configuration(epochs=2, precision=precision))
    expected = opened(services, run.id, tmp_path).predict(fed(image), verbose=0)
    question = AskAboutImage(network=network(services, run.id), preparation=PREPARATION)
    answer = Answering(services).answer(question, image.tobytes())
    assert isinstance(answer, Answer)
    np.testing.assert_allclose(answer.probabilities, expected, rtol=0, atol=1e-6)


def test_the_last_weights_are_others_and_answer_as_keras_does(
    services: ServiceBundle, tmp_path: Path, image: NDArray[np.uint8]
) -> None:
    run = tried_run(services, tmp_path)
    answering = Answering(services)
    found = {}
    for weights in ("best", "last"):
        question = AskAboutImage(network=network(services, run.id, weights), preparation=PREPARATION)
        answer = answering.answer(question, image.tobytes())
        assert isinstance(answer, Answer)
        found[weights] = answer.probabilities
    expected = opened(services, run.id, tmp_path, "last.weights.h5").predict(fed(image), verbose=0)
    np.testing.assert_allclose(found["last"], expected, rtol=0, atol=1e-6)
    assert not np.allclose(found["best"], found["last"], atol=1e-3)


def test_images_of_a_dataset_are_prepared_as_those_of_the_training(services: ServiceBundle, tmp_path: Path) -> None:
    run = tried_run(services, tmp_path)
    random = np.random.default_rng(0)
    files = []
    for number in range(3):
        target = io.BytesIO()
        Image.fromarray(random.integers(0, 256, (40, 30, 3), dtype=np.uint8)).save(target, "PNG")
        files.append(target.getvalue())
        services.blobs.put_bytes(image_key(str(number) * 64), target.getvalue())
    services.blobs.put_bytes(image_key("9" * 64), b"no image at all")
    digests = ("0" * 64, "9" * 64, "1" * 64, "2" * 64, "8" * 64)
    question = AskAboutImages(network=network(services, run.id), preparation=PREPARATION, digests=digests)
    answer = Answering(services).answer(question, b"")
    assert isinstance(answer, Answer)
    decode = PillowImages(10**6).decode
    arrays = np.stack([decode(content, PREPARATION) for content in files])
    expected = opened(services, run.id, tmp_path).predict(fed(arrays), verbose=0)
    np.testing.assert_allclose([answer.probabilities[place] for place in (0, 2, 3)], expected, rtol=0, atol=1e-6)
    assert (answer.probabilities[1], answer.probabilities[4]) == (None, None)
    assert "none of the formats" in answer.broken[1]
    assert set(answer.broken) == {1, 4}


def test_what_cannot_be_answered_is_said_and_the_next_question_is_answered(
    services: ServiceBundle, tmp_path: Path, image: NDArray[np.uint8]
) -> None:
    run = tried_run(services, tmp_path)
    answering = Answering(services)
    good = AskAboutImage(network=network(services, run.id), preparation=PREPARATION)
    odd = [
        (good, b"too few", "Expected the 256 bytes"),
        (good.model_copy(update={"look": Look(call="nothing")}), image.tobytes(), "no call 'nothing'.*conv, norm"),
        (
            good.model_copy(
                update={
                    "network": good.network.model_copy(update={"sha256": "0" * 64}),
                }
            ),
            image.tobytes(),
            "damaged",
        ),
    ]
    for question, pixels, said in odd:
        answer = answering.answer(question, pixels)
        assert isinstance(answer, InvalidError)
        with pytest.raises(InvalidError, match=said):
            raise answer
    assert isinstance(answering.answer(good, image.tobytes()), Answer)


def test_few_networks_stay_and_those_used_last_are_not_loaded_again(services: ServiceBundle, tmp_path: Path) -> None:
    runs = [tried_run(services, tmp_path) for _ in range(2)]
    one, two, three = [*(network(services, run.id) for run in runs), network(services, runs[0].id, "last")]
    warm = WarmNetworks(services, most_bytes=2 * one.bytes + 1)
    first, second = warm.get(one, PREPARATION), warm.get(two, PREPARATION)
    assert warm.get(one, PREPARATION) is first
    warm.get(three, PREPARATION)
    assert warm.get(one, PREPARATION) is first, "the one used last has gone"
    assert warm.get(two, PREPARATION) is not second, "more stays than there is room for"


def test_without_room_only_the_network_in_use_stays(services: ServiceBundle, tmp_path: Path) -> None:
    run = tried_run(services, tmp_path)
    one, other = network(services, run.id), network(services, run.id, "last")
    warm = WarmNetworks(services, most_bytes=0)
    first = warm.get(one, PREPARATION)
    assert warm.get(one, PREPARATION) is first, "the one in use stays however little room there is"
    warm.get(other, PREPARATION)
    assert warm.get(one, PREPARATION) is not first
