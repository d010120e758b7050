import io
import os
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from app.adapters import dice_renderer
from app.adapters.dice_renderer import render_dice
from app.core.datasets.sample_dice.plan import planned
from app.core.datasets.sample_dice.request import SampleRequest
from app.core.errors import UnavailableError
from app.core.ports import RenderDice
from tests.fakes.inline_dice import InlineDice

SMALL = SampleRequest(images_per_class=5, height=20, width=30, seed=4)


@pytest.mark.parametrize("render", [render_dice, InlineDice()], ids=["processes", "inline"])
def test_each_planned_image_has_its_file_in_order(render: RenderDice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dice_renderer, "_PIXELS_AT_ONCE", 4 * 20 * 30)
    images = list(planned(SMALL))
    with closing(render(SMALL, images)) as rendered:
        files = list(rendered)
    assert files == list(InlineDice()(SMALL, images))
    assert len(files) == 30


def test_a_png_keeps_every_pixel() -> None:
    images = list(islice(planned(SMALL), 2))
    for image, content in zip(images, render_dice(SMALL, images, file_format="png"), strict=True):
        with Image.open(io.BytesIO(content)) as opened:
            assert (np.asarray(opened) == image.render(SMALL)).all()


def test_who_stops_early_leaves_no_process_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dice_renderer, "_PIXELS_AT_ONCE", 1)
    before = set(psutil.Process().children())
    rendered = render_dice(SMALL, planned(SMALL))
    next(rendered)
    started = set(psutil.Process().children()) - before
    assert 1 <= len(started) <= (os.cpu_count() or 1)
    rendered.close()
    assert not started & set(psutil.Process().children())


def test_a_process_that_is_lost_is_an_error_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dice_renderer, "_PROGRAM", ("-c", "import sys; sys.stdin.readline(); sys.exit(9)"))
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    with pytest.raises(UnavailableError, match="ended"), closing(render_dice(SMALL, planned(SMALL))) as rendered:
        next(rendered)
