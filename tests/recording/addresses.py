"""Where the REST API tells what the scenario has left, without asking another process."""


def of(ids: dict[str, str]) -> list[str]:
    """Paths below `/api/v1`."""
    runs = [ids[name] for name in ("finished", "stopped", "failed", "running", "queued", "held", "first in the queue")]
    finished, dataset = ids["finished"], ids["dataset"]
    return [
        "/architectures",
        f"/architectures/{ids['architecture']}",
        "/datasets",
        *(f"/datasets/{ids[name]}" for name in ("dataset", "checking", "rendering")),
        *(f"/datasets/{dataset}/{what}" for what in ("files", "layout", "versions", "images")),
        "/runs",
        "/runs?state=queued",
        "/runs?group=a+group",
        *(f"/runs/{run}{what}" for run in runs for what in ("", "/events", "/metrics", "/artifacts", "/exports")),
        f"/runs/{finished}/metrics?names=loss&x=step",
        f"/comparisons?runs={finished},{ids['stopped']}",
        "/reports",
        f"/reports/{ids['report']}",
        "/workers",
        "/queue",
    ]
