"""Every setting of every process, typed and described.

They come from `DICEBOARD_...` variables, a `.env` file, or a folder with one file for each (secrets of containers), in
this order.
"""

import socket
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

from platformdirs import user_data_path
from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from app.core.names import Pool
from app.core.runs.device_request import TrainPool
from app.core.urls import with_password

_SECRETS = Path("/run/secrets")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def _listed(given: object) -> object:
    return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given


_CommaSeparated = (NoDecode, BeforeValidator(_listed))


class Settings(BaseSettings):
    """One object for the web, the workers and the command line; insecure combinations refuse to start."""

    model_config = SettingsConfigDict(env_prefix="DICEBOARD_", env_file=".env", extra="ignore", frozen=True)

    data: Path = Field(
        default_factory=lambda: user_data_path("diceboard"),
        description="Folder for everything that is kept: database, blobs, broker, checkpoints, token.",
    )
    secrets: Path = Field(
        default=_SECRETS,
        description="Folder of files that are settings, named as their variables, in any case: `diceboard_token`.",
    )
    host: str = Field(default="127.0.0.1", description="Address the web server listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port; 0 picks a free one and prints it.")
    token: SecretStr | None = Field(
        default=None, min_length=16, description="Access token; made and kept in the data folder where not given."
    )
    allowed_hosts: Annotated[tuple[str, ...], *_CommaSeparated] = Field(
        default=(), description="Host names, comma-separated, under which the web may be reached besides loopback."
    )
    address: str | None = Field(
        default=None,
        pattern=r"^https?://[\w.\-\[\]:]+$",
        description="Where people open Diceboard, as in https://dice.example.org, where a proxy stands before it.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1", description="Addresses and networks of proxies whose forwarding headers are believed."
    )
    database_url: str | None = Field(
        default=None, description="SQLAlchemy URL; SQLite in the data folder where not given. postgresql+psycopg://..."
    )
    database_password: SecretStr | None = Field(
        default=None, description="Goes into the database's URL, which then needs none."
    )
    broker_url: SecretStr | None = Field(
        default=None, description="Redis or Valkey URL; an embedded Valkey on a Unix socket where not given."
    )
    broker_password: SecretStr | None = Field(
        default=None, description="Goes into the broker's URL, which then needs none."
    )
    storage_url: str | None = Field(
        default=None, description="s3://bucket/prefix or file:///folder; a folder in the data folder where not given."
    )
    storage_endpoint: str | None = Field(
        default=None, description="Where an S3 service other than Amazon's answers, as in http://storage:8333."
    )
    storage_region: str | None = Field(default=None, description="The S3 service's region, where it has some.")
    storage_access_key: SecretStr | None = Field(default=None, description="The S3 service's access key.")
    storage_secret_key: SecretStr | None = Field(default=None, description="The secret that belongs to that key.")
    worker_name: str = Field(
        default_factory=socket.gethostname,
        pattern=r"^[\w.-]{1,100}$",
        description="How this machine calls its workers; a few characters of its data folder's stand behind it.",
    )
    pools: Annotated[tuple[TrainPool | Literal["light"], ...], *_CommaSeparated] = Field(
        default=("train", "light"),
        min_length=1,
        description="What the workers of this machine do, comma-separated: train for runs that name no pool, train-... "
        "for runs that name that one, light for everything short.",
    )
    gpus_per_worker: int = Field(
        default=1, ge=1, description="How many GPUs a worker has; a run trains on as many of them as it asks for."
    )
    cpu_devices: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Into how many devices a worker without GPUs may split the CPU, to try how a run trains on several.",
    )
    lease_seconds: float = Field(
        default=60, gt=0, description="How long a worker may hold a run without a sign of life."
    )
    heartbeat_seconds: float = Field(default=5, gt=0, description="How often a lease is renewed.")
    reconcile_seconds: float = Field(default=10, gt=0, description="How often lost runs and messages are looked for.")
    checkpoint_seconds: float = Field(
        default=300,
        gt=0,
        description="How often a checkpoint is written within a long epoch; each epoch ends with one.",
    )
    checkpoint_days: float = Field(
        default=7,
        ge=0,
        description="How long an ended run's last checkpoint stays, unless the run says otherwise, and what its trainers printed.",
    )
    kill_after_seconds: float = Field(
        default=10,
        gt=0,
        description="How long a trainer may take to stop when asked; a worker that stops waits 8 s longer.",
    )
    warm_trainers: bool = Field(
        default=True,
        description="Keep the next trainer waiting with Keras loaded, so that a run starts seconds sooner; 0.65 GB, on a CPU 0.9.",
    )
    hang_starting_seconds: float = Field(
        default=300, ge=0, description="A trainer that does nothing for so long while it starts is ended; 0: never."
    )
    hang_preparing_seconds: float = Field(
        default=600, ge=0, description="The same while images are decoded: no further batch of them."
    )
    hang_running_seconds: float = Field(
        default=900, ge=0, description="The same while it trains: no step and no batch of the validation."
    )
    hang_evaluating_seconds: float = Field(
        default=900, ge=0, description="The same while it evaluates and exports: no batch and no file."
    )
    largest_image_bytes: int = Field(default=64 * 2**20, gt=0, description="A larger file is not taken as an image.")
    largest_image_pixels: int = Field(default=50_000_000, gt=0, description="A larger image is refused undecoded.")
    largest_upload_bytes: int = Field(default=64 * 2**30, gt=0, description="A larger request body is refused.")
    reserve_bytes: int = Field(default=2 * 2**30, ge=0, description="Room on disk that uploads must leave free.")
    prepared_bytes: int = Field(
        default=32 * 2**30,
        ge=0,
        description="Room on disk for decoded images; the least recently used go first, never those in use.",
    )
    predictor_idle_seconds: float = Field(
        default=600, gt=0, description="How long the process that tries images on networks stays after the last one."
    )
    predictor_bytes: int = Field(
        default=2 * 2**30,
        ge=0,
        description="Weights that it keeps loaded; the least recently used networks go first, never the one in use.",
    )
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- made anew, of the folder that is named
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Where settings come from; earlier ones win."""
        given = [init_settings, env_settings, dotenv_settings]
        named = next((str(values["secrets"]) for source in given if "secrets" in (values := source())), None)
        folder = Path(named or _SECRETS)
        if not folder.is_dir():
            if named is None:
                return tuple(given)
            raise ValueError(f"DICEBOARD_SECRETS is {named!r}, which is no folder: name one, or leave it out.")
        return (*given, SecretsSettingsSource(settings_cls, secrets_dir=folder))

    @model_validator(mode="after")
    def _lease_outlives_heartbeats(self) -> Self:
        if self.lease_seconds < 3 * self.heartbeat_seconds:
            raise ValueError(
                f"DICEBOARD_LEASE_SECONDS is {self.lease_seconds}, less than three heartbeats of "
                f"{self.heartbeat_seconds} s: a single late one would lose the run. Raise the one or lower the other."
            )
        return self

    @model_validator(mode="after")
    def _open_hosts_are_named(self) -> Self:
        if self.is_open and not self.host_names:
            raise ValueError(
                f"DICEBOARD_HOST is {self.host!r}, which other machines can reach, but neither DICEBOARD_ADDRESS nor "
                "DICEBOARD_ALLOWED_HOSTS says under which name: give the address or the host names under which people "
                "open Diceboard, or leave the host at 127.0.0.1."
            )
        return self

    @model_validator(mode="after")
    def _passwords_have_a_place(self) -> Self:
        for name in ("database", "broker"):
            if getattr(self, f"{name}_password") is not None and getattr(self, f"{name}_url") is None:
                raise ValueError(
                    f"DICEBOARD_{name.upper()}_PASSWORD is given, but no DICEBOARD_{name.upper()}_URL that it belongs to."
                )
        if self.database_url is not None:
            with_password(self.database_url, _secret(self.database_password))
        if self.broker_url is not None:
            with_password(self.broker_url.get_secret_value(), _secret(self.broker_password))
        return self

    @model_validator(mode="after")
    def _keys_are_two(self) -> Self:
        if (self.storage_access_key is None) is not (self.storage_secret_key is None):
            raise ValueError("Of DICEBOARD_STORAGE_ACCESS_KEY and DICEBOARD_STORAGE_SECRET_KEY one is missing.")
        return self

    @property
    def is_open(self) -> bool:
        """Whether other machines can reach the web server."""
        return self.host not in _LOOPBACK

    @property
    def host_names(self) -> tuple[str, ...]:
        """The names under which the web may be reached besides loopback; the address's first."""
        of_address = urlsplit(self.address).hostname if self.address else None
        return tuple(dict.fromkeys(name for name in (of_address, *self.allowed_hosts) if name))

    @property
    def is_shared(self) -> bool:
        """Whether other machines may use the same database."""
        return self.database_url is not None and not self.database_url.startswith("sqlite")

    @property
    def train_pools(self) -> tuple[str, ...]:
        """The pools whose runs the workers of this machine take."""
        return tuple(pool for pool in self.pools if pool != Pool.LIGHT)

    @property
    def sqlalchemy_url(self) -> str:
        """The database's URL, the embedded SQLite file's where none was given."""
        if self.database_url is None:
            return f"sqlite:///{self.data / 'diceboard.sqlite3'}"
        return with_password(self.database_url, _secret(self.database_password))

    @cached_property
    def broker(self) -> str:
        """The broker's URL as redis-py takes it, the embedded one's Unix socket where none was given."""
        if self.broker_url is not None:
            return with_password(self.broker_url.get_secret_value(), _secret(self.broker_password))
        return f"unix://{quote(str(self.socket('valkey')))}"

    @property
    def blobs(self) -> str:
        """The URL under which obstore finds the blobs."""
        return self.storage_url or (self.data / "blobs").absolute().as_uri()

    @property
    def shares_storage(self) -> bool:
        """Whether other machines may find there what this one has stored: it is no part of this data folder."""
        parts = urlsplit(self.blobs)
        return parts.scheme != "file" or not Path(url2pathname(parts.path)).is_relative_to(self.data.absolute())

    @property
    def storage_options(self) -> dict[str, str]:
        """What obstore is told besides the URL; what is not said here it reads from AWS's own variables."""
        given = {
            "endpoint": self.storage_endpoint,
            "region": self.storage_region,
            "access_key_id": _secret(self.storage_access_key),
            "secret_access_key": _secret(self.storage_secret_key),
        }
        return {name: value for name, value in given.items() if value}

    def socket(self, name: str) -> Path:
        """Where the Unix socket of one of our own processes lies: short enough for the kernel's 107 bytes."""
        path = self.data.absolute() / f"{name}.sock"
        if len(str(path).encode()) > 100:
            raise ValueError(
                f"DICEBOARD_DATA is {str(self.data)!r}: a Unix socket in it would have a path longer than the kernel's "
                "107 bytes. Choose a folder with a shorter path."
            )
        return path

    def queue(self, name: str) -> str:
        """The Celery queue of a pool, or of one worker by its name."""
        return f"diceboard.{name}"


def _secret(given: SecretStr | None) -> str | None:
    return None if given is None else given.get_secret_value()
