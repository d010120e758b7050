"""The predictor's parts over a database and blobs of their own."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.adapters.database.migrate import upgrade
from app.composition import compose
from app.services.bundle import ServiceBundle
from app.settings import Settings


@pytest.fixture
def services(tmp_path: Path) -> ServiceBundle:
    settings = Settings(data=tmp_path, reserve_bytes=0)
    upgrade(settings.sqlalchemy_url)
    return compose(settings)


@pytest.fixture
def image() -> NDArray[np.uint8]:
    """(1, 16, 16, 1)."""
    return np.random.default_rng(3).integers(0, 256, (1, 16, 16, 1), dtype=np.uint8)
