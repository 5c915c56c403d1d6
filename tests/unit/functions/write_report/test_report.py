"""What the page of a report says."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from model_packager.stored import CaughtError
from tests.report_samples import (
    BEFORE,
    ENDING,
    EVENT,
    FAILED,
    HOSTILE,
    VERSION,
    ended,
    pages,
    report,
)
from write_report.report import report_page

PAGES = pages()


class Seen(HTMLParser):
    """The tags, attributes and words of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.text += " " if tag in ("td", "dd") else ""
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


@pytest.fixture(scope="module")
def succeeded() -> Seen:
    return Seen(PAGES["succeeded"])


@pytest.fixture(scope="module")
def failed() -> Seen:
    return Seen(PAGES["failed"])


@pytest.mark.parametrize(
    "said",
    [
        VERSION,
        "serves on modeldrop-cat",
        "Smoke Test",
        "38 times",
        "tiger cat 0.395",
        "7.4 ms",
        "INPUT__0 FP32 [3, 224, 224]",
        'platform: "pytorch_libtorch"',
        "no errors with up to 8 concurrent clients",
        "s3://modeldrop-dropbucket-1abc/vision/cat/model.pt",
        "9e107d9d372bb682",
        "CRC64NVME 1f3870be274f6c49",
        "smoke_test.max_p95_ms 25 beside the file",
        "Warning: The model's code names the device cpu.",
        "On the way, Scale Endpoint met AwsRefused: RegisterScalableTarget was refused. Ask",
        "Median latency 9.1 ms 7.4 ms -19%",
        "Golden sample",
        "The price of an hour is not known here",
        "1 x ml.g4dn.xlarge, billed for every hour",
    ],
)
def test_page_of_a_success_says(succeeded: Seen, said: str) -> None:
    assert said in succeeded.words


@pytest.mark.parametrize(
    "said",
    [
        "It did not get beyond Smoke Test.",
        "SmokeTestFailed at Smoke Test",
        "the model's best are [904]",
        "What to do: If the model is right, correct sample/expected.json",
        "Beside the version that serves",
        f"Live when this was written {BEFORE}, since",
    ],
)
def test_page_of_a_failure_says(failed: Seen, said: str) -> None:
    assert said in failed.words


def test_failure_has_neither_test_nor_load_nor_bill(failed: Seen) -> None:
    assert "Under load" not in failed.words
    assert "The test" not in failed.words
    assert "billed for every hour" not in failed.words


def test_pages_lead_to_each_other(succeeded: Seen) -> None:
    links = [value for name, value in succeeded.attributes if name == "href"]
    assert {"../../_reports.html", f"{BEFORE}.html"} <= set(links)
    console = next(each for each in links if "console" in each)
    assert console.startswith("https://eu-central-1.console.aws.amazon.com/states/home?")
    assert console.endswith(ENDING.execution_arn)


@pytest.mark.parametrize(
    ("partition", "region", "console"),
    [
        ("aws-cn", "cn-north-1", "https://cn-north-1.console.amazonaws.cn/states/"),
        (
            "aws-us-gov",
            "us-gov-west-1",
            "https://us-gov-west-1.console.amazonaws-us-gov.com/states/",
        ),
    ],
)
def test_link_leads_to_the_console_of_the_partition(
    partition: str, region: str, console: str
) -> None:
    arn = f"arn:{partition}:states:{region}:123456789012:execution:modeldrop-deploy-model:cat-1"
    page = Seen(report_page(report(ended(execution_arn=arn))))
    links = [value for name, value in page.attributes if name == "href"]
    assert [each for each in links if "console" in each] == [
        f"{console}home?region={region}#/v2/executions/details/{arn}"
    ]


def test_partition_without_a_known_console_has_no_link() -> None:
    arn = "arn:aws-iso:states:us-iso-east-1:123456789012:execution:modeldrop-deploy-model:cat-1"
    page = Seen(report_page(report(ended(execution_arn=arn))))
    assert arn in page.words
    assert not [value for name, value in page.attributes if name == "href" and arn in value]


def test_the_first_version_has_nothing_before_it() -> None:
    page = report_page(replace(report(), before=None, before_page=None))
    assert "There was none, or nothing is known of it any more." in Seen(page).words


def test_what_is_brought_back_says_so() -> None:
    restored = ended(EVENT.model_copy(update={"spec_values": ()}), restoring=True)
    words = Seen(report_page(report(restored))).words
    assert "This version was brought back, tested again, and serves" in words
    assert "are in this version's first report" in words


def test_what_could_not_be_removed_is_told() -> None:
    left = ended(FAILED, remaining=["endpoint modeldrop-cat"])
    assert "billed until it is: endpoint modeldrop-cat." in Seen(report_page(report(left))).words


def test_a_later_drop_is_no_failure_of_this_one() -> None:
    failure = CaughtError(
        state="Create Endpoint", error="SupersededDrop", cause="A later one is live."
    )
    page = report_page(report(ended(FAILED, failure=failure)))
    assert "A later drop took its place." in Seen(page).words
    assert 'class="panel bad"' not in page


@pytest.mark.parametrize("name", ["hostile", "refused", "hostile-index"])
def test_hostile_words_stay_words(name: str) -> None:
    seen = Seen(PAGES[name])
    assert "script" not in seen.tags
    assert HOSTILE in seen.text
    assert not [value for attr, value in seen.attributes if attr.startswith("on")]


@pytest.mark.parametrize("name", PAGES)
def test_page_asks_for_nothing_and_runs_nothing(name: str) -> None:
    seen = Seen(PAGES[name])
    assert not {"script", "link", "iframe", "object", "embed", "form"} & (set(seen.tags) - {"link"})
    sources = [value for attr, value in seen.attributes if attr in ("src", "srcset", "data")]
    assert all(each.startswith("data:image/jpeg;base64,") for each in sources)
    assert "url(" not in PAGES[name]
    assert "@import" not in PAGES[name]
    policy = next(value for _name, value in seen.attributes if value.startswith("default-src"))
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_has_words_and_every_table_a_caption(name: str) -> None:
    page = PAGES[name]
    assert all(
        re.search(r'(aria-label="[^"]+"|aria-hidden="true")', each)
        for each in re.findall(r"<svg[^>]*>", page)
    )
    assert all(re.search(r'alt="[^"]+"', each) for each in re.findall(r"<img[^>]*>", page))
    assert page.count("<table") == page.count("<caption")
    assert page.count("<h1>") == page.count("<main>") == 1
