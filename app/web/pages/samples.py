"""The button that has sample dice rendered."""

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from app.core.datasets.sample_dice.request import SampleRequest
from app.core.errors import InvalidError
from app.web.dependencies import Services
from app.web.pages.forms import Form
from app.web.problems import field_errors

router = APIRouter(prefix="/datasets/samples", include_in_schema=False)


@router.post("")
def load(form: Form, services: Services) -> Response:
    """Have them rendered, or show those that were asked for before."""
    sent = {name: form[name] for name in SampleRequest.model_fields if form.get(name)}
    try:
        samples = SampleRequest.model_validate(sent)
    except ValidationError as error:
        raise InvalidError("Such sample dice cannot be rendered.", errors=field_errors(error)) from None
    # However often it is pressed, the same set is there once.
    dataset = services.samples.request(samples, idempotency_key=f"button {samples.model_dump_json()}")
    return RedirectResponse(f"/datasets/{dataset.id}", status_code=303)
