"""Composes the web process: `python -m app.main` serves it."""

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.adapters.data_folder import access_token
from app.adapters.database.migrate import upgrade
from app.composition import compose
from app.services.bundle import ServiceBundle
from app.settings import Settings
from app.web import templating, vendor
from app.web.api import api_router, health
from app.web.pages import routers as pages
from app.web.problems import install_problems
from app.web.security import Access, install_security
from app.web.server import serve, stopping_event

LARGEST_BODY_BYTES = 32 * 2**20


class CachedFiles(StaticFiles):
    """Files whose address changes with their content: a browser asks for each once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file with a long life."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def create_app(services: ServiceBundle, *, access: Access) -> FastAPI:
    """The web application over these use cases."""
    app = FastAPI(
        title="Diceboard",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        max_body_size=LARGEST_BODY_BYTES,
    )
    app.state.services = services
    stopping_event(app)
    install_security(app, access=access, allowed_hosts=services.settings.host_names)
    install_problems(app, render=templating.render_problem)
    app.include_router(api_router)
    app.include_router(health.router)
    app.include_router(vendor.router)
    for router in pages:
        app.include_router(router)
    app.mount(templating.STATIC_PATH, CachedFiles(directory=templating.STATIC), name="static")
    return app


def main() -> None:
    """Serve until told to stop."""
    settings = Settings()
    upgrade(settings.sqlalchemy_url)
    services = compose(settings)
    serve(create_app(services, access=Access(access_token(settings), services.logins)), settings)


if __name__ == "__main__":
    main()
