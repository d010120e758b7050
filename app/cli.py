"""The command line: starts the parts, and speaks to them. It never loads Keras."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from app.adapters import data_folder
from app.core.errors import ConflictError, DiceboardError
from app.processes import doctor as examination
from app.processes import open_files, programs
from app.processes.announcer import Announcer
from app.processes.child import say_on_stderr
from app.processes.watcher import Watcher
from app.settings import Settings

cli = typer.Typer(
    name="diceboard",
    help="See why two Keras networks differ, train them on dice, and compare the runs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


class FileFormat(StrEnum):
    """Of rendered images; JPEG is small, PNG keeps every pixel."""

    JPEG = "jpeg"
    PNG = "png"


class PortTakenError(ConflictError):
    """Something else listens on the port."""

    title = "The port is taken"


@cli.command()
def up() -> None:
    """Start everything on this machine and print the address with a one-time token."""
    with _told_plainly():
        open_files.provide()
        settings = with_free_port(Settings())
        address = address_of(settings)
        with (
            data_folder.hold(settings.data, address=address, since=datetime.now(UTC)),
            data_folder.hold_workers(settings),
        ):
            data_folder.access_token(settings)
            _migrate(settings)
            watcher = Watcher(programs.everything(settings), stop_seconds=programs.stop_seconds(settings))
            watcher.run(meanwhile=Announcer(settings, address=address, issue=lambda: login_secret(settings)))


@cli.command()
def web() -> None:
    """Start the web server and its inspector only; database, broker and storage are given by the settings."""
    with _told_plainly():
        open_files.provide()
        settings = with_free_port(Settings())
        data_folder.access_token(settings)
        if settings.token is None and settings.is_shared:
            say_on_stderr(
                "No DICEBOARD_TOKEN is given, so this web server has one of its own: others on the same database will "
                "take neither it nor who signed in here. Give all of them the same."
            )
        _migrate(settings)
        announcer = Announcer(settings, address=address_of(settings), issue=lambda: login_secret(settings))
        Watcher(programs.web(settings)).run(meanwhile=announcer)


@cli.command()
def worker() -> None:
    """Start this machine's workers only: for trainings one on each GPU, or on the CPU, and one for everything short."""
    with _told_plainly():
        open_files.provide()
        settings = Settings()
        with data_folder.hold_workers(settings):
            Watcher(programs.workers(settings), stop_seconds=programs.stop_seconds(settings)).run()


@cli.command()
def migrate() -> None:
    """Bring the database to the newest form, as `up` and `web` do when they start; for who wants it done before."""
    with _told_plainly():
        settings = Settings()
        data_folder.prepare(settings.data)
        _migrate(settings)


@cli.command()
def doctor(
    workers: Annotated[bool, typer.Option("--workers", help="Only whether this machine's workers live.")] = False,  # noqa: FBT002
) -> None:
    """Say what this machine has and what is missing; end with 1 where something is."""
    with _told_plainly():
        settings = Settings()
        results = examination.examine_workers(settings) if workers else examination.examine(settings)
    for result in results:
        mark = typer.style("ok     ", fg="green") if result.ok else typer.style("missing", fg="red")
        typer.echo(f"{mark}  {result.what}: {result.found}")
        if not result.ok:
            typer.echo(f"         {result.remedy}")
    raise typer.Exit(0 if all(result.ok for result in results) else 1)


@cli.command()
def link() -> None:
    """Print a fresh link that signs a browser in once."""
    with _told_plainly():
        settings = Settings()
        noted = data_folder.holder(settings.data)
        address = str(noted["address"]) if noted and "address" in noted else address_of(settings)
        _migrate(settings)
        typer.echo(f"{address}/?token={login_secret(settings)}")


@cli.command("import")
def import_(
    folder: Annotated[
        Path, typer.Argument(help="A folder of images, one folder per class, or a zip or tar of it.", exists=True)
    ],
    name: Annotated[str | None, typer.Option(help="The dataset's name; the folder's where not given.")] = None,
) -> None:
    """Send a folder of images, or a zip or tar of one, to the running Diceboard as a dataset; again, to go on."""
    from app.cli_import import import_folder  # noqa: PLC0415 - only this command needs its libraries

    with _told_plainly():
        import_folder(folder, name=name)


@cli.command()
def sample(
    folder: Annotated[
        Path | None, typer.Argument(help="A new or empty folder for the images; without one they go into Diceboard.")
    ] = None,
    images_per_class: Annotated[int, typer.Option(help="How many images of each value.")] = 300,
    height: Annotated[int, typer.Option(help="In pixels.")] = 96,
    width: Annotated[int, typer.Option(help="In pixels.")] = 96,
    seed: Annotated[int, typer.Option(help="The same seed gives the same images, everywhere.")] = 0,
    file_format: Annotated[FileFormat, typer.Option("--format", help="Of the files in a folder.")] = FileFormat.JPEG,
    name: Annotated[str | None, typer.Option(help="The dataset's name in Diceboard.")] = None,
) -> None:
    """Render photographs of dice: into a folder, or as a dataset of the running Diceboard."""
    from app import cli_sample  # noqa: PLC0415 - only this command needs its libraries

    with _told_plainly():
        samples = cli_sample.request_of(images_per_class, height=height, width=width, seed=seed)
        if folder is None:
            cli_sample.load(samples, name=name)
        else:
            cli_sample.write(samples, folder, file_format=file_format.value)


def _list_settings(wanted: bool) -> None:  # noqa: FBT001 - as typer calls it
    if wanted:
        from rich.console import Console  # noqa: PLC0415 - only this command needs its libraries

        from app.cli_settings import show_settings  # noqa: PLC0415

        show_settings(Console())
        raise typer.Exit


@cli.command()
def train(
    architecture: Annotated[
        str, typer.Argument(help="A file of Keras code, a notebook or architecture JSON; a preset; an id or a name.")
    ],
    dataset: Annotated[str, typer.Argument(help="A dataset's name or id.")],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A setting, as in optimizer.learning_rate=0.01; repeatable."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="The run's name; made from both where not given.")] = None,
    group: Annotated[str | None, typer.Option(help="A name under which runs are found together.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Repeatable.")] = None,
    start_from: Annotated[str | None, typer.Option(help="The id of a run whose best weights are taken first.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Queue it, print its link and end.")] = False,  # noqa: FBT002
    _settings: Annotated[  # noqa: FBT002
        bool, typer.Option("--settings", callback=_list_settings, is_eager=True, help="List every setting and end.")
    ] = False,
) -> None:
    """Train a network in the running Diceboard and follow it; ends with 1 unless the run finishes."""
    from app import cli_train  # noqa: PLC0415 - only this command needs its libraries

    asked = cli_train.Asked(
        architecture=architecture, dataset=dataset, settings=tuple(settings or ()), name=name, group=group,
        tags=tuple(tag or ()), start_from=start_from,
    )  # fmt: skip
    with _told_plainly():
        run = cli_train.train(asked, detach=detach)
    raise typer.Exit(0 if detach or run["state"] == "finished" else 1)


@cli.command()
def compare(
    left: Annotated[
        str, typer.Argument(help="Keras code, a notebook, architecture JSON or .keras; FILE:VARIABLE; a preset.")
    ],
    right: Annotated[
        str | None, typer.Argument(help="The other one; not needed where LEFT defines two networks.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,  # noqa: FBT002 - a flag
    exit_code: Annotated[bool, typer.Option(help="End with 1 where they differ, as diff does.")] = False,  # noqa: FBT002
) -> None:
    """Say why two network definitions differ. Nothing in them is run, and Diceboard need not be started."""
    from app.cli_compare import compare as compare_files  # noqa: PLC0415 - only this command needs its libraries

    with _told_plainly():
        found = compare_files(left, right, as_json=json)
    raise typer.Exit(1 if exit_code and not found.identical else 0)


def main() -> None:
    """Run the command line."""
    cli()


def with_free_port(settings: Settings) -> Settings:
    """The settings with port 0 replaced by a free one, so that the web keeps it when it is started again.

    Raise PortTakenError where something listens on the port that was asked for.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise PortTakenError(
                f"{settings.host}:{settings.port} cannot be listened on ({error.strerror}): set DICEBOARD_PORT to "
                "another port, or to 0 for any free one."
            ) from error
        port: int = probe.getsockname()[1]
    return settings.model_copy(update={"port": port})


def address_of(settings: Settings) -> str:
    """Where a browser finds the web server."""
    if settings.address is not None:
        return settings.address
    host = settings.host_names[0] if settings.is_open and settings.host_names else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def login_secret(settings: Settings) -> str:
    """A new secret that signs a browser in once, at any web server of these settings."""
    from app.adapters.clock import new_id, utc_now  # noqa: PLC0415 - keeps `--help` quick
    from app.adapters.database import SqlDatabase  # noqa: PLC0415
    from app.services.logins import LoginService  # noqa: PLC0415

    with closing(SqlDatabase(settings.sqlalchemy_url, clock=utc_now, new_id=new_id)) as database:
        return LoginService(database=database, clock=utc_now).issue()


def _migrate(settings: Settings) -> None:
    from app.adapters.database.migrate import upgrade  # noqa: PLC0415 - keeps `--help` quick

    upgrade(settings.sqlalchemy_url)


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Show errors that a person can mend as text, and end with status 1."""
    try:
        yield
    except ValidationError as error:
        for item in error.errors():
            setting = ".".join(str(part) for part in item["loc"])
            typer.echo(f"{f'DICEBOARD_{setting.upper()}: ' if setting else ''}{item['msg']}", err=True)
        raise typer.Exit(1) from error
    except DiceboardError as error:
        typer.echo(f"{error.title}: {error.detail}", err=True)
        raise typer.Exit(1) from error
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    main()
