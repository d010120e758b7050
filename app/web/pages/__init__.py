"""HTML, one router per word."""

from app.web.pages import (
    architectures,
    comparison,
    dataset_versions,
    datasets,
    differences,
    images,
    login,
    overview,
    reference,
    run_downloads,
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
        run_downloads,
        comparison,
        storage,
        workers,
        reference,
        login,
    )
)
