"""S3 accepts the signed URLs of reports in every Region, even with a KMS key."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from modeldrop.live.reports import URL_SECONDS, signed_url, with_links
from tests.report_samples import pages

PAGES = pages()
MODELDROP = Path(__file__).resolve().parents[4] / "modeldrop"


def url_in(region: str) -> str:
    session = boto3.Session("key", "secret", region_name=region)
    return signed_url(session, "artifacts", "_reports/resnet/1.html")


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "artifacts.s3.amazonaws.com"),
        ("eu-west-1", "artifacts.s3.eu-west-1.amazonaws.com"),
        ("eu-central-1", "artifacts.s3.eu-central-1.amazonaws.com"),
        ("us-gov-west-1", "artifacts.s3.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "artifacts.s3.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_url_is_signed_with_version_4_for_the_regional_host(region: str, host: str) -> None:
    """KMS-encrypted objects require Signature Version 4 (S3 user guide, "Specifying SSE-KMS")."""
    url = urlsplit(url_in(region))
    query = parse_qs(url.query)
    assert (url.scheme, url.netloc, url.path) == ("https", host, "/_reports/resnet/1.html")
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Credential"][0].split("/")[2:] == [region, "s3", "aws4_request"]
    assert query["X-Amz-Expires"] == [str(URL_SECONDS)]
    assert query["X-Amz-SignedHeaders"] == ["host"]


def test_one_function_presigns() -> None:
    files = [file for file in MODELDROP.rglob("*.py") if "generate_presigned" in file.read_text()]
    assert files == [MODELDROP / "live" / "reports.py"]


def test_saved_pages_get_the_links_that_a_single_page_has_not() -> None:
    """The text that the templates write matches the text that becomes links."""
    for page in (PAGES["index"], PAGES["succeeded"]):
        assert 'href="_reports' not in page
        saved = with_links(page.encode()).decode()
        assert "data-page" not in saved
        assert re.search(r'<a href="(\.\./\.\.)?/?_reports', saved)


def test_hostile_text_makes_no_link() -> None:
    page = PAGES["hostile"]
    links = page.count('<a data-page="')
    assert with_links(page.encode()).count(b' href="') == page.count(' href="') + links
