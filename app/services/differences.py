"""Use cases of differences: why two kept architectures differ, and the twin in which causes are repaired."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from app.core.architectures.architecture import Architecture, StoredArchitecture
from app.core.architectures.differences import Differences
from app.core.architectures.explain import explain, repaired
from app.core.architectures.layer_table import LayerTable
from app.core.errors import FieldError, InvalidError
from app.core.ports import Inspector
from app.services.architectures import ArchitectureService

COMPARISONS_KEPT = 64


@dataclass(frozen=True)
class Comparison:
    """Both sides with their layer tables, and what differs."""

    left: StoredArchitecture
    right: StoredArchitecture
    left_table: LayerTable
    right_table: LayerTable
    differences: Differences


@dataclass(frozen=True, eq=False)
class _Pair:
    """Two definitions; what differs follows from them and from the names of their parts alone."""

    left: Architecture
    right: Architecture

    @cached_property
    def digests(self) -> tuple[str, str]:
        return self.left.digest, self.right.digest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Pair) and self.digests == other.digests

    def __hash__(self) -> int:
        return hash(self.digests)


class DifferenceService:
    """Compares architectures by building mixtures of them without weights."""

    def __init__(self, *, architectures: ArchitectureService, inspector: Inspector) -> None:
        self._architectures = architectures
        self._inspector = inspector
        self._explained = lru_cache(COMPARISONS_KEPT)(self._explain)

    def between(self, left_id: str, right_id: str) -> Comparison:
        """Why the right one differs from the left one; NotFoundError where one of them is not kept."""
        left, right = self._architectures.get(left_id), self._architectures.get(right_id)
        left_table, right_table = self._inspector.layer_tables([left.architecture, right.architecture])
        differences = self._explained(_Pair(left.architecture, right.architecture))
        return Comparison(left, right, left_table, right_table, differences)

    def _explain(self, pair: "_Pair") -> Differences:
        return explain(pair.left, pair.right, self._inspector.layer_tables)

    def twin(self, left_id: str, right_id: str, cause_ids: Sequence[str]) -> StoredArchitecture:
        """Keep the left with these causes repaired as an architecture of its own."""
        found = self.between(left_id, right_id)
        known = [cause.id for cause in found.differences.causes]
        unknown = [name for name in cause_ids if name not in known]
        if unknown or not cause_ids:
            raise InvalidError(
                f"There is no cause {unknown[0]!r:.100} between these two." if unknown else "No cause was chosen.",
                errors=[FieldError("causes", f"expected some of: {', '.join(known) or 'none, nothing differs'}")],
            )
        left, right = found.left.architecture, found.right.architecture
        twin = repaired(left, right, self._inspector.layer_tables, causes=list(cause_ids))
        name = f"{left.name}, repaired"[:200]
        return self._architectures.keep(twin.model_copy(update={"name": name}))
