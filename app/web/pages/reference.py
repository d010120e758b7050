"""The API reference, with Swagger UI out of an installed package: it works without a network."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from app.web import templating, vendor

router = APIRouter(include_in_schema=False)


@router.get("/reference")
def reference_page(request: Request) -> HTMLResponse:
    """Every call, to read and to try."""
    script, style = vendor.address("swagger-ui-bundle.js"), vendor.address("swagger-ui.css")
    return templating.page(request, "pages/reference.html", active="/reference", script=script, style=style)
