"""HTML, one router per word."""

from app.web.pages import (
    architectures,
    comparison,
    comparison_report,
    dataset_versions,
    datasets,
    differences,
    images,
    login,
    overview,
    reference,
    runs,
    samples,
    storage,
    train,
    workers,
)

routers = tuple(
    module.router
    for module in (
        overview,
        differences,
        architectures,
        samples,
        images,
        datasets,
        dataset_versions,
        train,
        runs,
        comparison,
        comparison_report,
        storage,
        workers,
        reference,
        login,
    )
)
