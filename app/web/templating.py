"""Turns templates into pages: where they lie, what every one of them may use."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

import app
from app.core.architectures.table_texts import shape_text
from app.core.runs.lifecycle import ACTIVE, TERMINAL, WAITING
from app.web import vendor
from app.web.problems import Problem

_PACKAGE = Path(app.__file__).parent
# In a checkout both lie beside the package, in an installed wheel inside of it.
_ASSETS = _PACKAGE / "assets" if (_PACKAGE / "assets").is_dir() else _PACKAGE.parent
STATIC = _ASSETS / "static"
THEME_COOKIE = "diceboard_theme"
THEMES = ("auto", "light", "dark")


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


STATIC_PATH = f"/static/{_digest(STATIC)}"
"""The address of the static files; it changes with any of them, so that they may be cached for ever."""


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A rendered template; `template` is its path below `templates/`."""
    html = _render(request, template, **context)
    return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})


def standalone(template: str, **context: Any) -> str:
    """A document that stands for itself: nothing of a request or of the pages around it."""
    return _ENVIRONMENT.get_template(template).render(context)


def render_problem(request: Request, problem: Problem) -> str:
    """The page that shows an error to a person."""
    return _render(request, "errors/problem.html", problem=problem, active=None)


def _render(request: Request, template: str, **context: Any) -> str:
    chosen = request.cookies.get(THEME_COOKIE, "auto")
    theme = chosen if chosen in THEMES else "auto"
    given = {"frame": None, "theme": theme, "static": STATIC_PATH, "plotly": vendor.address("plotly.min.js")}
    return _ENVIRONMENT.get_template(template).render(given | context)


def whole_number(value: float | None) -> str:
    """17,664,576, or a dash where it is not known."""
    return "–" if value is None else f"{value:,.0f}"


def large_number(value: float | None) -> str:
    """At most three digits and a unit: 140 M, 17.7 M, 295 k."""
    if value is None:
        return "–"
    for size, unit in ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:.3g}{unit}" if value / size < 1000 else f"{value / size:,.0f}{unit}"
    return f"{value:g}"


def size_text(value: float | None) -> str:
    """Bytes as people read them: 534 MiB."""
    if value is None:
        return "–"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if value >= 100 or unit == "B" else f"{value:.3g} {unit}"
        value /= 1024
    return f"{value:.3g} TiB"


def percent(value: float | None) -> str:
    """A share from 0 to 1 as 93.6 %."""
    return "–" if value is None else f"{100 * value:.1f} %"


def decimal(value: float | None) -> str:
    """Four significant digits."""
    return "–" if value is None else f"{value:.4g}"


def seconds_text(value: float | None) -> str:
    """A duration: 42 s, 3 min 5 s, 2 h 10 min."""
    if value is None:
        return "–"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def ago(moment: datetime | None) -> str:
    """How long ago a moment was: just now, 5 min ago, 3 h ago, or its date."""
    if moment is None:
        return "–"
    seconds = (datetime.now(UTC) - moment).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min ago"
    if seconds < 24 * 3600:
        return f"{seconds // 3600:.0f} h ago"
    return f"{moment:%-d %b %Y}"


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_ASSETS / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters.update(
    whole=whole_number,
    large=large_number,
    size=size_text,
    percent=percent,
    decimal=decimal,
    seconds=seconds_text,
    shape=shape_text,
    ago=ago,
)
_ENVIRONMENT.tests.update(
    waiting=lambda run: run.state in WAITING,
    at_work=lambda run: run.state in ACTIVE,
    ended=lambda run: run.state in TERMINAL,
)
