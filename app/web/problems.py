"""Errors as people and programs read them: `application/problem+json` (RFC 9457), or a page for a browser."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, TypeAlias

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from app.core.errors import DiceboardError, FieldError
from app.core.runs.configuration import VARIANTS
from app.core.values import Value
from app.web.headers import SECURITY_HEADERS

LONGEST_INPUT = 80
_TITLES = {
    400: "Not understood",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible with this method",
    413: "Too large",
    500: "Something went wrong here",
}
_DETAILS = {
    404: "There is nothing at this address. Check it for typing errors, or start from the overview at /.",
    405: "This address does not take this method. The API reference says which it takes.",
    413: "The request's body is larger than is taken here. Send it in smaller parts.",
    500: "The error is noted in the server's log. Trying again may help; what was saved before is intact.",
}


class Problem(Value):
    """What goes into a problem document; `errors` name fields by their dotted paths."""

    status: int
    title: str
    detail: str
    errors: tuple[dict[str, str], ...] = ()


RenderProblem: TypeAlias = Callable[[Request, Problem], str]
"""Makes the HTML page that shows a problem."""


def install_problems(app: FastAPI, *, render: RenderProblem | None = None) -> None:
    """Answer every error of the app with a problem; with a page where a browser asks for one and `render` can."""
    app.state.render_problem = render
    handlers: list[tuple[type[Exception], Callable[[Request, Any], Response]]] = [
        (DiceboardError, _on_diceboard_error),
        (RequestValidationError, _on_validation_error),
        (ValidationError, _on_validation_error),
        (HTTPException, _on_http_exception),
        (Exception, _on_unexpected),
    ]
    for kind, handler in handlers:
        app.add_exception_handler(kind, handler)


def problem_response(request: Request, problem: Problem, *, headers: dict[str, str] | None = None) -> Response:
    """The problem in the form that whoever asks can read."""
    app = request.scope.get("app")
    render: RenderProblem | None = getattr(app.state, "render_problem", None) if app is not None else None
    if render is not None and _wants_page(request):
        return HTMLResponse(render(request, problem), status_code=problem.status, headers=headers)
    content = {"type": "about:blank", **problem.json_object()}
    return JSONResponse(content, problem.status, headers=headers, media_type="application/problem+json")


def problem_of(status: int, detail: str | None = None, *, errors: Sequence[FieldError] = ()) -> Problem:
    """A problem with the usual title of its status."""
    title = _TITLES.get(status) or HTTPStatus(status).phrase
    fields = tuple({"field": error.field, "message": error.message} for error in errors)
    return Problem(status=status, title=title, detail=detail or _DETAILS.get(status, title), errors=fields)


def field_errors(error: RequestValidationError | ValidationError, *, within: Sequence[str] = ()) -> list[FieldError]:
    """What pydantic found, each with its dotted path (after `within`), what was expected and what was received."""
    return [
        FieldError(".".join([*within, *_place(item)]) or "body", _expected_and_received(item))
        for item in error.errors()
    ]


def _place(item: Any) -> list[str]:
    """The path of a field as it stands in what was sent: pydantic adds which kind of a setting it took it for."""
    parts = [str(part) for part in item["loc"]]
    kept = [
        part
        for part, before in zip(parts, ["", *parts], strict=False)
        if part not in VARIANTS.get(before, frozenset()) and "[" not in part  # nor which type of a union
    ]
    if item["type"] == "union_tag_invalid":
        kept.append(str(item["ctx"]["discriminator"]).strip("'"))
    return kept


def _wants_page(request: Request) -> bool:
    path = request.scope["path"]
    return not path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def _on_diceboard_error(request: Request, error: DiceboardError) -> Response:
    problem = problem_of(error.status, error.detail, errors=error.errors)
    return problem_response(request, problem.model_copy(update={"title": error.title}))


def _on_validation_error(request: Request, error: RequestValidationError | ValidationError) -> Response:
    errors = [_without_place(field) for field in field_errors(error)]
    named = ", ".join(dict.fromkeys(item.field for item in errors))
    detail = f"Not acceptable: {named}. Each entry of `errors` says what was received and what is expected."
    problem = problem_of(422, detail, errors=errors).model_copy(update={"title": "Not acceptable"})
    return problem_response(request, problem)


def _without_place(error: FieldError) -> FieldError:
    # The first part only says where FastAPI looked; people name fields, not places.
    place, _, field = error.field.partition(".")
    return replace(error, field=field) if field and place in {"body", "query", "path", "header", "cookie"} else error


def _expected_and_received(item: Any) -> str:
    message = str(item["msg"])
    return message if item.get("type") == "missing" else f"{message}; received {_shortened(item.get('input'))}"


def _shortened(value: object) -> str:
    # A slice first: repr of a hundred megabytes would be made whole only to be cut.
    text = repr(value[:LONGEST_INPUT] if isinstance(value, str | bytes | list | tuple) else value)
    return text if len(text) <= LONGEST_INPUT else f"{text[:LONGEST_INPUT]}…"


def _on_http_exception(request: Request, error: HTTPException) -> Response:
    phrase = HTTPStatus(error.status_code).phrase
    detail = None if error.detail in {phrase, ""} else str(error.detail)
    headers = dict(error.headers) if error.headers else None
    if error.status_code in {204, 304}:
        return Response(status_code=error.status_code, headers=headers)
    return problem_response(request, problem_of(error.status_code, detail), headers=headers)


def _on_unexpected(request: Request, _error: Exception) -> Response:
    # The server logs the error itself. Its layer lies outside of every middleware, so the headers are set here.
    return problem_response(request, problem_of(500), headers=dict(SECURITY_HEADERS))
