"""Differences of two architectures over REST. Mounted before `architectures`, whose ids would take its addresses."""

from typing import Any

from fastapi import APIRouter, Query
from pydantic import Field

from app.core.values import Value
from app.web.dependencies import Services
from app.web.figures.pair_diagram import pair_diagram
from app.web.figures.palette import ThemeName

router = APIRouter(prefix="/architectures/differences", tags=["architectures"])


class Repair(Value):
    """Which causes to repair in the left one of two architectures."""

    left: str = Field(max_length=100)
    right: str = Field(max_length=100)
    causes: tuple[str, ...] = Field(min_length=1, max_length=500)


@router.get("")
def differences(
    services: Services, left: str = Query(max_length=100), right: str = Query(max_length=100)
) -> dict[str, Any]:
    """What differs row by row, the causes with their proofs, the consequences, and what is no cause."""
    return services.differences.between(left, right).differences.json_object()


@router.get("/figure")
def figure(
    services: Services,
    left: str = Query(max_length=100),
    right: str = Query(max_length=100),
    theme: ThemeName = "light",
) -> dict[str, Any]:
    """Both networks in one Plotly figure: the left above the axis, the right below, aligned by row."""
    found = services.differences.between(left, right)
    return pair_diagram(found.left_table, found.right_table, found.differences, theme=theme)


@router.post("/twin", status_code=201)
def twin(body: Repair, services: Services) -> dict[str, Any]:
    """The left with these causes repaired, kept as a new architecture."""
    return services.differences.twin(body.left, body.right, body.causes).representation()
