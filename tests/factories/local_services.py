"""The application's services without its other processes: the inspector answers in the test's own, messages are kept."""

from dataclasses import replace

from app.adapters.clock import new_id, utc_now
from app.core.architectures.layer_table import LayerTable
from app.services.bundle import ServiceBundle
from app.services.runs import RunService
from app.services.starting_weights import StartingWeights
from app.services.training_plans import PlanService
from tests.fakes.inspector import LocalInspector
from tests.fakes.queue import RememberedTasks


def with_local_inspector(services: ServiceBundle) -> ServiceBundle:
    """The same services, whose runs wait for no other process."""
    inspector = LocalInspector()

    def layer_table(architecture_id: str) -> LayerTable:
        return inspector.layer_table(services.architectures.get(architecture_id).architecture)

    plans = PlanService(
        database=services.database, layer_table=layer_table, alive_within_seconds=services.settings.lease_seconds
    )
    runs = RunService(
        database=services.database,
        queue=RememberedTasks(),
        event_log=services.event_log,
        clock=utc_now,
        new_id=new_id,
        plans=plans,
        starts=StartingWeights(database=services.database, layer_table=layer_table),
    )
    return replace(services, inspector=inspector, plans=plans, runs=runs)
