"""Fixtures shared by all tests."""

pytest_plugins = [
    "tests.fixtures.databases",
    "tests.fixtures.running",
    "tests.fixtures.browsing",
    "tests.fixtures.editing",
    "tests.fixtures.uploading",
    "tests.fixtures.scripted",
]
