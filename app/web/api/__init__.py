"""JSON over HTTP, one router per word."""

from fastapi import APIRouter

from app.web.api import (
    architectures,
    catalogue,
    comparisons,
    datasets,
    differences,
    editing,
    evaluations,
    events,
    figures,
    images,
    predictions,
    reports,
    run_files,
    runs,
    samples,
    storage,
    training_plans,
    workers,
)

api_router = APIRouter(prefix="/api/v1")
for _module in (
    differences,
    editing,
    catalogue,
    architectures,
    samples,
    images,
    datasets,
    predictions,
    runs,
    evaluations,
    run_files,
    events,
    comparisons,
    reports,
    figures,
    training_plans,
    storage,
    workers,
):
    api_router.include_router(_module.router)
