"""What the layers of a network see of an image: their channels side by side as one gray picture."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from app.adapters.image_encoding import png_address
from app.core.runs.predictions import FeatureMaps
from app.networks import layer_of
from worker.predictor.networks import Images, LoadedNetwork, scaled

MOST_CHANNELS = 64
FEW_CHANNELS = 8
LARGEST_SIDE = 256
"""Of one channel in the picture; a larger one is shown by every second, third, ... of its numbers."""
NUMBERS_IN_A_ROW = 64
_GAP = 1


def feature_maps(
    loaded: LoadedNetwork, image: Images, *, calls: Sequence[str], most_channels: int
) -> list[FeatureMaps]:
    """What these calls yield for one image, (1, height, width, channels), with up to so many channels of each."""
    results = loaded.observed(calls)(scaled(image), training=False)
    tensors = results if isinstance(results, list | tuple) else [results]
    return [
        shown(call, np.asarray(tensor[0]), first=_is_channels_first(loaded, call), most_channels=most_channels)
        for call, tensor in zip(calls, tensors, strict=True)
    ]


def shown(call: str, values: NDArray[Any], *, first: bool, most_channels: int) -> FeatureMaps:
    """One image's result, without the batch: (height, width, channels), (steps, channels), (units,), or more axes.

    `first` says that the channels stand first.
    """
    shape = tuple(int(size) for size in values.shape)
    if values.ndim == 0 or values.ndim > 3 or not values.size:
        return FeatureMaps(call=call, shape=shape, why_none=f"A result of {values.ndim} axes is no picture.")
    values = values.astype(np.float64)
    if values.ndim < 3:
        return _pictured(call, shape, [_strip(values)], channels=shape[-1], silent=int((values == 0).sum()))
    maps = values if first else np.moveaxis(values, -1, 0)
    step = math.ceil(max(maps.shape[1:]) / LARGEST_SIDE)
    silent = int((maps == maps[:, :1, :1]).all(axis=(1, 2)).sum())
    few = [channel[::step, ::step] for channel in maps[:most_channels]]
    return _pictured(call, shape, few, channels=len(maps), silent=silent)


def _strip(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers in rows of up to NUMBERS_IN_A_ROW, the last row filled with NaN; two axes stay what they are."""
    if values.ndim == 2:
        return values[:LARGEST_SIDE, :LARGEST_SIDE]
    some = values[: NUMBERS_IN_A_ROW * LARGEST_SIDE]
    width = min(NUMBERS_IN_A_ROW, len(some))
    filled = np.full(math.ceil(len(some) / width) * width, np.nan)
    filled[: len(some)] = some
    return filled.reshape(-1, width)


def _pictured(
    call: str, shape: tuple[int, ...], tiles: list[NDArray[np.float64]], *, channels: int, silent: int
) -> FeatureMaps:
    finite = np.concatenate([tile[np.isfinite(tile)] for tile in tiles])
    lowest, highest = (float(finite.min()), float(finite.max())) if finite.size else (None, None)
    columns = math.ceil(math.sqrt(len(tiles))) if len(tiles) > FEW_CHANNELS else len(tiles)
    picture = png_address(_gray(_grid(tiles, columns), lowest or 0.0, highest or 0.0))
    return FeatureMaps(
        call=call,
        shape=shape,
        channels=channels,
        shown=len(tiles) if len(shape) == 3 else channels,
        columns=columns,
        silent=silent,
        lowest=lowest,
        highest=highest,
        picture=picture,
    )


def _grid(tiles: list[NDArray[np.float64]], columns: int) -> NDArray[np.float64]:
    """The tiles row by row with a gap between them; what is not filled is NaN."""
    height, width = tiles[0].shape
    rows = math.ceil(len(tiles) / columns)
    grid = np.full((rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP), np.nan)
    for number, tile in enumerate(tiles):
        top, left = number // columns * (height + _GAP), number % columns * (width + _GAP)
        grid[top : top + height, left : left + width] = tile
    return grid


def _gray(values: NDArray[np.float64], lowest: float, highest: float) -> NDArray[np.uint8]:
    """The range as black to white; NaN (the gaps between channels) as the gray in the middle."""
    span = highest - lowest
    shares = (values - lowest) / span if span > 0 else np.where(np.isnan(values), np.nan, 0.0)
    shares = np.nan_to_num(shares, nan=0.5, posinf=1.0, neginf=0.0)
    gray: NDArray[np.uint8] = np.rint(np.clip(shares, 0, 1) * 255).astype(np.uint8)
    return gray


def _is_channels_first(loaded: LoadedNetwork, call: str) -> bool:
    used = next((entry.layer for entry in loaded.architecture.calls if entry.id == call), None)
    layer: keras.Layer | None = None if used is None else layer_of(loaded.network, used)
    return getattr(layer, "data_format", None) == "channels_first"
