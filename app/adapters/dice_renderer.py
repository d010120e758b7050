"""Dice rendered by all cores. `python -m app.adapters.dice_renderer SAMPLES FORMAT` is what each of them does."""

import base64
import json
import os
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import islice

from app.adapters.image_encoding import jpeg, png
from app.adapters.plain_processes import PlainProcesses
from app.core.datasets.sample_dice.plan import PlannedImage
from app.core.datasets.sample_dice.request import SampleRequest
from app.core.errors import UnavailableError

FORMATS = {"jpeg": jpeg, "png": png}
_PROGRAM = ("-m", "app.adapters.dice_renderer")
_PIXELS_AT_ONCE = 150_000
"""Asked of a process at once: a tenth of a second of work."""


def render_dice(
    samples: SampleRequest, images: Iterable[PlannedImage], *, file_format: str = "jpeg"
) -> Generator[bytes, None, None]:
    """Each image's file in order, JPEG or PNG; the processes are gone once the generator is closed or at its end."""
    processes = PlainProcesses([*_PROGRAM, samples.model_dump_json(), file_format], processes=os.cpu_count() or 1)
    try:
        for answer in processes.answers(_requests(samples, images)):
            if answer is None:
                raise UnavailableError("A process that renders dice was ended by something else. Try again.")
            yield from map(base64.b64decode, answer)
    finally:
        processes.close()


def _requests(samples: SampleRequest, images: Iterable[PlannedImage]) -> Iterator[list[dict[str, str | int]]]:
    source = iter(images)
    size = max(1, _PIXELS_AT_ONCE // (samples.height * samples.width))
    while batch := [vars(image) for image in islice(source, size)]:
        yield batch


def main(argv: Sequence[str]) -> int:
    """Answer requests until there are no more."""
    samples, encode = SampleRequest.model_validate_json(argv[0]), FORMATS[argv[1]]
    for line in sys.stdin:
        images = [PlannedImage(**fields) for fields in json.loads(line)]
        files = [base64.b64encode(encode(image.render(samples))).decode() for image in images]
        print(json.dumps(files), flush=True)  # noqa: T201 - its answer
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
