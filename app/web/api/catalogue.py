"""What Keras's layers and objects take, over REST."""

from fastapi import APIRouter, Response

from app.web.dependencies import Services

router = APIRouter(prefix="/catalogue", tags=["architectures"])


@router.get("")
def catalogue(services: Services) -> Response:
    """Every layer that can be built here with its arguments, defaults and meanings, as the installed Keras says."""
    found = services.architectures.catalogue()
    headers = {"Cache-Control": "private, max-age=3600"}
    return Response(found.model_dump_json(), media_type="application/json", headers=headers)
