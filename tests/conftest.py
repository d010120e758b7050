"""Fixtures shared by all tests, and how many examples the property tests look at."""

import os

from hypothesis import settings

pytest_plugins = [
    "tests.fixtures.databases",
    "tests.fixtures.running",
    "tests.fixtures.services",
    "tests.fixtures.machines",
    "tests.fixtures.valkey",
    "tests.fixtures.browsing",
    "tests.fixtures.comparing",
    "tests.fixtures.editing",
    "tests.fixtures.uploading",
    "tests.fixtures.scripted",
]

# The suite looks at the same examples each time, so that it passes or fails for what a commit changed; `make explore`
# looks at new ones, and many more of them.
_examples = int(os.environ.get("DICEBOARD_TEST_EXAMPLES", "0"))
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("exploring", deadline=None, max_examples=_examples or 1, print_blob=True)
settings.load_profile("exploring" if _examples else "repeatable")
