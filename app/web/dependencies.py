"""What routes ask for by type."""

from typing import Annotated

from fastapi import Depends, Request

from app.services.bundle import ServiceBundle


async def _services(request: Request) -> ServiceBundle:
    bundle = request.app.state.services
    assert isinstance(bundle, ServiceBundle)
    return bundle


Services = Annotated[ServiceBundle, Depends(_services)]
"""The use cases of this process."""
