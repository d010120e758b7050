from pathlib import Path

import pytest

from app.settings import Settings


@pytest.mark.parametrize(
    ("url", "shared"),
    [
        (None, False),
        ("s3://bucket/prefix", True),
        ("file:///mnt/common", True),
        ("file:///data/dice/blobs", False),
        ("file:///data/dice%20two", True),
    ],
)
def test_a_storage_is_shared_unless_it_is_a_part_of_the_data_folder(url: str | None, shared: bool) -> None:
    assert Settings(data=Path("/data/dice"), storage_url=url).shares_storage is shared


def test_a_data_folder_may_be_relative() -> None:
    assert not Settings(data=Path("here")).shares_storage
