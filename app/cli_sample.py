"""`diceboard sample`: rendered dice, into a folder or into the running Diceboard."""

from contextlib import closing
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from app.adapters.dice_renderer import render_dice
from app.cli_client import answered, followed, progress_bars, running_diceboard, show
from app.core.datasets.sample_dice.plan import planned
from app.core.datasets.sample_dice.request import SampleRequest
from app.core.errors import ConflictError, InvalidError

_ENDINGS = {"jpeg": ".jpg", "png": ".png"}


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
    images = list(planned(samples))
    console = Console()
    with progress_bars(console) as progress, closing(render_dice(samples, images, file_format=file_format)) as rendered:
        for image, content in progress.track(zip(images, rendered, strict=True), len(images), description="Rendering"):
            target = folder / image.folder / f"{image.name}{_ENDINGS[file_format]}"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
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


def _option(place: tuple[int | str, ...]) -> str:
    return "".join(f"--{part}: ".replace("_", "-") for part in place)
