"""What commands share that speak to a running Diceboard: finding it, asking it, showing what it does."""

import time
from collections.abc import Sequence
from typing import Any

import httpx
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from app.adapters.data_folder import access_token, holder
from app.core.errors import DiceboardError, UnavailableError
from app.settings import Settings

_WORKING = {"rendering": "Rendering", "checking": "Checking"}
"""The states that a dataset leaves by itself, in words."""


class RefusedError(DiceboardError):
    """Diceboard answered that it cannot do this."""

    title = "Diceboard refused"


def running_diceboard(*, url: str | None = None, token: str | None = None) -> httpx.Client:
    """A client of the Diceboard that runs on the settings' data folder, or of the one at an address."""
    settings = Settings()
    headers = {"Authorization": f"Bearer {token or access_token(settings)}"}
    return httpx.Client(base_url=f"{url or _address(settings)}/api/v1", headers=headers, timeout=300)


def answered(client: httpx.Client, method: str, path: str, **options: Any) -> Any:
    """What it answers; raise RefusedError with its reason, or UnavailableError where trying again later may help."""
    try:
        response = client.request(method, path, **options)
    except httpx.TransportError as error:
        raise UnavailableError(
            f"Diceboard at {client.base_url} does not answer ({type(error).__name__}). Start it with `diceboard up`, "
            "then repeat the command: what has arrived is not sent twice."
        ) from error
    if response.status_code == 503:
        raise UnavailableError(_detail(response))
    if response.is_error:
        raise RefusedError(_detail(response))
    return response.json()


def followed(client: httpx.Client, dataset_id: str, progress: Progress) -> dict[str, Any]:
    """Show how a dataset is rendered and checked until that is over; answer the dataset."""
    tasks: dict[str, Any] = {}
    while True:
        dataset: dict[str, Any] = answered(client, "GET", f"/datasets/{dataset_id}")
        state = dataset["state"]
        for earlier, task in tasks.items():
            if earlier != state:
                total = dataset["progress"]["files"]
                progress.update(task, completed=total, total=total)
        if state not in _WORKING:
            return dataset
        if state not in tasks:
            tasks[state] = progress.add_task(_WORKING[state], total=None)
        done = dataset["progress"]
        progress.update(tasks[state], completed=done["checked"], total=done["files"])
        time.sleep(0.3)


def progress_bars(console: Console) -> Progress:
    """Bars with percent and time left."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    return Progress(*columns, TimeRemainingColumn(), console=console)


def show(
    console: Console, client: httpx.Client, dataset: dict[str, Any], rejected: Sequence[dict[str, str]] = ()
) -> None:
    """Print what a dataset holds, what was not taken, what was found, and where it is to be seen."""
    table = Table("class", *dataset["splits"], title=f"{escape(dataset['name'])} ({dataset['state']})")
    for name in dataset["classes"]:
        table.add_row(escape(name), *(str(counts.get(name, 0)) for counts in dataset["splits"].values()))
    if dataset["classes"]:
        console.print(table)
    for entry in rejected[:20]:
        console.print(f"not taken  {escape(entry['path'])}: {escape(entry['reason'])}")
    for finding in dataset["findings"]:
        console.print(f"{finding['severity']}  {escape(finding['message'])}")
    console.print(f"{str(client.base_url).removesuffix('/api/v1/')}/datasets/{dataset['id']}")


def _detail(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{response.status_code} {response.reason_phrase}"


def _address(settings: Settings) -> str:
    if settings.address is not None:
        return settings.address
    noted = holder(settings.data)
    if noted is None or "address" not in noted:
        raise UnavailableError(
            f"No Diceboard is running on the data folder {str(settings.data)!r}. Start it with `diceboard up` in another "
            "terminal, or set DICEBOARD_DATA to the folder of the one that runs, or DICEBOARD_ADDRESS and DICEBOARD_TOKEN to "
            "those of one elsewhere."
        )
    return str(noted["address"])
