"""Comparisons over REST."""

from typing import Any

from fastapi import APIRouter

from app.web.dependencies import Services

router = APIRouter(prefix="/comparisons", tags=["comparisons"])


@router.get("")
def compare(runs: str, services: Services) -> dict[str, Any]:
    """Runs side by side, the first as the baseline: ?runs=ID,ID,..."""
    ids = [run_id for run_id in runs.split(",") if run_id]
    return services.runs.compare(ids) | services.significance.of(ids)
