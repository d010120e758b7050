"""A picture of a scene: ground, shadows, the die, and what the camera makes of them."""

import numpy as np
from numpy.typing import NDArray

from app.core.datasets.sample_dice import body as bodies
from app.core.datasets.sample_dice import camera as cameras
from app.core.datasets.sample_dice import ground as grounds
from app.core.datasets.sample_dice import solid
from app.core.datasets.sample_dice.camera import Camera
from app.core.datasets.sample_dice.colourings import Finish, linear
from app.core.datasets.sample_dice.die import resting_height
from app.core.datasets.sample_dice.draws import Draws
from app.core.datasets.sample_dice.scene import Scene, Shot
from app.core.datasets.sample_dice.sensor import developed
from app.core.datasets.sample_dice.vectors import Floats, Vector, added, applied, mixed, scaled, transposed

SAMPLES = 2
"""Rays through each pixel of the die, along each of its sides."""
_AT_ONCE = 32_768
"""Points worked on together: what is computed of them stays in a core's cache."""


def render(scene: Scene, shot: Shot, *, height: int, width: int) -> NDArray[np.uint8]:
    """The photograph, as uint8 (height, width, 3)."""
    middle = (*shot.place, resting_height(shot.rotation, scene.body.rounding))
    camera = cameras.placed(shot, middle, height=height, width=width)
    light = _ground(scene, shot, middle, camera, height=height, width=width)
    _add_die(light, scene, shot, middle, camera)
    return developed(light, scene.optics, Draws(*shot.noise))


def _ground(scene: Scene, shot: Shot, middle: Vector, camera: Camera, *, height: int, width: int) -> Floats:
    light = np.empty((3, height, width), dtype=np.float32)
    columns = _centres(0, width)
    band = max(1, _AT_ONCE // width)
    caster = grounds.Caster(shot.rotation, middle, scene.body.rounding)
    for top in range(0, height, band):
        rows = _centres(top, min(height, top + band))
        rays = camera.directions(rows, columns)
        reach = np.float32(-camera.eye[2]) / np.minimum(rays[2], np.float32(-0.02))
        x = rays[0] * reach + np.float32(camera.eye[0])
        y = rays[1] * reach + np.float32(camera.eye[1])
        light[:, top : top + len(rows)] = _lit_ground(scene, caster, x, y, pixel=shot.distance / camera.focal)
    return light


def _lit_ground(scene: Scene, caster: grounds.Caster, x: Floats, y: Floats, *, pixel: float) -> Floats:
    colour = grounds.colour(scene.ground, x, y)
    if scene.marking is not None:
        colour = grounds.marked(scene.marking, colour, x, y, pixel=pixel)
    open_ = 1 - caster.closeness(x, y)
    shadows = [caster.shadow(lamp, x, y, pixel=pixel) for lamp in scene.lighting.lamps]
    colouring = scene.body.colouring
    is_clear = colouring.finish is Finish.CLEAR
    passing = scaled(linear(colouring.body), 0.55) if is_clear else (0.0, 0.0, 0.0)
    for channel in range(3):
        light = open_ * np.float32(scene.lighting.sky[channel])
        for shadow, lamp in zip(shadows, scene.lighting.lamps, strict=True):
            arriving = lamp.colour[channel] * lamp.towards[2]
            light += np.float32(arriving) - shadow * np.float32(arriving * (1 - passing[channel]))
        colour[channel] *= light
    return colour


def _add_die(light: Floats, scene: Scene, shot: Shot, middle: Vector, camera: Camera) -> None:
    height, width = light.shape[1:]
    rows, columns = cameras.outline(camera, cameras.corners(shot, middle), height=height, width=width)
    ground = mixed(scene.ground.first, scene.ground.second, 0.5)
    around = bodies.Surroundings.around(shot.rotation, middle[2], scene.lighting, ground)
    eye = applied(transposed(shot.rotation), added(camera.eye, scaled(middle, -1)))
    across = _centres(columns.start, columns.stop, SAMPLES)
    if not len(across):
        return
    band = max(1, _AT_ONCE // (SAMPLES * len(across)))
    for top in range(rows.start, rows.stop, band):
        bottom = min(rows.stop, top + band)
        rays = camera.directions(_centres(top, bottom, SAMPLES), across, seen_from=shot.rotation)
        meeting = solid.meet(eye, rays.reshape(3, -1), scene.body.rounding)
        if len(meeting.rays):
            seen = np.zeros((4, rays[0].size), dtype=np.float32)
            for channel, values in enumerate(bodies.shaded(scene.body, meeting, around)):
                seen[channel][meeting.rays] = values
            seen[3][meeting.rays] = 1
            part = light[:, top:bottom, columns]
            averaged = _averaged(seen.reshape(4, *rays.shape[1:]))
            part *= 1 - averaged[3]
            part += averaged[:3]


def _averaged(samples: Floats) -> Floats:
    rows = samples[:, 0::SAMPLES] + samples[:, 1::SAMPLES]
    return (rows[:, :, 0::SAMPLES] + rows[:, :, 1::SAMPLES]) * np.float32(1 / (SAMPLES * SAMPLES))


def _centres(start: int, stop: int, each: int = 1) -> Floats:
    return (np.arange((stop - start) * each, dtype=np.float32) + np.float32(0.5)) / each + start
