"""How fast dice are rendered, and what a network that has seen nothing else makes of real photographs.

`python -m tests.benchmarks.sample_dice --transfer [FOLDER ...]` trains the compact network on renders alone (some
minutes) and tests it on folders of real dice (a folder per class, anywhere below).
"""

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.adapters.dice_renderer import render_dice
from app.adapters.images import PillowImages
from app.core.architectures.presets import build_preset
from app.core.datasets.preparation import ColorMode, Preparation
from app.core.datasets.sample_dice.plan import planned
from app.core.datasets.sample_dice.request import SampleRequest
from app.core.intervals import wilson_interval
from tests.factories.dice import casino_dice

Images = NDArray[np.uint8]
FED = Preparation(height=64, width=64, color_mode=ColorMode.GRAYSCALE)
SIZES = ((96, 96, 2000), (480, 640, 60))
IMAGES_PER_CLASS, EPOCHS, BATCH = 600, 16, 64


def measured() -> Iterator[str]:
    """Lines that say how many images are rendered as JPEGs in a second, the start of the processes included."""
    for height, width, count in SIZES:
        request = SampleRequest(images_per_class=count, height=height, width=width)
        began = time.perf_counter()
        for _ in render_dice(request, islice(planned(request), count)):
            pass
        rate = count / (time.perf_counter() - began)
        yield f"{rate:8.1f} /s  {count} dice rendered at {height} by {width}, a process for each of {os.cpu_count()} cores"


def transferred(folders: Sequence[Path], *, images_per_class: int, epochs: int, seed: int) -> Iterator[str]:
    """Lines that say how a network trained on renders does on renders it has not seen, and on real photographs."""
    import keras  # noqa: PLC0415 - only this needs it

    from app.networks.build import build  # noqa: PLC0415

    reader = PillowImages(50_000_000)
    sets = _rendered(SampleRequest(images_per_class=images_per_class, seed=seed), reader)
    keras.utils.set_random_seed(seed)
    network = build(build_preset("compact-functional", {}))
    network.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    def rate(epoch: int, _: float) -> float:
        return 1e-3 if epoch < epochs / 2 else 3e-4 if epoch < 0.8 * epochs else 1e-4

    slower = keras.callbacks.LearningRateScheduler(rate)
    network.fit(*_arrays(sets["train"]), epochs=epochs, batch_size=BATCH, verbose=0, callbacks=[slower])
    yield _result("renders of scenes not trained on", network, sets["test"])
    for folder in folders:
        yield _result(f"real photographs in {folder.name}", network, _photographs(folder, reader))


def _rendered(request: SampleRequest, reader: PillowImages) -> dict[str, list[tuple[Images, int]]]:
    images = list(planned(request))
    sets: dict[str, list[tuple[Images, int]]] = {}
    for image, content in zip(images, render_dice(request, images), strict=True):
        split = image.folder.split("/")[0]
        sets.setdefault(split, []).append((reader.decode(content, FED), image.value - 1))
    return sets


def _photographs(folder: Path, reader: PillowImages) -> list[tuple[Images, int]]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.parent.name in set("123456")]
    return [(reader.decode(path.read_bytes(), FED), int(path.parent.name) - 1) for path in files]


def _result(what: str, network: Any, images: list[tuple[Images, int]]) -> str:
    pixels, labels = _arrays(images)
    right = int((network.predict(pixels, verbose=0).argmax(axis=1) == labels).sum())
    low, high = wilson_interval(right, len(labels))
    share = f"{right} of {len(labels)} = {right / len(labels):.1%}"
    return f"{share} (95 % interval {low:.1%} to {high:.1%}, chance 16.7 %)  {what}"


def _arrays(images: list[tuple[Images, int]]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    pixels = np.stack([image for image, _ in images]).astype(np.float32) / 255
    return pixels, np.array([label for _, label in images])


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--transfer", nargs="*", type=Path, metavar="FOLDER")
    parser.add_argument("--images-per-class", type=int, default=IMAGES_PER_CLASS)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    lines = measured()
    if options.transfer is not None:
        folders = options.transfer or [casino_dice()]
        sizes = {"images_per_class": options.images_per_class, "epochs": options.epochs, "seed": options.seed}
        lines = transferred(folders, **sizes)
    for line in lines:
        print(line, flush=True)  # noqa: T201 - its output is what it is for


if __name__ == "__main__":
    main()
