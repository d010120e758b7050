"""Use cases of trained networks: what they make of an image, and of all images of a dataset's version."""

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.datasets.dataset import ImageRecord, Split
from app.core.datasets.preparation import Preparation
from app.core.errors import FieldError, InvalidError, NotFoundError
from app.core.ports import BlobStore, Database
from app.core.runs.predictions import (
    Answer,
    AskAboutImage,
    AskAboutImages,
    Asked,
    AskToBeReady,
    HeatMap,
    Look,
    Outcome,
    Pictures,
    Predictor,
    TrainedNetwork,
    Weights,
)
from app.core.runs.run import Artifact, Run
from app.core.values import JsonObject

IMAGES_AT_ONCE = 32
_RECORDS_KEPT = 128


@dataclass(frozen=True)
class TriedNetwork:
    """A run's network with what a prediction takes beside its weights: the classes in order, how images are prepared."""

    run: Run
    weights: Weights
    epoch: int | None
    classes: tuple[str, ...]
    preparation: Preparation
    preprocessing: JsonObject
    network: TrainedNetwork


@dataclass(frozen=True)
class DatasetPrediction:
    """All images of a version (or of one of its splits) that a network is to look at, and its answers as they come."""

    tried: TriedNetwork
    version_id: str
    images: Sequence[ImageRecord]
    outcomes: Iterator[Outcome]


class PredictionService:
    """Asks the predictor about images that are prepared as those of the training were."""

    def __init__(
        self,
        *,
        database: Database,
        blobs: BlobStore,
        predictor: Predictor,
        decode: Callable[[bytes, Preparation], NDArray[np.uint8]],
        pictures: Pictures,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._predictor = predictor
        self._decode = decode
        self._pictures = pictures
        self._records: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def tried(self, run_id: str, *, weights: Weights = "best") -> TriedNetwork:
        """What a run can be tried with; NotFoundError that says why where it has kept no such weights (yet)."""
        with self._database.transaction() as transaction:
            run = transaction.runs.get(run_id)
            artifacts = {artifact.name: artifact for artifact in transaction.runs.artifacts(run_id)}
        wanted = [f"{weights}.weights.h5", "architecture.json", "run.json"]
        missing = [name for name in wanted if name not in artifacts]
        if missing:
            raise NotFoundError(_why_not(run, missing, artifacts))
        found, plan, record = (artifacts[name] for name in wanted)
        told = self._record(record)
        return TriedNetwork(
            run=run,
            weights=weights,
            epoch=found.epoch,
            classes=tuple(told["classes"]),
            preparation=Preparation.model_validate(
                {name: told["preprocessing"][name] for name in Preparation.model_fields}
            ),
            preprocessing=told["preprocessing"],
            network=TrainedNetwork(
                run_id=run_id, sha256=found.sha256, bytes=found.bytes, weights=found.blob, plan=plan.blob
            ),
        )

    def predict(self, run_id: str, content: bytes, asked: Asked) -> JsonObject:
        """The classes of one image with their probabilities, the likeliest first, and what else is asked for.

        BrokenImageError where the bytes are no image.
        """
        began = time.perf_counter()
        tried = self.tried(run_id, weights=asked.weights)
        look = Look(
            heat_map=asked.heat_map,
            of_class=_number(tried.classes, asked.of_class),
            layers=asked.layers,
            call=asked.call,
        )
        pixels = self._decode(content, tried.preparation)
        question = AskAboutImage(network=tried.network, preparation=tried.preparation, look=look)
        answer = self._predictor.ask(question, pixels.tobytes())
        told = self._told(tried, answer, asked)
        if asked.seen:
            told["seen"] = self._pictures.seen(pixels)
        return told | {"took_ms": round(1000 * (time.perf_counter() - began), 2)}

    def predict_dataset(
        self, tried: TriedNetwork, dataset_id: str, *, version_number: int | None = None, split: Split | None = None
    ) -> DatasetPrediction:
        """The images of a dataset's newest version, or of the one with that number; asked about while one iterates.

        Nothing of it is kept: whoever stops iterating stops the work.
        """
        with self._database.transaction() as transaction:
            dataset = transaction.datasets.get(dataset_id)
            versions = transaction.datasets.versions(dataset_id)
            number = version_number if version_number is not None else max((one.number for one in versions), default=0)
            version = next((one for one in versions if one.number == number), None)
            if version is None:
                raise NotFoundError(
                    f"Dataset {dataset.name!r} has no version {version_number}; it has {len(versions)}."
                    if version_number is not None
                    else f"Dataset {dataset.name!r} has no version yet: it is {dataset.state.value}. Wait until it is ready."
                )
            images = [image for image in transaction.datasets.images(version.id) if split in {None, image.split}]
        return DatasetPrediction(tried, version.id, images, self._outcomes(tried, images))

    def get_ready(self, run_id: str, *, weights: Weights = "best") -> None:
        """Have the predictor load a network, because somebody is about to ask; waits until it has."""
        tried = self.tried(run_id, weights=weights)
        self._predictor.ask(AskToBeReady(network=tried.network, preparation=tried.preparation))

    def _told(self, tried: TriedNetwork, answer: Answer, asked: Asked) -> dict[str, Any]:
        [probabilities] = answer.probabilities
        ranked = _ranked(tried.classes, probabilities or ())
        told: dict[str, Any] = {
            "run": tried.run.id,
            "weights": tried.weights,
            "epoch": tried.epoch,
            "classes": [{"class": name, "probability": value} for name, value in ranked[: asked.top]],
            "predicted": ranked[0][0] if ranked and ranked[0][1] is not None else None,
            "preprocessing": tried.preprocessing,
        }
        if answer.heat_map is not None:
            told["heat_map"] = self._heat_map(tried, answer.heat_map)
        if asked.layers or asked.call is not None:
            told["layers"] = [layer.json_object() for layer in answer.layers]
        return told

    def _heat_map(self, tried: TriedNetwork, found: HeatMap) -> dict[str, Any]:
        told = found.json_object()
        number = told.pop("of_class")
        name = None if number is None else tried.classes[number]
        picture = self._pictures.heat_map(found.values, tried.preparation) if found.values else None
        return {"class": name, **told, "picture": picture}

    def _outcomes(self, tried: TriedNetwork, images: Sequence[ImageRecord]) -> Iterator[Outcome]:
        for start in range(0, len(images), IMAGES_AT_ONCE):
            some = images[start : start + IMAGES_AT_ONCE]
            question = AskAboutImages(
                network=tried.network, preparation=tried.preparation, digests=tuple(image.digest for image in some)
            )
            answer = self._predictor.ask(question)
            for place, (image, probabilities) in enumerate(zip(some, answer.probabilities, strict=True)):
                yield _outcome(image, tried.classes, probabilities, answer.broken.get(place))

    def _record(self, artifact: Artifact) -> dict[str, Any]:
        """run.json, which is asked for with every image."""
        with self._lock:
            known = self._records.get(artifact.sha256)
        if known is None:
            known = json.loads(self._blobs.get_bytes(artifact.blob))
            with self._lock:
                self._records[artifact.sha256] = known
                while len(self._records) > _RECORDS_KEPT:
                    self._records.popitem(last=False)
        return known


def _ranked(classes: Sequence[str], probabilities: Sequence[float | None]) -> list[tuple[str, float | None]]:
    """The likeliest first, equal ones in the order of the classes; what is no number last."""
    pairs = list(zip(classes, probabilities, strict=True))
    return sorted(pairs, key=lambda pair: -np.inf if pair[1] is None else pair[1], reverse=True)


def _outcome(
    image: ImageRecord, classes: Sequence[str], probabilities: Sequence[float | None] | None, problem: str | None
) -> Outcome:
    name, value = _ranked(classes, probabilities)[0] if probabilities else (None, None)
    return Outcome(
        digest=image.digest,
        path=image.path,
        split=image.split.value,
        class_name=image.class_name,
        predicted=None if value is None else name,
        probability=value,
        problem=problem,
    )


def _number(classes: Sequence[str], of_class: str | None) -> int | None:
    if of_class is None:
        return None
    if of_class not in classes:
        known = ", ".join(classes)
        raise InvalidError(
            f"The network knows no class {of_class!r:.100}. It knows {known:.1000}.",
            errors=[FieldError("class", "expected one of the run's classes")],
        )
    return list(classes).index(of_class)


def _why_not(run: Run, missing: Sequence[str], artifacts: dict[str, Artifact]) -> str:
    if not run.is_terminal:
        hint = f"It is {run.state.value}; its networks can be tried when it has ended."
    elif missing[0] in run.configuration.retention.left_out:
        kept = "none" if run.configuration.retention.weights == "none" else "only the best"
        hint = f"It was asked to keep {kept} of its weights."
    else:
        hint = f"It is {run.state.value} and did not get far enough to leave any."
    there = ", ".join(sorted(artifacts)) or "none"
    return f"Run {run.name!r} cannot be tried: it has no {' and no '.join(missing)}. {hint} Its files: {there}."
