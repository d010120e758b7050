"""Rendered dice over REST."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from app.core.datasets.sample_dice.request import SampleRequest
from app.core.values import Name
from app.web.dependencies import Services

router = APIRouter(prefix="/datasets/samples", tags=["datasets"])


class NamedSamples(SampleRequest):
    """What to render, and what to call it."""

    name: Name | None = None


@router.post("", status_code=202)
def create_samples(
    body: NamedSamples,
    services: Services,
    response: Response,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> dict[str, Any]:
    """Have a set of dice rendered: `rendering`, then `checking`, then `ready`; the same seed gives the same images."""
    samples = SampleRequest.model_validate(body.model_dump(exclude={"name"}))
    dataset = services.samples.request(samples, name=body.name, idempotency_key=idempotency_key)
    response.headers["Location"] = f"/api/v1/datasets/{dataset.id}"
    return dataset.representation()
