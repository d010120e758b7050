"""`diceboard train`: asks the running Diceboard for a run, and follows it to its end."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from app.cli_client import answered, running_diceboard
from app.cli_settings import configured
from app.core.errors import ConflictError, InvalidError, NotFoundError, UnavailableError
from app.core.runs.lifecycle import TERMINAL

ASK_SECONDS = 1.0
AWAY_SECONDS = 120.0
"""So long a server that does not answer is asked again: it may be starting anew, and the run goes on meanwhile."""
_SOURCES: dict[str, tuple[str, Callable[[str], Any]]] = {
    ".py": ("code", str),
    ".ipynb": ("notebook", json.loads),
    ".json": ("keras_json", json.loads),
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line asks for; `settings` are NAME=VALUE, the rest is as in a run request."""

    architecture: str
    dataset: str
    settings: tuple[str, ...] = ()
    name: str | None = None
    group: str | None = None
    tags: tuple[str, ...] = ()
    start_from: str | None = None


def train(asked: Asked, *, detach: bool, url: str | None = None, token: str | None = None) -> dict[str, Any]:
    """Queue the run, print its link and, unless detached, follow it; answer the run as it stands then."""
    console = Console()
    configuration = configured(asked.settings).json_object()  # what is wrong is said before anything is asked for
    with running_diceboard(url=url, token=token) as client:
        dataset = _dataset(client, asked.dataset)
        architecture = _architecture(client, asked.architecture, classes=len(dataset["classes"]))
        body = {
            "architecture": architecture,
            "dataset": dataset["id"],
            "configuration": configuration,
            "name": asked.name,
            "group": asked.group,
            "tags": asked.tags,
            "start_from": asked.start_from and {"run": asked.start_from},
        }
        run: dict[str, Any] = answered(client, "POST", "/runs", json=body)
        link = f"{str(client.base_url).removesuffix('/api/v1/')}/runs/{run['id']}"
        console.print(f"{escape(run['name'])}: {link}", soft_wrap=True)
        if detach:
            return run
        try:
            with _progress(console) as progress:
                run = _followed(client, run["id"], progress)
        except KeyboardInterrupt:
            console.print("The run goes on without this command; its page shows it and can stop it.")
            raise
    _show(console, run)
    return run


def _dataset(client: httpx.Client, text: str) -> dict[str, Any]:
    found = _named(client, "datasets", text)
    if found is None:
        raise NotFoundError(f"There is no dataset {text!r}. Bring one with `diceboard import` or `diceboard sample`.")
    if found["state"] != "ready":
        raise ConflictError(f"Dataset {found['name']} is {found['state']}: wait until it is ready, or choose another.")
    return found


def _architecture(client: httpx.Client, text: str, *, classes: int) -> str:
    """The id of the architecture of a file, a preset that is made to fit, an id or a name."""
    path = Path(text)
    if path.is_file():
        return _read(client, path)
    presets = {preset["name"] for preset in answered(client, "GET", "/architectures/presets")["items"]}
    if text in presets:
        body = {"preset": {"name": text, "options": {"classes": classes}}}
        return str(answered(client, "POST", "/architectures", json=body)["items"][0]["id"])
    found = _named(client, "architectures", text)
    if found is None:
        raise NotFoundError(
            f"There is no architecture {text!r}. Give a file of Keras code, a notebook or architecture JSON, an id, a name, "
            f"or a preset: {', '.join(sorted(presets))}."
        )
    return str(found["id"])


def _read(client: httpx.Client, path: Path) -> str:
    if path.suffix not in _SOURCES:
        raise InvalidError(f"{path.name} is not read here; give one of {', '.join(_SOURCES)}.")
    kind, reader = _SOURCES[path.suffix]
    try:
        content = reader(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidError(f"{path} cannot be read: {error}") from error
    found = answered(client, "POST", "/architectures", json={kind: content})["items"]
    if len(found) != 1:
        names = ", ".join(f"{entry['name']} ({entry['id']})" for entry in found) or "none"
        raise InvalidError(
            f"{path.name} defines {len(found)} networks: {names}. They are kept now: give the id of one in place of the file."
        )
    return str(found[0]["id"])


def _named(client: httpx.Client, kind: str, text: str) -> dict[str, Any] | None:
    """What has this id, or this name; raise InvalidError where several have it."""
    listed: list[dict[str, Any]] = answered(client, "GET", f"/{kind}", params={"q": text, "limit": 500})["items"]
    found = [entry for entry in listed if entry["name"] == text]
    if len(found) > 1:
        ids = ", ".join(entry["id"] for entry in found[:10])
        raise InvalidError(f"{len(found)} {kind} are called {text!r}. Give the id of one: {ids}.")
    if found:
        return found[0]
    response = client.get(f"/{kind}/{text}") if text.isalnum() else None
    return dict(response.json()) if response is not None and response.status_code == 200 else None


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}/{task.total:.0f}"))
    return Progress(*columns, TextColumn("{task.fields[reached]}"), TimeElapsedColumn(), console=console)


def _followed(client: httpx.Client, run_id: str, progress: Progress) -> dict[str, Any]:
    """Show how a run goes until it has ended; answer it."""
    task = progress.add_task("queued", total=1, reached="")
    heard = time.monotonic()
    while True:
        try:
            run: dict[str, Any] = answered(client, "GET", f"/runs/{run_id}")
            heard = time.monotonic()
        except UnavailableError:
            if time.monotonic() - heard > AWAY_SECONDS:
                raise
            time.sleep(ASK_SECONDS)
            continue
        done = run["progress"]
        progress.update(
            task, description=_description(run), completed=done["epoch"], total=done["epochs"], reached=_reached(run)
        )
        if run["state"] in TERMINAL:
            return run
        time.sleep(ASK_SECONDS)


def _description(run: dict[str, Any]) -> str:
    if run["state"] == "queued" and run["queue_position"]:
        return f"queued, no. {run['queue_position']}"
    return str(run["state"])


def _reached(run: dict[str, Any]) -> str:
    best = run["summary"].get("val_accuracy", {}).get("best")
    return "" if best is None else f"best validation accuracy {100 * best:.1f} %"


def _show(console: Console, run: dict[str, Any]) -> None:
    console.print(f"{run['state']} after {run['progress']['epoch']} of {run['progress']['epochs']} epochs")
    for split, found in run["evaluation"].items():
        loss = "is no number" if found["loss"] is None else f"{found['loss']:.4g}"
        console.print(f"{split}: accuracy {100 * found['accuracy']:.1f} %, cross-entropy {loss}")
    if run["error"]:
        console.print(escape(run["error"]))
