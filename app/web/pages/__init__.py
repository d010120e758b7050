"""HTML, one router per word."""

from app.web.pages import (
    architectures,
    comparison,
    dataset_versions,
    datasets,
    differences,
    disagreements,
    images,
    login,
    overview,
    predicted,
    reference,
    reports,
    run_downloads,
    runs,
    samples,
    storage,
    train,
    trying,
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
        predicted,
        runs,
        trying,
        run_downloads,
        comparison,
        disagreements,
        reports,
        storage,
        workers,
        reference,
        login,
    )
)
