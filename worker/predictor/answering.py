"""Answers to questions about images, one at a time."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from app.adapters.images import PillowImages
from app.core.datasets.names import image_key
from app.core.errors import BrokenImageError, DiceboardError, InvalidError, NotFoundError
from app.core.runs.predictions import Answer, AskAboutImage, AskAboutImages, AskToBeReady, Look
from app.services.bundle import ServiceBundle
from worker.predictor.feature_maps import FEW_CHANNELS, MOST_CHANNELS, feature_maps
from worker.predictor.heat_map import heat_map
from worker.predictor.networks import Images, LoadedNetwork, WarmNetworks


class Answering:
    """Knows the networks that are warm, and where the images of datasets are."""

    def __init__(self, services: ServiceBundle) -> None:
        self._read = services.blobs.get_bytes
        self._decode = PillowImages(services.settings.largest_image_pixels).decode
        self._networks = WarmNetworks(services, most_bytes=services.settings.predictor_bytes)

    def answer(self, question: AskAboutImage | AskAboutImages | AskToBeReady, pixels: bytes) -> Answer | DiceboardError:
        """The answer, or why there is none."""
        try:
            loaded = self._networks.get(question.network, question.preparation)
            if isinstance(question, AskAboutImage):
                return _about_image(loaded, _array(pixels, question.preparation.shape), question.look)
            return self._about_images(loaded, question) if isinstance(question, AskAboutImages) else Answer()
        except DiceboardError as error:
            return error
        except MemoryError:
            return InvalidError("There is not enough memory on the worker for this network and this image.")
        except Exception as error:  # noqa: BLE001 -- Keras raises what it likes, and one network must not end the answers of all others
            return InvalidError(f"This network cannot answer: {type(error).__name__}: {str(error)[:500]}")

    def _about_images(self, loaded: LoadedNetwork, question: AskAboutImages) -> Answer:
        decode = partial(self._decode, preparation=question.preparation)
        broken: dict[int, str] = {}
        arrays: dict[int, NDArray[np.uint8]] = {}
        for place, digest in enumerate(question.digests):
            try:
                arrays[place] = decode(self._read(image_key(digest)))
            except (BrokenImageError, NotFoundError) as error:
                broken[place] = error.detail
        rows: dict[int, tuple[float | None, ...]] = {}
        if arrays:
            found = loaded.probabilities(np.stack(list(arrays.values())))
            rows = dict(zip(arrays, map(_finite, found), strict=True))
        return Answer(probabilities=tuple(rows.get(place) for place in range(len(question.digests))), broken=broken)


def _about_image(loaded: LoadedNetwork, image: Images, look: Look) -> Answer:
    [probabilities] = loaded.probabilities(image)
    calls = [*(call.id for call in loaded.architecture.calls if look.layers)] if look.call is None else [look.call]
    if look.call is not None and look.call not in {call.id for call in loaded.architecture.calls}:
        known = ", ".join(call.id for call in loaded.architecture.calls)
        raise InvalidError(f"The architecture has no call {look.call!r:.100}. It has: {known:.1000}.")
    of_class = look.of_class if look.of_class is not None else int(np.nan_to_num(probabilities, nan=-1.0).argmax())
    most = FEW_CHANNELS if look.call is None else MOST_CHANNELS
    return Answer(
        probabilities=(_finite(probabilities),),
        heat_map=heat_map(loaded, image, of_class=of_class) if look.heat_map else None,
        layers=tuple(feature_maps(loaded, image, calls=calls, most_channels=most)) if calls else (),
    )


def _array(pixels: bytes, shape: tuple[int, int, int]) -> Images:
    if len(pixels) != int(np.prod(shape)):
        raise InvalidError(
            f"Expected the {np.prod(shape)} bytes of one image of shape {shape}, received {len(pixels)}."
        )
    return np.frombuffer(pixels, dtype=np.uint8).reshape(1, *shape)


def _finite(row: NDArray[np.float32]) -> tuple[float | None, ...]:
    return tuple(float(value) if np.isfinite(value) else None for value in row)
