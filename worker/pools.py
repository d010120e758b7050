"""Which pools the worker of this process serves."""

import os

from app.core.names import Pool

POOL_VARIABLE = "DICEBOARD_POOL"


def own_pools() -> list[Pool]:
    """The pool that DICEBOARD_POOL names, else all of them."""
    named = os.environ.get(POOL_VARIABLE)
    return [Pool(named)] if named else list(Pool)
