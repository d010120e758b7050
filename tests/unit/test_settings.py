"""Where settings come from: variables, a file, and a folder of secrets; and which combinations are refused."""

from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import make_url

from app.settings import Settings

PASSWORD = "p@ss/w:rd %?#"


def written(folder: Path, **secrets: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in secrets.items():
        (folder / name).write_text(f"{content}\n")
    return folder


def test_secrets_are_read_from_the_files_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DICEBOARD_SECRETS", str(written(tmp_path / "s", diceboard_token="a-token-in-a-file")))
    settings = Settings()
    assert settings.token is not None
    assert settings.token.get_secret_value() == "a-token-in-a-file"
    assert "a-token-in-a-file" not in repr(settings)


def test_a_variable_goes_before_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DICEBOARD_SECRETS", str(written(tmp_path / "s", diceboard_log_level="DEBUG", other="nothing")))
    assert Settings().log_level == "DEBUG"
    monkeypatch.setenv("DICEBOARD_LOG_LEVEL", "ERROR")
    assert Settings().log_level == "ERROR"


def test_a_dotenv_file_may_name_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(f"DICEBOARD_SECRETS={written(tmp_path / 's', diceboard_token='a' * 20)}\n")
    token = Settings().token
    assert token is not None
    assert token.get_secret_value() == "a" * 20


def test_a_folder_of_secrets_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DICEBOARD_SECRETS", str(tmp_path / "nothing"))
    with pytest.raises(ValueError, match=r"DICEBOARD_SECRETS is .*nothing.* no folder"):
        Settings()


def test_passwords_go_into_the_urls_whatever_characters_they_have() -> None:
    settings = Settings(
        database_url="postgresql+psycopg://dice@database:5432/diceboard?sslmode=require",
        database_password=PASSWORD,
        broker_url="redis://broker:6379/0",
        broker_password=PASSWORD,
    )
    database = make_url(settings.sqlalchemy_url)
    assert (database.username, database.password, database.host) == ("dice", PASSWORD, "database")
    assert (database.port, database.database, dict(database.query)) == (5432, "diceboard", {"sslmode": "require"})
    broker = make_url(settings.broker)
    assert (broker.username, broker.password, broker.host, broker.database) == ("", PASSWORD, "broker", "0")


def test_a_url_over_a_unix_socket_takes_a_password_too() -> None:
    settings = Settings(database_url="postgresql+psycopg://dice@/diceboard?host=/tmp/pg", database_password=PASSWORD)
    url = make_url(settings.sqlalchemy_url)
    assert (url.username, url.password, url.host, url.query["host"]) == ("dice", PASSWORD, None, "/tmp/pg")


def test_two_passwords_for_one_url_are_refused() -> None:
    with pytest.raises(ValidationError, match="leave one of them out"):
        Settings(broker_url="redis://:one@broker/0", broker_password="two")


@pytest.mark.parametrize("name", ["database", "broker"])
def test_a_password_without_the_url_that_it_belongs_to_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=f"no DICEBOARD_{name.upper()}_URL"):
        Settings(**{f"{name}_password": PASSWORD})


def test_one_storage_key_without_the_other_is_refused() -> None:
    with pytest.raises(ValidationError, match="DICEBOARD_STORAGE_SECRET_KEY"):
        Settings(storage_access_key="key")


def test_what_is_not_said_of_the_storage_is_left_to_awss_own_variables() -> None:
    assert Settings().storage_options == {}
    given = Settings(storage_endpoint="http://storage:8333", storage_access_key="a", storage_secret_key="b")
    assert given.storage_options == {
        "endpoint": "http://storage:8333",
        "access_key_id": "a",
        "secret_access_key": "b",
    }


def test_the_address_names_the_host_under_which_the_web_may_be_reached() -> None:
    settings = Settings(host="0.0.0.0", address="https://Dice.example:8443", allowed_hosts=("other.example",))
    assert settings.host_names == ("dice.example", "other.example")


@pytest.mark.parametrize("address", ["dice.example", "ftp://dice.example", "https://dice.example/path", "https://"])
def test_an_address_is_a_scheme_and_a_host(address: str) -> None:
    with pytest.raises(ValidationError, match="address"):
        Settings(address=address)


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
