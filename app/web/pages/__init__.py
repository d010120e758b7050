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
        runs,
        trying,
        comparison,
        storage,
        workers,
        reference,
        login,
    )
)
