"""Who may do what: Host allow-list, same-origin check, and signing in; everything is denied that is not allowed.

Pure ASGI throughout: `BaseHTTPMiddleware` would keep streams from noticing that their reader has gone.
"""

import hashlib
import hmac
from typing import Protocol
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from fastapi import FastAPI
from itsdangerous import BadSignature, TimestampSigner
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.errors import DiceboardError
from app.web.headers import SecurityHeaders
from app.web.problems import problem_of, problem_response

SESSION_SECONDS = 30 * 24 * 3600
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/login"})
OPEN_PREFIXES = ("/static/",)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LARGEST_LOGIN_FORM = 4096


class OneTimeSecrets(Protocol):
    """What can spend a one-time login secret."""

    def claim(self, secret: str) -> bool:
        """Spend it; False where it was never issued, has expired or is spent."""
        ...


class Access:
    """Decides whether a request is signed in, and makes the session cookies."""

    def __init__(self, token: str, secrets: OneTimeSecrets) -> None:
        self._token = token.encode()
        self._secrets = secrets
        key = hashlib.sha256(b"diceboard session\0" + self._token).hexdigest()
        self._signer = TimestampSigner(key, salt="diceboard.session", digest_method=hashlib.sha256)
        # Browsers send a host's cookies to all of its ports: two Diceboards must not sign each other out.
        self.cookie = f"diceboard_{key[:8]}"

    def is_token(self, candidate: str) -> bool:
        """Whether this is the permanent token, compared in constant time."""
        return hmac.compare_digest(candidate.encode(), self._token)

    def spend(self, secret: str) -> bool:
        """Whether this one-time secret was good; it no longer is afterwards."""
        return self._secrets.claim(secret)

    def is_signed_in(self, request: Request) -> bool:
        """Whether the request carries the token or a session; a wrong Authorization header is never overlooked."""
        authorization = request.headers.get("authorization")
        if authorization is not None:
            scheme, _, credentials = authorization.partition(" ")
            return scheme.lower() == "bearer" and self.is_token(credentials.strip())
        try:
            self._signer.unsign(request.cookies.get(self.cookie, ""), max_age=SESSION_SECONDS)
        except BadSignature:
            return False
        return True

    def sign_in(self, response: Response, request: Request) -> Response:
        """Set the session cookie."""
        response.set_cookie(
            self.cookie,
            self._signer.sign("session").decode(),
            max_age=SESSION_SECONDS,
            path="/",
            secure=request.scope.get("scheme") == "https",
            httponly=True,
            samesite="strict",
        )
        return response


def install_security(app: FastAPI, *, access: Access, allowed_hosts: tuple[str, ...] = ()) -> None:
    """Put the guards around the app. The last added is the outermost: headers, host, sign-in, same origin."""
    app.add_middleware(SameOriginGuard)
    app.add_middleware(SignInGuard, access=access)
    app.add_middleware(HostGuard, allowed=frozenset(name.lower() for name in (*LOOPBACK, *allowed_hosts)))
    app.add_middleware(SecurityHeaders)


class HostGuard:
    """Answers only under our own names, which defeats DNS rebinding."""

    def __init__(self, app: ASGIApp, allowed: frozenset[str]) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request with no, several or a foreign Host."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        hosts = Headers(scope=scope).getlist("host")
        if len(hosts) == 1 and host_name(hosts[0]) in self._allowed:
            await self._app(scope, receive, send)
            return
        detail = (
            f"The Host header is {hosts!r:.200}; expected exactly one, of {sorted(self._allowed)}. Whoever runs this "
            "server can add a name to DICEBOARD_ALLOWED_HOSTS."
        )
        await _refuse(400, detail, scope, receive, send)


class SameOriginGuard:
    """Lets other sites' pages change nothing here, also not on localhost."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what would change something and does not come from our own pages or a program with the token."""
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS or _is_ours(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        detail = (
            "This request would change something, but says neither that it comes from this site "
            "(Sec-Fetch-Site or Origin) nor carries `Authorization: Bearer TOKEN`. Programs send the token."
        )
        await _refuse(403, detail, scope, receive, send)


class SignInGuard:
    """Denies everything but the allow-list to who is not signed in; takes one-time secrets and the login form."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, sign in, or refuse."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008, "reason": "not served here"})
            return
        request = Request(scope, receive)
        if scope["path"] == "/login" and scope["method"] == "POST":
            await SameOriginGuard(self._take_form)(scope, receive, send)
            return
        secret = _secret_in_query(scope)
        if secret is not None:
            await self._take_secret(request, secret, send)
        elif is_open(scope["path"]) or self._access.is_signed_in(request):
            await self._app(scope, receive, send)
        else:
            await _ask_to_sign_in(scope, receive, send)

    async def _take_secret(self, request: Request, secret: str, send: Send) -> None:
        # The address without the secret: it must not stay in the history, a bookmark or a Referer.
        kept = [
            (name, value)
            for name, value in parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
            if name != "token"
        ]
        path = request.scope["path"] if request.scope["path"] != "/login" else "/"
        target = own_path(quote(path) + (f"?{urlencode(kept)}" if kept else ""))
        try:
            is_good = await run_in_threadpool(self._access.spend, secret)
        except DiceboardError as error:
            await _refuse(error.status, error.detail, request.scope, request.receive, send)
            return
        if is_good:
            answer = self._access.sign_in(_see(target), request)
        elif self._access.is_signed_in(request):
            answer = _see(target)
        else:
            answer = _see(f"/login?{urlencode({'failed': 'link', 'next': target})}")
        await answer(request.scope, request.receive, send)

    async def _take_form(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        form = await _login_form(request)
        if form is None:
            detail = f"Expected the fields token and next as a urlencoded form of at most {_LARGEST_LOGIN_FORM} bytes."
            await _refuse(400, detail, scope, receive, send)
            return
        target, token = own_path(form.get("next", "/")), form.get("token", "").strip()
        try:
            is_good = self._access.is_token(token) or await run_in_threadpool(self._access.spend, token)
        except DiceboardError as error:
            await _refuse(error.status, error.detail, scope, receive, send)
            return
        if is_good:
            response = self._access.sign_in(_see(target), request)
        else:
            response = _see(f"/login?{urlencode({'failed': 'token', 'next': target})}")
        await response(scope, receive, send)


def is_open(path: str) -> bool:
    """Whether everybody may ask for this path."""
    return path in OPEN_PATHS or path.startswith(OPEN_PREFIXES)


def host_name(host: str) -> str:
    """The name in a Host header, without its port, in lower case; empty where it is not one."""
    name, colon, port = host.lower().rpartition(":")
    if not colon or host.endswith("]"):
        return host.lower()
    return name if port.isascii() and port.isdigit() else ""


def own_path(target: str) -> str:
    """The target if it is a path on this site, else `/`: a login must never lead to another site."""
    is_path = target.startswith("/") and not target.startswith("//")
    return target if is_path and target.isprintable() and "\\" not in target else "/"


def _is_ours(headers: Headers) -> bool:
    if headers.get("authorization", "").lower().startswith("bearer "):
        return True
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = urlsplit(headers.get("origin", ""))
    return origin.scheme in {"http", "https"} and origin.netloc.lower() == headers.get("host", "").lower()


def _secret_in_query(scope: Scope) -> str | None:
    if scope["method"] != "GET" or scope["path"].startswith(("/api/", *OPEN_PREFIXES)):
        return None
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return next((value for name, value in pairs if name == "token"), None)


async def _login_form(request: Request) -> dict[str, str] | None:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/x-www-form-urlencoded":
        return None
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_LOGIN_FORM:
            return None
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


async def _ask_to_sign_in(scope: Scope, receive: Receive, send: Send) -> None:
    path = scope["path"]
    if scope["method"] not in {"GET", "HEAD"} or path.startswith("/api/") or path == "/metrics":
        detail = (
            "Send `Authorization: Bearer TOKEN`; the token lies in the file `token` of the data folder, and "
            "`diceboard link` prints a link that signs a browser in."
        )
        await _refuse(401, detail, scope, receive, send, {"WWW-Authenticate": 'Bearer realm="diceboard"'})
        return
    query = scope["query_string"].decode("latin-1")
    target = own_path(quote(path) + (f"?{query}" if query else ""))
    await _see(f"/login?{urlencode({'next': target})}")(scope, receive, send)


def _see(target: str) -> Response:
    return RedirectResponse(target, status_code=303, headers={"Cache-Control": "no-store"})


async def _refuse(
    status: int, detail: str, scope: Scope, receive: Receive, send: Send, headers: dict[str, str] | None = None
) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
        return
    response = problem_response(Request(scope), problem_of(status, detail), headers=headers)
    await response(scope, receive, send)
