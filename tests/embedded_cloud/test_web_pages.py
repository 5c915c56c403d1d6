"""Browsers get the status page from the embedded cloud, and nothing that they could misuse."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from modeldrop.local.cloud_state import EmbeddedCloud

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(params=["aws_url", "sagemaker_url"])
def url(request: pytest.FixtureRequest, embedded: EmbeddedCloud) -> str:
    found: str = getattr(embedded, request.param)
    return found


def ask(method: str, url: str, headers: dict[str, str]) -> httpx.Response:
    return httpx.request(method, url, headers=headers, trust_env=False, timeout=60)


def test_page_shows_the_model(url: str, embedded: EmbeddedCloud, double: Path) -> None:
    answer = ask("GET", f"{url}/?key={embedded.owner.page_key}", HTML)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "access-control-allow-origin" not in answer.headers
    for text in ("modeldrop-double", "InService", "SUCCEEDED", "deployment.json", "double is live"):
        assert text in answer.text
    assert "All models, failing first." in answer.text
    assert " data-page=" not in answer.text


def test_links_of_the_page_open_reports(embedded: EmbeddedCloud, double: Path) -> None:
    page = ask("GET", embedded.page_url, HTML).text
    links = re.findall(r' href="(http[^"]+_reports/double/[^"]+)"', page)
    assert links
    report = ask("GET", html.unescape(links[0]), HTML)
    assert "This version passed its smoke test" in report.text


def test_dns_rebinding_is_refused(url: str) -> None:
    answer = ask("GET", f"{url}/", {**HTML, "host": "evil.example"})

    assert answer.status_code == 403
    assert "evil.example" in answer.text


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_request_of_a_web_page_is_refused(url: str, method: str) -> None:
    page = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}

    answer = ask(method, f"{url}/some-bucket", page)

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_buckets_are_still_listed_at_the_root(embedded: EmbeddedCloud) -> None:
    names = [each["Name"] for each in embedded.session().client("s3").list_buckets()["Buckets"]]

    assert embedded.output("DropBucketName") in names


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_page_in_a_browser(embedded: EmbeddedCloud, double: Path, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"

    shown = chromium(tmp_path, "--dump-dom", embedded.page_url)
    chromium(tmp_path, "--window-size=1000,1200", f"--screenshot={picture}", embedded.page_url)

    assert "modeldrop-double" in shown
    assert picture.stat().st_size > 10_000  # bytes; a blank page has about 5,000


def chromium(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        [
            str(CHROMIUM),
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            "--no-proxy-server",
            f"--user-data-dir={folder / 'profile'}",
            *arguments,
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
