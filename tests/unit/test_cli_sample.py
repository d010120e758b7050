"""What `diceboard sample FOLDER` does without anything being started."""

from pathlib import Path

import numpy as np
from PIL import Image
from typer.testing import CliRunner

from app.cli import cli
from app.core.datasets.sample_dice.plan import planned
from app.core.datasets.sample_dice.request import SampleRequest

OPTIONS = ["--images-per-class", "3", "--height", "20", "--width", "24", "--seed", "5"]


def test_a_png_has_exactly_the_rendered_pixels(tmp_path: Path) -> None:
    answer = CliRunner().invoke(cli, ["sample", str(tmp_path / "dice"), *OPTIONS, "--format", "png"])
    assert answer.exit_code == 0, answer.output
    request = SampleRequest(images_per_class=3, height=20, width=24, seed=5)
    images = list(planned(request))
    assert len(list((tmp_path / "dice").rglob("*.png"))) == len(images) == 18
    with Image.open(tmp_path / "dice" / images[4].folder / f"{images[4].name}.png") as opened:
        assert (np.asarray(opened) == images[4].render(request)).all()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    answer = CliRunner().invoke(cli, ["sample", str(tmp_path), *OPTIONS])
    assert answer.exit_code == 1
    assert "name a new folder" in answer.output
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_option_out_of_range_is_named(tmp_path: Path) -> None:
    answer = CliRunner().invoke(cli, ["sample", str(tmp_path / "dice"), "--images-per-class", "2"])
    assert answer.exit_code == 1
    assert "--images-per-class" in answer.output
    assert not (tmp_path / "dice").exists()
