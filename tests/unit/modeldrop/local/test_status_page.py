"""The page has all parts, and external text is never markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

from modeldrop.executions.published import Published
from modeldrop.local.access.credentials import random_credentials
from modeldrop.local.cloud_state import EmbeddedCloud, Settings
from modeldrop.local.inbox import Received
from modeldrop.local.process import ProcessIdentity
from modeldrop.local.snapshot import Deployment, HostedEndpoint, Server, Snapshot
from modeldrop.local.status_page import render

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\"'&"


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]


def seen(
    hosted: tuple[HostedEndpoint, ...] = (),
    deployments: tuple[Deployment, ...] = (),
    text: str = "x",
) -> Snapshot:
    process = ProcessIdentity(pid=7, started="boot:1")
    cloud = EmbeddedCloud(
        home=Path("/home/me") / text.replace("/", "|"),
        started=NOW - timedelta(minutes=5, seconds=2),
        aws_url="http://127.0.0.1:4001",
        sagemaker_url="http://127.0.0.1:4002",
        ministack=process,
        sagemaker=process,
        settings=Settings(),
        owner=random_credentials(),
        sources="digest",
        outputs={"DropBucketName": text},
    )
    server = Server(text, "http://127.0.0.1:4001", 7, 190_000_000, text)
    return Snapshot(cloud, (server,), hosted, deployments)


def hosted(text: str = "resnet", failure: str | None = None) -> HostedEndpoint:
    server = Server(text, "unix:/home/.0", 8, 600_000_000, text)
    files = ((text, f"http://127.0.0.1:4001/b/k?a=1&b={text}"),)
    return HostedEndpoint(
        text, text, text, "InService", failure, NOW - timedelta(hours=2), (server,), files
    )


def deployment(text: str = "resnet") -> Deployment:
    return Deployment(text, "RUNNING", NOW - timedelta(seconds=30), None, text)


def test_page_of_an_empty_cloud() -> None:
    page = render(seen(), NOW)

    assert "up for 5 min 2 s" in page
    assert "No notifications yet." in page
    assert "No model is deployed yet." in page
    assert "No deployments yet." in page
    assert "190 MB" in page


def test_models_and_deployments_are_shown() -> None:
    page = render(seen((hosted(),), (deployment(),)), NOW)

    assert '<span class="good">InService</span>' in page
    assert "pid 8, 600 MB" in page
    assert "2 h ago" in page
    assert '<span class="soft">RUNNING</span>' in page
    assert Tags(page).links == ["http://127.0.0.1:4001/b/k?a=1&b=resnet"]


INDEX = (
    "<html><head><title>Models</title></head><body><main><table></table></main>"
    "<footer>Written</footer></body></html>"
)


def received(text: str = "resnet") -> Received:
    return Received(NOW - timedelta(minutes=3), text, Published(text, f"{text} is live", {}))


def test_page_is_the_table_of_all_models_with_the_inbox() -> None:
    page = render(seen((hosted(),), (deployment(),)), NOW, INDEX, [received()])
    order = [
        "<title>Models",
        "Running now",
        "<table></table>",
        "Inbox",
        "resnet is live",
        "Written",
    ]
    places = [page.index(each) for each in order]
    assert places == sorted(places)
    assert "3 min ago" in page
    assert page.count("<main>") == page.count("</main>") == page.count("<html>") == 1


def test_model_that_is_deployed_for_the_first_time_is_in_the_table() -> None:
    table = INDEX.replace(
        "<table></table>", '<table><tbody><tr><th><a title="resnet">resnet</a></th></tr></table>'
    )
    page = render(seen((), (deployment(), deployment("fox & dog"))), NOW, table)
    rows = page.partition("<table><tbody>")[2].partition("</table>")[0]
    assert rows.count("<tr") == 2
    assert '<tr class="starting"><th scope="row">fox &amp; dog</th>' in rows
    assert "starting</span> for 30 s" in rows
    ended = replace(deployment("fox"), ended=NOW)
    assert "starting" not in render(seen((), (ended,)), NOW, table)


def test_inbox_is_text() -> None:
    page = render(seen(), NOW, INDEX, [received(HOSTILE)])
    assert "<script" not in page
    assert Tags(page).names == Tags(render(seen(), NOW, INDEX, [received()])).names


def test_external_text_is_escaped() -> None:
    page = render(seen((hosted(HOSTILE, HOSTILE),), (deployment(HOSTILE),), HOSTILE), NOW)
    plain = render(seen((hosted("a", "a"),), (deployment("a"),), "a"), NOW)

    assert "<script" not in page
    assert Tags(page).names == Tags(plain).names
    assert Tags(page).attributes == Tags(plain).attributes
