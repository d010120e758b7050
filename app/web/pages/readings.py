"""Readings: what was pasted or dropped, the networks in it, and what is to be said about them. Each has an address."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.core.architectures.readers.source_cells import source_cells
from app.core.errors import DiceboardError
from app.services.bundle import ServiceBundle
from app.services.definitions import ReadResult
from app.services.sources import LARGEST_SOURCE_BYTES
from app.web.dependencies import Services
from app.web.pages.frame import show
from app.web.pages.reading_view import in_order, marked, said
from app.web.pages.symbol_values import SYMBOL, values_of

router = APIRouter(prefix="/readings", include_in_schema=False)


async def _large_form(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=50, max_part_size=4 * LARGEST_SOURCE_BYTES)


SourceForm = Annotated[FormData, Depends(_large_form)]
"""The form of a definition: its text is larger than other forms' fields, and up to three times as long on its way."""


@router.get("")
def start_page() -> Response:
    """Reading starts on the page of architectures."""
    return RedirectResponse("/architectures", status_code=303)


@router.post("")
def read(request: Request, services: Services, form: SourceForm) -> Response:
    """Keep the source and show what is in it."""
    # A browser sends every end of line as CR LF.
    text = str(form.get("source", "")).replace("\r\n", "\n")
    name = str(form.get("name", ""))[:200]
    try:
        digest = services.sources.keep(text)
    except DiceboardError as error:
        return _page(request, services, source=text, name=name, error=error)
    query = f"?{urlencode({'name': name})}" if name else ""
    return RedirectResponse(f"/architectures/readings/{digest}{query}", status_code=303)


@router.get("/{digest}")
def reading_page(
    digest: str, request: Request, services: Services, name: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    """The networks found, findings by severity, what was not understood, and the source with their lines marked."""
    text = services.sources.text(digest)
    query = request.query_params
    given = {key.removeprefix(SYMBOL): value for key, value in query.items() if key.startswith(SYMBOL)}
    try:
        result = services.definitions.from_any(text, values_of(given), name=name)
    except DiceboardError as error:
        return _page(request, services, source=text, name=name, error=error)
    services.sources.keep(text, architectures=[stored.id for stored in result.items])
    return _page(request, services, source=text, name=name, result=result, given=given)


def _page(
    request: Request,
    services: ServiceBundle,
    *,
    source: str,
    name: str,
    result: ReadResult | None = None,
    given: dict[str, str] | None = None,
    error: DiceboardError | None = None,
) -> HTMLResponse:
    findings = said(in_order(result.findings) if result else (), "finding")
    passed = said(result.not_understood if result else (), "passed")
    context: dict[str, Any] = {
        "source": source,
        "name": name,
        "result": result,
        "given": given or {},
        "error": error,
        "findings": findings,
        "passed": passed,
        "cells": marked(source_cells(source), [*findings, *passed]) if result else [],
    }
    status = error.status if error else 200
    return show(request, services, "architectures/reading.html", active="/architectures", status=status, **context)
