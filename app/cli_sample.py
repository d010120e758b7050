"""`diceboard sample`: rendered dice, into a folder or into the running Diceboard."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from app.adapters import image_encoding
from app.cli_client import answered, followed, progress_bars, running_diceboard, show
from app.core.datasets.sample_dice.plan import PlannedImage, planned
from app.core.datasets.sample_dice.request import SampleRequest
from app.core.errors import ConflictError, InvalidError

_ENCODERS = {"jpeg": (".jpg", image_encoding.jpeg), "png": (".png", image_encoding.png)}
_WAITING = 64
"""Images that are in work or done and not yet counted: bounds what waits."""


def request_of(images_per_class: int, *, height: int, width: int, seed: int) -> SampleRequest:
    """What is asked for; raise InvalidError that names the options where it cannot be rendered."""
    try:
        return SampleRequest(images_per_class=images_per_class, height=height, width=width, seed=seed)
    except ValidationError as error:
        wrong = [f"{_option(item['loc'])}{item['msg']} (received {item['input']})"[:300] for item in error.errors()]
        raise InvalidError("; ".join(wrong)) from None


def write(samples: SampleRequest, folder: Path, *, file_format: str) -> int:
    """Render into a new or empty folder, as train, val and test with a folder per class; answer how many images."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConflictError(f"{str(folder)!r} is there already and not empty; name a new folder.")
    ending, encode = _ENCODERS[file_format]

    def written(image: PlannedImage) -> None:
        target = folder / image.folder / f"{image.name}{ending}"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(encode(image.render(samples)))

    console = Console()
    with progress_bars(console) as progress, ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        task = progress.add_task("Rendering", total=samples.images)
        submitted = (pool.submit(written, image) for image in planned(samples))
        for _ in _one_by_one(submitted):
            progress.advance(task)
    console.print(f"{samples.images:,} images in {escape(str(folder))}")
    return samples.images


def load(samples: SampleRequest, *, name: str | None = None, url: str | None = None, token: str | None = None) -> str:
    """Have the running Diceboard render them; wait until they are checked and print them; answer the dataset's id."""
    console = Console()
    wanted = samples.json_object() | ({} if name is None else {"name": name})
    with running_diceboard(url=url, token=token) as client:
        dataset_id = str(answered(client, "POST", "/datasets/samples", json=wanted)["id"])
        with progress_bars(console) as progress:
            dataset = followed(client, dataset_id, progress)
        show(console, client, dataset)
    return dataset_id


def _one_by_one(submitted: Iterable[Future[None]]) -> Iterator[None]:
    """Each as it is done, in order; only so many are submitted ahead."""
    source = iter(submitted)
    waiting = list(islice(source, _WAITING))
    while waiting:
        yield waiting.pop(0).result()
        waiting.extend(islice(source, 1))


def _option(place: tuple[int | str, ...]) -> str:
    return "".join(f"--{part}: ".replace("_", "-") for part in place)
