"""Programs on this computer may send requests, and web pages may not."""

from __future__ import annotations

import pytest

from modeldrop.local.cross_site import rejection_reason

HERE = {"host": "127.0.0.1:4566"}
NAVIGATES = {"sec-fetch-mode": "navigate"}


@pytest.mark.parametrize(
    "host", ["127.0.0.1:4566", "localhost:4566", "[::1]:4566", "LOCALHOST", "drop.localhost:4566"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_programs_may_do_everything(host: str, method: str) -> None:
    assert rejection_reason(method, "/bucket/key", "Action=DeleteTopic", {"host": host}) is None


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "evil.example:4566", "127.0.0.1.evil.example", "localhost.evil.example",
     "notlocalhost", "127.0.0.1@evil.example", "[::1", "192.0.2.1:4566"],
)  # fmt: skip
def test_dns_rebinding_is_refused(host: str) -> None:
    assert rejection_reason("GET", "/", "", {"host": host}) is not None


@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin", "none"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_no_page_may_change_anything_not_even_one_of_ours(method: str, site: str) -> None:
    assert (
        rejection_reason(method, "/", "", {**HERE, "sec-fetch-site": site, **NAVIGATES}) is not None
    )


@pytest.mark.parametrize("site", ["cross-site", "same-origin", "none"])
def test_no_page_may_act_by_get(site: str) -> None:
    headers = {**HERE, "sec-fetch-site": site, **NAVIGATES}

    assert (
        rejection_reason("GET", "/", "Action=DeleteStack&StackName=modeldrop", headers) is not None
    )


@pytest.mark.parametrize("origin", ["null", "https://evil.example", "http://127.0.0.1:8000"])
def test_an_older_browser_is_known_by_the_origin(origin: str) -> None:
    assert rejection_reason("POST", "/", "", {**HERE, "origin": origin}) is not None
    assert rejection_reason("GET", "/bucket/key", "", {**HERE, "origin": origin}) is not None


def test_page_that_a_person_opens_is_shown() -> None:
    typed = {**HERE, "sec-fetch-site": "none", **NAVIGATES}
    clicked = {**HERE, "sec-fetch-site": "same-origin", **NAVIGATES}

    assert rejection_reason("GET", "/", "", typed) is None
    assert rejection_reason("GET", "/artifacts/report.html", "X-Amz-Signature=1", clicked) is None


def test_external_link_opens_only_the_first_page() -> None:
    link = {**HERE, "sec-fetch-site": "cross-site", **NAVIGATES}
    image = {**HERE, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}

    assert rejection_reason("GET", "/", "", link) is None
    assert rejection_reason("GET", "/bucket/key", "", link) is not None
    assert rejection_reason("GET", "/", "", image) is not None
