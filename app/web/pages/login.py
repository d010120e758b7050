"""Signing in: where who has no session is led. The form itself is taken by the guard in `security`."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from app.web import templating
from app.web.security import own_path

router = APIRouter(include_in_schema=False)

_FAILURES = {
    "link": "This link was used already or is too old. Ask for a new one as said above.",
    "token": "This is not the token. It lies in the data folder, in the file that is called token.",
}


@router.get("/login")
def login_page(request: Request, next: str = "/", failed: str = "") -> HTMLResponse:  # noqa: A002 - the address's word
    """A field for the token."""
    return templating.page(
        request, "pages/login.html", active=None, target=own_path(next), failure=_FAILURES.get(failed)
    )
