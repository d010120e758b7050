"""One attempt of a run from its row to its artifacts."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from app.adapters import devices
from app.core.architectures.architecture import Architecture, StoredArchitecture
from app.core.datasets.dataset import Dataset, ImageRecord, Split
from app.core.errors import InvalidError, NotFoundError
from app.core.runs import causes
from app.core.runs.class_weights import class_weights
from app.core.runs.evaluation import brief
from app.core.runs.exports import tolerance_of
from app.core.runs.images import images_of
from app.core.runs.lifecycle import TERMINAL, RunState
from app.core.runs.predicted import Predicted
from app.core.runs.run import Check, EventKind, Run
from app.networks import functional_twin
from app.services.bundle import ServiceBundle
from worker.pulse import Pulse, pulse_path
from worker.trainer.callbacks import DivergedError, OutOfTimeError, StoppedError
from worker.trainer.compiling import on_one_device, refuse_half_built
from worker.trainer.course import Course
from worker.trainer.data import Batches
from worker.trainer.evaluation import answers
from worker.trainer.exports import Exporter, told, versions
from worker.trainer.fit import Material, train
from worker.trainer.opened_again import Comparison, compared_images
from worker.trainer.parallel import devices_of
from worker.trainer.prepared import Prepared, prepare
from worker.trainer.rehearsal import Rehearsable, Rehearsed, network_of
from worker.trainer.reporting import Reporter
from worker.trainer.run_checkpoints import RunCheckpoints
from worker.trainer.starting import lent_weights, take_weights


class Training:
    """Prepares, fits, evaluates, exports; every write carries the attempt."""

    def __init__(
        self,
        services: ServiceBundle,
        run: Run,
        *,
        asked_to_stop: Callable[[], bool],
        rehearsed: Rehearsed | None = None,
    ) -> None:
        self._services = services
        self._run = run
        self._rehearsed = rehearsed
        self._asked_to_stop = asked_to_stop
        self._devices = devices_of(run.configuration.device.count, cpu_devices=services.settings.cpu_devices)
        self._data: Path = services.settings.data
        self._stored, self._dataset, self._images = self._read()
        self._course = Course(run.configuration)
        self._reporter = Reporter(
            run.id,
            run.attempt,
            metrics=services.metrics,
            database=services.database,
            sample=partial(devices.sample, devices.own_gpus()[: run.configuration.device.count]),
            beat=Pulse(pulse_path(self._data, run.id)).beat,
        )
        self._checkpoints = RunCheckpoints(services, run, reporter=self._reporter, asked_to_stop=asked_to_stop)

    @property
    def _architecture(self) -> Architecture:
        return self._stored.architecture

    def work(self) -> None:
        """Train to the end; raise StoppedError where the worker leaves, and anything that a new attempt may mend."""
        with self._checkpoints.carried():
            self._work()

    def _work(self) -> None:
        refuse_half_built(self._stored)
        self._move(RunState.PREPARING)
        prepared = self._prepare()
        self._move(RunState.STARTING)
        self._say_what_computes()
        network = self._network()
        self._checkpoints.bring(architecture=self._architecture.digest)
        self._move(RunState.RUNNING)
        try:
            self._train(network, prepared)
        except StoppedError:
            self._stop_if_a_person_asked(network, prepared)
            raise
        except OutOfTimeError:
            minutes = self._run.configuration.time_limit_minutes
            self._stop(network, prepared, reason=f"stopped at its time limit of {minutes:g} minutes")
            return
        except DivergedError as error:
            self._reporter.close()
            self._export(network, prepared, last=None)
            self._move(RunState.DIVERGED, reason=f"at step {error.step}", error=str(error))
            return
        self._finish(network, prepared)

    def _network(self) -> keras.Model:
        asked = self._run.configuration
        part = Rehearsable(architecture=self._architecture, configuration=asked, classes=len(self._classes))
        network = network_of(part, start=self._run.start_from, rehearsed=self._rehearsed, devices=self._devices)
        if self._run.start_from is None:
            part.note(self._data, parameters=network.count_params())
        if self._rehearsed is not None and network is self._rehearsed.network:
            self._reporter.event(EventKind.LOG, {"text": "The step of this network was traced before the run came."})
        return network

    def _say_what_computes(self) -> None:
        found = versions(devices=self._devices.count)
        with self._services.database.transaction() as transaction:
            transaction.runs.set_computed_by(self._run.id, attempt=self._run.attempt, computed_by=found)
        self._reporter.event(EventKind.LOG, {"text": told(found)})
        if devices.own_gpus() and found["device"] == "cpu":
            self._reporter.event(EventKind.LOG, {"text": causes.gpu_not_used(found["backend"])})

    def _prepare(self) -> Prepared:
        def tell(done: int, total: int) -> None:
            if self._asked_to_stop() or self._reporter.taken_over.is_set():
                raise StoppedError
            images = {"images_prepared": done, "images_to_prepare": total}
            self._reporter.progress(self._run.progress.model_copy(update=images))

        resize_mode = self._run.configuration.resize_mode
        try:
            return prepare(self._services, self._architecture, self._images, resize_mode=resize_mode, tell=tell)
        except NotFoundError as error:
            raise InvalidError(causes.images_gone(self._dataset.name, error.detail)) from error

    @property
    def _classes(self) -> tuple[str, ...]:
        assert self._dataset.version is not None
        return self._dataset.version.classes

    def _read(self) -> tuple[StoredArchitecture, Dataset, list[ImageRecord]]:
        with self._services.database.transaction() as transaction:
            stored = transaction.architectures.get(self._run.architecture_id)
            # Of the versions that there are by now, the one that the run was asked for.
            pinned = transaction.datasets.version(self._run.version_id)
            dataset = transaction.datasets.get(self._run.dataset_id).model_copy(update={"version": pinned})
            images = transaction.datasets.images(self._run.version_id)
        return stored, dataset, images_of(self._run, images)

    def _train(self, network: keras.Model, prepared: Prepared) -> None:
        material = Material(
            train=self._training_batches(prepared),
            validation=self._batches(prepared, Split.VALIDATION) if prepared.images[Split.VALIDATION] else None,
            classes=self._classes,
            devices=self._devices,
        )
        train(
            network,
            material,
            course=self._course,
            architecture=self._architecture,
            checkpoints=self._checkpoints.here,
            reporter=self._reporter,
            asked_to_stop=self._asked_to_stop,
            take_first_weights=lambda: self._take_first_weights(network),
        )

    def _take_first_weights(self, network: keras.Model) -> None:
        start = self._run.start_from
        if start is None:
            return
        with lent_weights(self._services, start, scratch=self._data / "scratch") as (source, path):
            taken = take_weights(network, self._architecture, start=start, source=source, path=path)
        self._reporter.event(EventKind.LOG, {"text": taken.text(start)})

    def _training_batches(self, prepared: Prepared) -> Batches:
        asked = self._run.configuration
        names = [image.class_name for image in prepared.images[Split.TRAIN]]
        weights = class_weights(asked.class_weights, self._classes, Counter(names))
        return self._batches(prepared, Split.TRAIN, seed=asked.seed, augmentation=asked.augmentation, weights=weights)

    def _batches(self, prepared: Prepared, split: Split, **more: Any) -> Batches:
        return Batches(
            prepared.pixels,
            rows=prepared.rows[split],
            labels=prepared.labels(split, self._classes),
            classes=len(self._classes),
            batch_size=self._run.configuration.batch_size,
            **more,
        )

    def _finish(self, network: keras.Model, prepared: Prepared) -> None:
        self._reporter.flush()
        self._move(RunState.EVALUATING)
        last = [np.array(array) for array in network.get_weights()]
        self._reporter.close()
        self._export(network, prepared, last=last)
        self._move(RunState.FINISHED)

    def _stop_if_a_person_asked(self, network: keras.Model, prepared: Prepared) -> None:
        with self._services.database.transaction() as transaction:
            if not transaction.runs.get(self._run.id).cancel_requested:
                return
        self._stop(network, prepared, reason="stopped on request")

    def _stop(self, network: keras.Model, prepared: Prepared, *, reason: str) -> None:
        self._reporter.close()
        self._export(network, prepared, last=[np.array(array) for array in network.get_weights()])
        self._move(RunState.STOPPED, reason=reason)

    def _export(self, network: keras.Model, prepared: Prepared, *, last: list[Any] | None) -> None:
        """Publish what there is; without `last` (weights that hold NaN are never kept) only the best, if any."""
        course = self._course
        network = on_one_device(network, self._architecture, self._run.configuration)
        exporter = Exporter(
            network,
            twin_of=lambda trained: functional_twin(trained, self._architecture),
            publish=self._publish,
            scratch=self._data / "scratch",
            facts=self._facts(prepared, ()),
            comparison=self._comparison(prepared),
        )
        best, last = course.best or last, last or course.best
        if not best or not last:
            return
        epochs = len(course.history)
        with self._services.database.transaction() as transaction:
            transaction.runs.forget_evaluation(self._run.id, attempt=self._run.attempt)
        exporter.networks(best=best, best_epoch=course.best_epoch or epochs, last=last, last_epoch=epochs)
        answered = self._evaluate(network, prepared)
        # The file first: what the row says follows from it.
        if answered:
            exporter.predictions(answered)
        self._tell(answered)
        exporter.history(course.history)
        exporter.record(self._facts(prepared, answered))

    def _evaluate(self, network: keras.Model, prepared: Prepared) -> list[Predicted]:
        """Ask the network as it stands (its best weights) about every split that was kept from training."""
        return [
            answers(
                network,
                self._batches(prepared, split),
                split=split,
                images=prepared.images[split],
                labels=prepared.labels(split, self._classes),
                classes=self._classes,
                beat=self._reporter.beat,
            )
            for split in (Split.VALIDATION, Split.TEST)
            if prepared.images[split]
        ]

    def _tell(self, answered: Sequence[Predicted]) -> None:
        evaluation: dict[str, Any] = {found.split.value: brief(found) for found in answered}
        with self._services.database.transaction() as transaction:
            transaction.runs.set_evaluation(self._run.id, attempt=self._run.attempt, evaluation=evaluation)
        events = [(EventKind.EVALUATION, {"split": split, **result}) for split, result in evaluation.items()]
        self._services.metrics.emit(self._run.id, attempt=self._run.attempt, events=events)

    def _comparison(self, prepared: Prepared) -> Comparison:
        asked = self._run.configuration
        images = compared_images(prepared.pixels, prepared.rows)
        return Comparison(images, batch_size=asked.batch_size, tolerance=tolerance_of(asked))

    def _publish(self, name: str, path: Path, *, epoch: int | None, check: Check | None = None) -> None:
        if name not in self._run.configuration.retention.left_out:
            self._services.artifacts.publish(
                self._run.id, attempt=self._run.attempt, name=name, path=path, epoch=epoch, check=check
            )
        self._reporter.beat()

    def _facts(self, prepared: Prepared, answered: Sequence[Predicted]) -> dict[str, Any]:
        version = self._dataset.version
        return {
            "run": self._run.id,
            "name": self._run.name,
            "configuration": self._run.configuration.json_object(),
            "start_from": self._run.start_from and self._run.start_from.json_object(),
            "architecture": {"id": self._stored.id, "digest": self._stored.digest, "style": self._architecture.style},
            "dataset": {"id": self._dataset.id, "version": self._run.version_id, "digest": version and version.digest},
            "classes": list(self._classes),
            "preprocessing": prepared.preprocessing,
            "versions": versions(devices=self._devices.count),
            "best_epoch": self._course.best_epoch,
            "weights_digest": {record.epoch: record.weights_digest for record in self._course.history},
            "metrics": {found.split.value: brief(found) for found in answered},
        }

    def _move(self, state: RunState, *, reason: str | None = None, error: str | None = None) -> None:
        if state in TERMINAL:
            self._checkpoints.close()  # from then on its supervisor lets this process go on no longer
        self._services.runs.move(self._run.id, state, attempt=self._run.attempt, reason=reason, error=error)
