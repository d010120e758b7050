"""Several devices with JAX: `keras.distribution.DataParallel`, whose steps compute parts of every batch."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import jax
import keras

from app.core.errors import InvalidError
from app.core.runs import causes
from worker.trainer.data import Batches


class ShardedDevices:
    """XLA spreads each step over the devices; all that is computed is of the whole batch."""

    def __init__(self, count: int, *, cpu_devices: int) -> None:
        """Make them; before JAX has computed anything. InvalidError where there are not as many."""
        self.count = count
        jax.config.update("jax_num_cpu_devices", cpu_devices)  # type: ignore[no-untyped-call]
        names = keras.distribution.list_devices()
        if len(names) < count:
            raise InvalidError(causes.too_few_devices(count, seen=names))
        self._distribution = _WholeBatches(devices=names[:count])

    def scope(self) -> AbstractContextManager[Any]:
        """Keras's, in which every device has all variables."""
        scope: AbstractContextManager[Any] = self._distribution.scope()
        return scope

    def share(self, network: keras.Model) -> None:
        """Have XLA split every batch, and compile the steps, without which nothing is spread."""
        network.jit_compile = True
        network.train_step = self._split(network.train_step)
        network.test_step = self._split(network.test_step)

    def feed(self, batches: Batches) -> Batches:
        """The batches themselves."""
        return batches

    def callbacks(self) -> list[keras.callbacks.Callback]:
        """None: metrics are of the whole batch."""
        return []

    def _split(self, step: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        parts = keras.distribution.TensorLayout([self._distribution.batch_dim_name], self._distribution.device_mesh)

        def part_of(array: Any) -> Any:
            return None if array is None else keras.distribution.distribute_tensor(array, parts)

        def split(state: Any, batch: Any) -> Any:
            return step(state, keras.tree.map_structure(part_of, batch))

        return split


class _WholeBatches(keras.distribution.DataParallel):  # type: ignore[misc]
    """Brings every batch whole to every device: Keras could only split those that come out even."""

    def get_data_layout(self, data_shape: tuple[int, ...]) -> keras.distribution.TensorLayout:
        """The same on every device."""
        return keras.distribution.TensorLayout([None] * len(data_shape), self.device_mesh)
