"""All use cases of one process, put together over one set of adapters."""

from dataclasses import dataclass

from app.core.ports import BlobStore, Database, EventLog, Inspector, TaskQueue
from app.services.architectures import ArchitectureService
from app.services.artifacts import ArtifactService
from app.services.comparisons import ComparisonService
from app.services.curves import CurveService
from app.services.dataset_statistics import StatisticsService
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
from app.services.storage import StorageService
from app.services.training_plans import PlanService
from app.services.twins import TwinService
from app.services.workers import WorkerService
from app.settings import Settings


@dataclass(frozen=True)
class ServiceBundle:
    """What a door (web, worker, command) opens onto."""

    settings: Settings
    database: Database
    blobs: BlobStore
    queue: TaskQueue
    event_log: EventLog
    inspector: Inspector
    architectures: ArchitectureService
    definitions: DefinitionService
    sources: SourceService
    drafts: DraftService
    differences: DifferenceService
    datasets: DatasetService
    images: ImageService
    statistics: StatisticsService
    samples: SampleService
    runs: RunService
    plans: PlanService
    run_queue: QueueService
    metrics: MetricsService
    predictions: PredictionService
    comparisons: ComparisonService
    curves: CurveService
    twins: TwinService
    artifacts: ArtifactService
    evaluations: EvaluationService
    significance: SignificanceService
    scripts: ScriptService
    exports: ExportService
    reports: ReportService
    storage: StorageService
    workers: WorkerService
    logins: LoginService
