"""Puts services and adapters together for one process. Used by `main`, `cli` and the worker; nothing else."""

from collections.abc import Sequence

from app.adapters.archives import ArchiveReader
from app.adapters.blob_store import PATIENT_SECONDS, SOON_SECONDS, ObstoreBlobs
from app.adapters.clock import new_id, utc_now
from app.adapters.database import SqlDatabase
from app.adapters.dice_renderer import render_dice
from app.adapters.event_log import ValkeyEventLog
from app.adapters.image_encoding import png
from app.adapters.image_files import PillowImageFiles
from app.adapters.image_pool import ImagePool
from app.adapters.images import PillowImages
from app.adapters.inspector import InspectorClient
from app.adapters.kept_epochs import KeptEpochs
from app.adapters.prediction_pictures import PillowPictures
from app.adapters.predictor import ValkeyPredictor
from app.adapters.room_on_disk import RoomOnDisk
from app.adapters.task_queue import CeleryTaskQueue
from app.adapters.zip_stream import zipped
from app.services.architectures import ArchitectureService
from app.services.artifacts import ArtifactService
from app.services.bundle import ServiceBundle
from app.services.comparisons import ComparisonService
from app.services.curves import CurveService
from app.services.dataset_statistics import StatisticsService
from app.services.dataset_uploads import UploadLimits
from app.services.datasets import DatasetService
from app.services.definitions import DefinitionService
from app.services.differences import DifferenceService
from app.services.drafts import DraftService
from app.services.evaluations import EvaluationService
from app.services.images import ImageService
from app.services.logins import LoginService
from app.services.metrics import MetricsService
from app.services.predictions import PredictionService
from app.services.reports import ReportService
from app.services.run_exports import ExportService
from app.services.run_queue import QueueService
from app.services.run_scripts import ScriptService
from app.services.runs import RunService
from app.services.sample_dice import SampleService
from app.services.significance import SignificanceService
from app.services.sources import SourceService
from app.services.starting_weights import StartingWeights
from app.services.storage import StorageService
from app.services.training_plans import PlanService
from app.services.twins import TwinService
from app.services.workers import RecoversWork, WorkerService
from app.settings import Settings


def compose(settings: Settings, *, patient: bool = False) -> ServiceBundle:
    """All over the settings' database, storage and broker, none opened yet; a `patient` process waits where one is away."""
    database, blobs = _stores(settings, patience_seconds=PATIENT_SECONDS if patient else 0.0)
    queue = CeleryTaskQueue(settings)
    event_log, inspector = ValkeyEventLog(settings.broker), InspectorClient(settings.socket("inspector"))
    datasets, samples = _datasets(settings, database, blobs, queue)
    images, statistics = _images(settings, database, blobs, queue)
    scripts, exports, reports = _files(settings, database, blobs, queue)
    architectures = ArchitectureService(database=database, inspector=inspector, clock=utc_now, new_id=new_id)
    sources = SourceService(database=database, blobs=blobs, clock=utc_now)
    definitions = DefinitionService(architectures=architectures, inspector=inspector)
    curves, twins, evaluations, significance = _results(database, blobs)
    plans, runs = _runs(settings, database, queue, event_log, architectures)
    return ServiceBundle(
        settings=settings,
        database=database,
        blobs=blobs,
        queue=queue,
        event_log=event_log,
        inspector=inspector,
        architectures=architectures,
        definitions=definitions,
        sources=sources,
        drafts=DraftService(inspector=inspector, read_code=definitions.read_draft),
        differences=DifferenceService(architectures=architectures, inspector=inspector),
        datasets=datasets,
        images=images, statistics=statistics, samples=samples,
        runs=runs, plans=plans,
        run_queue=QueueService(database=database, queue=queue, event_log=event_log),
        metrics=MetricsService(database=database, event_log=event_log),
        comparisons=ComparisonService(database=database), curves=curves, twins=twins,
        predictions=_predictions(settings, database, blobs),
        storage=StorageService(database=database, blobs=blobs, folder=RoomOnDisk(settings.data), clock=utc_now),
        artifacts=ArtifactService(database=database, blobs=blobs, event_log=event_log, clock=utc_now),
        logins=LoginService(database=database, clock=utc_now),
        scripts=scripts, exports=exports, reports=reports,
        evaluations=evaluations, significance=significance,
        workers=_workers(settings, database, queue, runs, sources, (samples, datasets, statistics, exports)),
    )  # fmt: skip


def _stores(settings: Settings, *, patience_seconds: float) -> tuple[SqlDatabase, ObstoreBlobs]:
    """Patience is for work that nobody waits for, and that would have to be done again."""
    database = SqlDatabase(settings.sqlalchemy_url, clock=utc_now, new_id=new_id, patience_seconds=patience_seconds)
    return database, ObstoreBlobs(
        settings.blobs, settings.storage_options, patience_seconds=max(SOON_SECONDS, patience_seconds)
    )


def _datasets(
    settings: Settings, database: SqlDatabase, blobs: ObstoreBlobs, queue: CeleryTaskQueue
) -> tuple[DatasetService, SampleService]:
    datasets = DatasetService(
        database=database,
        blobs=blobs,
        images=ImagePool(
            settings.blobs, largest_pixels=settings.largest_image_pixels, folder=settings.data / "scratch"
        ),
        queue=queue,
        clock=utc_now,
        new_id=new_id,
        read_archive=ArchiveReader(settings.largest_image_bytes, settings.data / "tmp").members,
        limits=UploadLimits(
            largest_upload_bytes=settings.largest_upload_bytes,
            reserve_bytes=settings.reserve_bytes,
            waiting_room=settings.data / "tmp",
        ),
    )
    samples = SampleService(
        database=database,
        blobs=blobs,
        queue=queue,
        clock=utc_now,
        new_id=new_id,
        render_dice=render_dice,
        datasets=datasets,
    )
    return datasets, samples


def _runs(
    settings: Settings,
    database: SqlDatabase,
    queue: CeleryTaskQueue,
    event_log: ValkeyEventLog,
    architectures: ArchitectureService,
) -> tuple[PlanService, RunService]:
    tables = architectures.layer_table
    plans = PlanService(database=database, layer_table=tables, alive_within_seconds=settings.lease_seconds)
    starts = StartingWeights(database=database, layer_table=tables)
    runs = RunService(
        database=database, queue=queue, event_log=event_log, clock=utc_now, new_id=new_id, plans=plans, starts=starts
    )
    return plans, runs


def _images(
    settings: Settings, database: SqlDatabase, blobs: ObstoreBlobs, queue: CeleryTaskQueue
) -> tuple[ImageService, StatisticsService]:
    pictures = PillowImages(settings.largest_image_pixels)
    images = ImageService(database=database, blobs=blobs, files=PillowImageFiles(pictures))
    statistics = StatisticsService(database=database, blobs=blobs, queue=queue, decode=pictures.decode, encode=png)
    return images, statistics


def _results(
    database: SqlDatabase, blobs: ObstoreBlobs
) -> tuple[CurveService, TwinService, EvaluationService, SignificanceService]:
    curves = CurveService(database=database, blobs=blobs)
    evaluations = EvaluationService(database=database, blobs=blobs, curves=curves)
    significance = SignificanceService(database=database, evaluations=evaluations)
    return curves, TwinService(database=database, curves=curves), evaluations, significance


def _predictions(settings: Settings, database: SqlDatabase, blobs: ObstoreBlobs) -> PredictionService:
    return PredictionService(
        database=database,
        blobs=blobs,
        predictor=ValkeyPredictor(settings.broker),
        decode=PillowImages(settings.largest_image_pixels).decode,
        pictures=PillowPictures(),
    )


def _files(
    settings: Settings, database: SqlDatabase, blobs: ObstoreBlobs, queue: CeleryTaskQueue
) -> tuple[ScriptService, ExportService, ReportService]:
    exports = ExportService(
        database=database,
        blobs=blobs,
        queue=queue,
        clock=utc_now,
        new_id=new_id,
        kept_epochs=KeptEpochs(settings.data, blobs if settings.shares_storage else None).of,
    )
    reports = ReportService(database=database, blobs=blobs, clock=utc_now, new_id=new_id)
    return ScriptService(database=database, blobs=blobs, zipped=zipped), exports, reports


def _workers(
    settings: Settings,
    database: SqlDatabase,
    queue: CeleryTaskQueue,
    runs: RunService,
    sources: SourceService,
    unfinished: Sequence[RecoversWork],
) -> WorkerService:
    return WorkerService(
        database=database,
        queue=queue,
        runs=runs,
        sources=sources,
        unfinished=unfinished,
        lease_seconds=settings.lease_seconds,
    )
