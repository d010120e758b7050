import numpy as np
import pytest

from app.core.datasets.sample_dice.solid import meet
from app.core.datasets.sample_dice.vectors import Floats


def rays(count: int = 4000, seed: int = 0) -> Floats:
    generator = np.random.default_rng(seed)
    directions = generator.uniform(-0.3, 0.3, (3, count)).astype(np.float32)
    directions[2] = -1
    return directions


def distance(points: Floats, rounding: float) -> Floats:
    """Of the rounded cube's surface, as everybody writes it."""
    outside = np.maximum(np.abs(points) - (1 - rounding), 0)
    found: Floats = np.linalg.norm(outside, axis=0) - rounding
    return found


@pytest.mark.parametrize("rounding", [0.04, 0.15, 0.38])
def test_rays_end_on_the_surface_with_its_normal(rounding: float) -> None:
    meeting = meet((0.4, -0.3, 6.0), rays(), rounding)
    assert 500 < len(meeting.rays) < 4000
    assert np.abs(distance(meeting.points, rounding)).max() < 0.031 * rounding
    assert np.linalg.norm(meeting.normals, axis=0) == pytest.approx(1, abs=1e-5)
    inside = meeting.points - meeting.normals * np.float32(rounding)
    assert (np.abs(inside) <= 1 - rounding + 0.031 * rounding).all()
    assert ((meeting.directions * meeting.normals).sum(axis=0) < 0.25).all()


def test_from_anywhere_rays_end_on_the_surface() -> None:
    generator = np.random.default_rng(0)
    for _ in range(40):
        eye = generator.normal(size=3)
        eye *= generator.uniform(5, 20) / np.linalg.norm(eye)
        aims = generator.uniform(-2, 2, (3, 2000))
        x, y, z = eye
        meeting = meet((x, y, z), (aims - eye[:, None]).astype(np.float32), 0.2)
        assert np.abs(distance(meeting.points, 0.2)).max() < 0.031 * 0.2


@pytest.mark.parametrize("eye", [(0.0, 0.0, 5.0), (3.0, 2.5, 4.0)])
@pytest.mark.parametrize("rounding", [0.04, 0.38])
def test_exactly_the_rays_that_come_close_enough_meet(rounding: float, eye: tuple[float, float, float]) -> None:
    directions = rays(seed=1)
    directions[:2] -= np.array([[eye[0] / eye[2]], [eye[1] / eye[2]]], dtype=np.float32)
    meets = np.zeros(directions.shape[1], dtype=bool)
    meets[meet(eye, directions, rounding).rays] = True
    steps = np.linspace(1.5, 6.6, 2400, dtype=np.float32)
    along = np.array(eye)[:, None, None] + directions[:, :, None] * steps
    nearest = distance(along.reshape(3, -1), rounding).reshape(len(meets), -1).min(axis=1)
    # Rays that graze the rounding may count as meeting it, but hardly any.
    assert nearest[meets].max() < 0.032 * rounding + 0.002
    assert (nearest[meets] > 0.002).mean() < 0.01
    assert (nearest[~meets] > -0.005).all()


def test_a_ray_that_passes_meets_nothing() -> None:
    away = np.array([[0.0, 0.5], [0.0, 0.0], [1.0, -1.0]], dtype=np.float32)
    assert len(meet((0.0, 0.0, 5.0), away, 0.1).rays) == 0
