"""Trained networks over REST: what one makes of an image, or of all images of a dataset."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, Response, StreamingResponse

from app.core.datasets.dataset import Split
from app.core.errors import DiceboardError, InvalidError, TooLargeError
from app.core.runs.predictions import Asked, Outcome, Weights
from app.core.values import JsonObject, Value
from app.services.predictions import DatasetPrediction
from app.web.bounded_body import bounded
from app.web.dependencies import Services
from app.web.problems import field_errors
from app.web.tables import csv_table

router = APIRouter(prefix="/runs", tags=["predictions"])

Form = Literal["json", "csv"]
MOST_JSON_BYTES = 16 * 2**10
PREDICTED_AT_ONCE = 16
"""Rows of a table that are sent together: a fifth of a second of work."""
_FORM_BYTES = 16 * 2**10
"""What a form has beside its image: boundaries, names, a few fields."""
_COLUMNS = ("path", "split", "class", "predicted", "probability", "correct", "digest", "problem")
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "image/*": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"image": {"type": "string", "format": "binary"}}}
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "dataset": {"type": "string"},
                        "version": {"type": "integer"},
                        "split": {"enum": [split.value for split in Split]},
                    },
                    "required": ["dataset"],
                }
            },
        },
    }
}


class PredictionQuery(Asked):
    """What is asked for in the address."""

    of_class: str | None = Field(default=None, alias="class", max_length=1_000)
    call: str | None = Field(default=None, max_length=200)
    format: Form = "json"


class OfDataset(Value):
    """A dataset whose images are to be classified: its newest version unless said, all splits unless said."""

    dataset: str = Field(min_length=1, max_length=200)
    version: int | None = Field(default=None, ge=1)
    split: Split | None = None


@router.post("/{run_id}/predictions", openapi_extra=_BODY, response_class=Response)
async def predict(
    run_id: str,
    request: Request,
    services: Services,
    asked: Annotated[PredictionQuery, Query()],
) -> Response:
    """What the run's network makes of an image: the body itself, or the field `image` of a form.

    `heat_map` adds a Grad-CAM of the predicted class, or of `class`; `layers` a few feature maps of every layer, `call`
    many of one; `seen` the image as it is fed to the network. With `{"dataset": ID}` as JSON, all images of a dataset
    are classified, and the answer comes as one JSON object a line, or as CSV with `format=csv`, while the work goes on.
    """
    if _kind(request) == "application/json":
        asked_for = bounded(request, most_bytes=MOST_JSON_BYTES, what="JSON that names a dataset")
        of_dataset = _of_dataset(await asked_for.body())
        return await run_in_threadpool(_about_dataset, services, run_id, asked, of_dataset)
    content = await _image(request, most_bytes=services.settings.largest_image_bytes)
    return JSONResponse(await run_in_threadpool(services.predictions.predict, run_id, content, asked))


@router.post("/{run_id}/predictions/warm-up", status_code=204)
def warm_up(run_id: str, services: Services, weights: Weights = "best") -> None:
    """Have the network loaded, so that the first prediction is as quick as the others; answers when it is."""
    services.predictions.get_ready(run_id, weights=weights)


def _about_dataset(services: Services, run_id: str, asked: PredictionQuery, of: OfDataset) -> Response:
    tried = services.predictions.tried(run_id, weights=asked.weights)
    found = services.predictions.predict_dataset(tried, of.dataset, version_number=of.version, split=of.split)
    # Asked for the first before anything is answered: whatever is wrong by then can still be told as a problem.
    first = [outcome for outcome in [next(found.outcomes, None)] if outcome is not None]
    outcomes = chain(first, found.outcomes)
    if asked.format == "json":
        return StreamingResponse(_lines(found, outcomes), media_type="application/x-ndjson")
    return csv_table(_rows(outcomes), name=f"predictions-{run_id}.csv", rows_at_once=PREDICTED_AT_ONCE)


def _lines(found: DatasetPrediction, outcomes: Iterable[Outcome]) -> Iterator[str]:
    """How many there are, each of them, and how many were right; where it breaks off, why."""
    yield _line({"images": len(found.images), "classes": list(found.tried.classes), "version": found.version_id})
    done = correct = 0
    try:
        for outcome in outcomes:
            done += 1
            correct += outcome.predicted == outcome.class_name
            yield _line(outcome.row())
    except DiceboardError as error:
        yield _line({"problem": error.detail})
        return
    yield _line({"done": done, "correct": correct, "accuracy": correct / done if done else None})


def _rows(outcomes: Iterable[Outcome]) -> Iterator[Sequence[Any]]:
    yield _COLUMNS
    try:
        for outcome in outcomes:
            told: dict[str, Any] = outcome.row() | {"correct": outcome.predicted == outcome.class_name}
            yield [told.get(name) for name in _COLUMNS]
    except DiceboardError as error:
        yield [*("" for _ in _COLUMNS[:-1]), f"Broken off: {error.detail}"]


def _line(content: JsonObject) -> str:
    return json.dumps(content, ensure_ascii=False) + "\n"


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _of_dataset(body: bytes) -> OfDataset:
    try:
        return OfDataset.model_validate_json(body)
    except ValidationError as error:
        raise InvalidError(
            'Expected an image, or JSON like {"dataset": ID, "version": NUMBER, "split": "test"}; the last two may be '
            "left out.",
            errors=field_errors(error),
        ) from None


async def _image(request: Request, *, most_bytes: int) -> bytes:
    if _kind(request) != "multipart/form-data":
        return await bounded(request, most_bytes=most_bytes, what="An image").body()
    whole = bounded(request, most_bytes=most_bytes + _FORM_BYTES, what="A form with an image")
    async with whole.form(max_files=1, max_fields=8) as form:
        sent = form.get("image")
        if isinstance(sent, UploadFile):
            if sent.size is not None and sent.size > most_bytes:
                raise TooLargeError(
                    f"An image may have {most_bytes:,} bytes; this one has {sent.size:,}. Send a smaller one."
                )
            return await sent.read()
    raise InvalidError("The form has no file in a field `image`. Send the image there, or as the whole body.")
