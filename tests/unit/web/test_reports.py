"""Comparisons that are kept: what the file holds, that it needs nothing, and that it outlives what it is about."""

import hashlib
import re
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.core.architectures.architecture import Style
from app.core.runs.run import Run
from app.core.storage import StorageKind
from app.services.bundle import ServiceBundle
from tests.factories.histories import run_with, told

TEXT = "The same.\n\nTo the last </script><script>alert(1)</script> bit."


@pytest.fixture
def pair(services: ServiceBundle) -> tuple[Run, Run]:
    """Sequential and functional, with equal histories."""
    database: Any = services.database
    events = list(told(epochs=3, steps_per_epoch=40))
    first = run_with(database, events, name="sequential <i>one</i>")
    return first, run_with(database, events, name="functional one", style=Style.FUNCTIONAL, beside=first)


def ids(*runs: Run) -> list[str]:
    return [run.id for run in runs]


def kept(client: TestClient, *runs: Run, **values: object) -> Any:
    answer = client.post("/api/v1/reports", json={"runs": ids(*runs), **values})
    assert answer.status_code == 201, answer.text
    report = answer.json()
    assert answer.headers["location"] == f"/api/v1/reports/{report['id']}"
    assert client.get(answer.headers["location"]).json() == report
    return report


def markup(html: str) -> str:
    """The document without the scripts and styles that it holds."""
    return re.sub(r"<(script|style)>.*?</\1>", "", html, flags=re.DOTALL)


def test_a_report_holds_everything_and_asks_for_nothing(client: TestClient, pair: tuple[Run, Run]) -> None:
    baseline = pair[1].id
    report = kept(client, *pair, title="Styles <b>", text=TEXT, x="step", baseline=baseline)
    assert (report["title"], report["text"], report["x"], report["baseline"]) == ("Styles <b>", TEXT, "step", baseline)
    assert report["runs"] == [{"id": run.id, "name": run.name} for run in pair]
    html = client.get(f"/api/v1/reports/{report['id']}/file").text
    outside = markup(html)
    assert "<h1>Styles &lt;b&gt;</h1>" in outside
    assert "To the last &lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt; bit." in outside
    assert "bit-identical through epoch 3, and all 120 losses of steps" in outside
    assert outside.count("data-figure=") == 8
    assert re.search(r"""\s(?:src|srcset|href|action|poster|data)\s*=""", outside) is None
    assert "@import" not in html.partition("<body>")[0]
    assert "<b>" not in outside
    assert "<i>" not in outside
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    assert unescape(policy[1]).startswith("default-src 'none'; script-src 'unsafe-inline';")


def test_a_report_says_whether_the_difference_is_real(client: TestClient, pair: tuple[Run, Run]) -> None:
    html = markup(client.get(f"/reports/{kept(client, *pair)['id']}/view").text)
    assert "Is the difference real?" in html
    assert "cannot be tested" in html
    alone = markup(client.get(f"/reports/{kept(client, pair[0])['id']}/view").text)
    assert "Is the difference real?" not in alone


def test_a_report_keeps_the_notes_of_its_runs_as_they_were(client: TestClient, pair: tuple[Run, Run]) -> None:
    client.patch(f"/api/v1/runs/{pair[0].id}", json={"notes": "first <img src=x>\nsecond line"})
    view = f"/reports/{kept(client, *pair)['id']}/view"
    client.patch(f"/api/v1/runs/{pair[0].id}", json={"notes": "written later"})
    html = markup(client.get(view).text)
    assert "first &lt;img src=x&gt;\nsecond line" in html
    assert "written later" not in html
    assert html.count("<h3>") == 1
    assert "Notes of the runs" not in client.get(f"/reports/{kept(client, pair[1])['id']}/view").text


def test_what_is_not_said_is_as_usual(client: TestClient, pair: tuple[Run, Run]) -> None:
    report = kept(client, *pair, runs=[*ids(*pair), pair[0].id])
    said = {name: report[name] for name in ("title", "text", "baseline", "x")}
    assert said == {"title": "2 runs side by side", "text": "", "baseline": pair[0].id, "x": "epoch"}
    assert len(report["runs"]) == 2


def test_the_file_is_downloaded_whole_in_parts_and_not_twice(client: TestClient, pair: tuple[Run, Run]) -> None:
    report = kept(client, *pair, title="Zweierlei Würfel / a")
    path = f"/api/v1/reports/{report['id']}/file"
    whole = client.get(path)
    assert len(whole.content) == report["bytes"] > 1_000_000
    assert hashlib.sha256(whole.content).hexdigest() == report["sha256"]
    assert whole.headers["etag"] == f'"{report["sha256"]}"'
    assert "attachment" in whole.headers["content-disposition"]
    assert whole.headers["content-disposition"].endswith("report.html")
    part = client.get(path, headers={"Range": "bytes=100-199", "If-Range": whole.headers["etag"]})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert client.get(path, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304


def test_a_form_makes_a_report_and_leads_to_its_page(client: TestClient, pair: tuple[Run, Run]) -> None:
    page = client.get(f"/comparison?runs={','.join(ids(*pair))}").text
    assert 'action="/reports"' in page
    sent = {"runs": ",".join(ids(*pair)), "title": " ", "text": TEXT.replace("\n", "\r\n"), "x": "time", "baseline": ""}
    answer = client.post("/reports", data=sent)
    assert answer.status_code == 303
    shown = client.get(answer.headers["location"])
    assert "<h1>2 runs side by side</h1>" in shown.text
    text = shown.text.partition('data-test="report-text">')[2].partition("</p>")[0]
    assert "<" not in text
    assert unescape(text) == TEXT
    assert f'href="/comparison?runs={",".join(ids(*pair))}&amp;baseline={pair[0].id}&amp;x=time"' in shown.text


def test_the_file_is_shown_where_nothing_of_ours_is_within_its_reach(client: TestClient, pair: tuple[Run, Run]) -> None:
    report = kept(client, *pair)
    shown = client.get(f"/reports/{report['id']}")
    frame = re.search(r"<iframe [^>]*>", shown.text)
    assert frame is not None
    assert f'src="/reports/{report["id"]}/view"' in frame[0]
    assert 'sandbox="allow-scripts"' in frame[0]
    assert shown.headers["content-security-policy"].endswith("; frame-src 'self'")
    assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
    assert "script-src 'self';" in shown.headers["content-security-policy"]
    view = client.get(f"/reports/{report['id']}/view")
    assert view.headers["content-type"] == "text/html; charset=utf-8"
    assert hashlib.sha256(view.content).hexdigest() == report["sha256"]
    directives = {part.split()[0]: part.split()[1:] for part in view.headers["content-security-policy"].split(";")}
    assert directives["sandbox"] == ["allow-scripts"]
    assert directives["default-src"] == ["'none'"]
    assert directives["frame-ancestors"] == ["'self'"]
    assert "connect-src" not in directives
    assert view.headers["x-frame-options"] == "SAMEORIGIN"
    assert view.headers["cross-origin-opener-policy"] == "unsafe-none"
    assert view.headers["x-content-type-options"] == "nosniff"
    assert client.get("/reports").headers["x-frame-options"] == "DENY"
    assert "frame-src" not in client.get("/reports").headers["content-security-policy"]


def test_a_report_outlives_its_runs_and_keeps_their_names(
    client: TestClient, services: ServiceBundle, pair: tuple[Run, Run]
) -> None:
    first, second = pair
    report = kept(client, *pair, title="kept")
    before = client.get(f"/api/v1/reports/{report['id']}/file").content
    client.patch(f"/api/v1/runs/{second.id}", json={"name": "another name"})
    assert client.delete(f"/api/v1/runs/{first.id}").status_code == 204
    services.storage.let_go(StorageKind.REPORTS)
    assert client.get(f"/api/v1/reports/{report['id']}").json() == report
    assert client.get(f"/api/v1/reports/{report['id']}/file").content == before
    page = client.get(f"/reports/{report['id']}").text
    assert "functional one" in page
    assert "now called another name" in page
    assert page.count("deleted since") == 1
    assert f'href="/comparison?runs={second.id}"' in page
    client.delete(f"/api/v1/runs/{second.id}")
    gone = client.get(f"/reports/{report['id']}").text
    assert gone.count("deleted since") == 2
    assert 'href="/comparison?runs' not in gone


def test_reports_are_listed_newest_first_in_pages(client: TestClient, pair: tuple[Run, Run]) -> None:
    assert "No report yet" in client.get("/reports").text
    made = [kept(client, pair[0], title=f"<u>{number}</u>")["id"] for number in range(3)]
    found = client.get("/api/v1/reports", params={"limit": 2}).json()
    rest = client.get("/api/v1/reports", params={"limit": 2, "cursor": found["next"]}).json()
    assert [report["id"] for report in [*found["items"], *rest["items"]]] == made[::-1]
    assert rest["next"] is None
    page = client.get("/reports").text
    assert "&lt;u&gt;2&lt;/u&gt;" in page
    assert "<u>" not in page
    assert page.index(made[2]) < page.index(made[0])


@pytest.mark.parametrize("way", ["api", "form"])
def test_a_deleted_report_takes_its_file_along(
    client: TestClient, services: ServiceBundle, pair: tuple[Run, Run], way: str
) -> None:
    report, other = kept(client, pair[0]), kept(client, pair[1])
    if way == "api":
        assert client.delete(f"/api/v1/reports/{report['id']}").status_code == 204
    else:
        assert client.post(f"/reports/{report['id']}/deletion").headers["location"] == "/reports"
    for path in ("/api/v1/reports/{}", "/api/v1/reports/{}/file", "/reports/{}", "/reports/{}/view"):
        assert client.get(path.format(report["id"])).status_code == 404
        assert client.get(path.format(other["id"])).status_code == 200
    assert [blob.key for blob in services.blobs.list("reports/")] == [f"reports/{other['id']}.html"]
    assert client.delete(f"/api/v1/reports/{report['id']}").status_code == 404


def test_a_file_that_is_lost_is_told(client: TestClient, services: ServiceBundle, pair: tuple[Run, Run]) -> None:
    report = kept(client, pair[0])
    services.blobs.delete(f"reports/{report['id']}.html")
    assert client.get(f"/reports/{report['id']}").status_code == 200
    assert client.get(f"/reports/{report['id']}/view").status_code == 404


@pytest.mark.parametrize(
    ("values", "status", "field"),
    [
        ({"runs": []}, 422, "runs"),
        ({"runs": ["gone"]}, 404, None),
        ({"runs": ["nul\0"]}, 422, "runs.0"),
        ({"text": "x" * 20_001}, 422, "text"),
        ({"title": "x" * 201}, 422, "title"),
        ({"title": "two\nlines"}, 422, "title"),
        ({"baseline": "another"}, 422, "baseline"),
        ({"x": "moon"}, 422, "x"),
        ({"colour": "red"}, 422, "colour"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(
    client: TestClient,
    services: ServiceBundle,
    pair: tuple[Run, Run],
    values: dict[str, object],
    status: int,
    field: str,
) -> None:
    answer = client.post("/api/v1/reports", json={"runs": ids(*pair), **values})
    assert answer.status_code == status
    problem = answer.json()
    assert problem["detail"]
    if field is not None:
        assert problem["errors"][0]["field"] == field
    form = {name: ",".join(value) if isinstance(value, list) else value for name, value in values.items()}
    if "colour" not in values:
        assert client.post("/reports", data={"runs": pair[0].id, **form}).status_code == status  # type: ignore[arg-type]
    assert client.get("/api/v1/reports").json()["items"] == []
    assert list(services.blobs.list("reports/")) == []
