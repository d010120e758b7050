"""One export from its row to its artifact."""

import json
from pathlib import Path

import numpy as np

from app.adapters.scratch import scratch_folder
from app.core.errors import InvalidError
from app.core.runs.exports import Export, ExportFormat, tolerance_of
from app.core.runs.run import Check
from app.core.runs.script import ScriptFacts
from app.core.values import JsonObject
from app.services.bundle import ServiceBundle
from worker.exporter.everything import everything
from worker.exporter.formats import predicted, write
from worker.exporter.trained import Trained, trained


class Maker:
    """Makes files of one network, each opened again and compared before anybody gets it."""

    def __init__(self, network: Trained, facts: JsonObject, *, tolerance: float) -> None:
        self.trained = network
        self.facts = facts
        self.architecture: str = network.network.to_json()
        self._tolerance = tolerance

    def make(self, made: ExportFormat, path: Path) -> Check:
        """Write it and compare; InvalidError where what it answers differs by more than rounding."""
        write(made, self.trained.network, path, self.facts)
        found = predicted(made, path, self.trained.images, architecture=self.architecture)
        expected = self.trained.probabilities
        if found.shape != expected.shape or not np.isfinite(found).all():
            raise InvalidError(
                f"{path.name} was made, but answers {found.shape} numbers, some of them perhaps not finite, where the "
                f"trained network answers {expected.shape}. It is not offered."
            )
        difference = float(np.abs(found.astype(np.float64) - expected).max())
        if difference > self._tolerance:
            raise InvalidError(
                f"{path.name} was made, but opened again its probabilities differ from the trained network's by up to "
                f"{difference:.2g} on {len(expected)} images; rounding explains {self._tolerance:g}. It is not offered."
            )
        return Check(largest_difference=difference, images=len(expected), tolerance=self._tolerance)


def make(services: ServiceBundle, export: Export) -> None:
    """Make the file and publish it; what goes wrong for good is raised as InvalidError."""
    facts = services.scripts.facts(export.run_id, origin="")
    with scratch_folder(services.settings.data / "scratch") as folder:
        network = trained(services, facts, export.request.epoch, scratch=folder)
        told = facts_of(services, facts, epoch=network.epoch)
        maker = Maker(network, told, tolerance=tolerance_of(facts.run.configuration))
        path = folder / export.name
        if export.request.format is ExportFormat.ZIP:
            check = everything(services, facts, export, maker=maker, path=path)
        else:
            check = maker.make(export.request.format, path)
        services.exports.publish(export, path, epoch=network.epoch, check=check)


def facts_of(services: ServiceBundle, facts: ScriptFacts, *, epoch: int | None) -> JsonObject:
    """What run.json says, and of which epoch the weights are."""
    artifact = services.artifacts.get(facts.run.id, "run.json")
    told = json.loads(b"".join(services.artifacts.stream(artifact)))
    return {**told, "epoch": epoch}
