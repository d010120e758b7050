"""The predictor without its process: it answers in the test's own, with messages as they travel."""

from dataclasses import replace

from app.adapters.images import PillowImages
from app.adapters.prediction_pictures import PillowPictures
from app.adapters.predictor import answer_of, read, told, written
from app.core.runs.predictions import Answer, AskAboutImage, AskAboutImages, AskToBeReady
from app.services.bundle import ServiceBundle
from app.services.predictions import PredictionService
from worker.predictor.answering import Answering


class LocalPredictor:
    """Implements predictions.Predictor; counts what it is asked."""

    def __init__(self, services: ServiceBundle) -> None:
        self._answering = Answering(services)
        self.asked: list[AskAboutImage | AskAboutImages | AskToBeReady] = []

    def ask(self, question: AskAboutImage | AskAboutImages | AskToBeReady, pixels: bytes = b"") -> Answer:
        self.asked.append(question)
        return answer_of(told(self._answering.answer(*read(written(question, pixels)))))


def with_local_predictor(services: ServiceBundle) -> ServiceBundle:
    """The same services, whose predictions wait for no other process."""
    predictions = PredictionService(
        database=services.database,
        blobs=services.blobs,
        predictor=LocalPredictor(services),
        decode=PillowImages(services.settings.largest_image_pixels).decode,
        pictures=PillowPictures(),
    )
    return replace(services, predictions=predictions)
