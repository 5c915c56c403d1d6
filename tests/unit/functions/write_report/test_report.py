"""The content of a report's page."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from model_packager.client_code.languages import Language
from model_packager.error_message import Remedy, joined
from model_packager.stored import CaughtError, PoolChange
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
from workflow.contracts.deploy_model import WriteReportInput
from write_report.report import report_page

PAGES = pages()


class ParsedPage(HTMLParser):
    """The tags, attributes and text of a page."""

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
    def visible_text(self) -> str:
        return " ".join(self.text.split())


@pytest.fixture(scope="module")
def succeeded() -> ParsedPage:
    return ParsedPage(PAGES["succeeded"])


@pytest.fixture(scope="module")
def failed() -> ParsedPage:
    return ParsedPage(PAGES["failed"])


@pytest.mark.parametrize(
    "text",
    [
        VERSION,
        "is live on modeldrop-cat",
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
        "smoke_test.max_p95_ms 25 next to the file",
        "Warning: The model's code names the device cpu.",
        "Recovered error at Scale Endpoint: AwsRefused: AWS refused RegisterScalableTarget. Add",
        "Median latency 9.1 ms 7.4 ms -19%",
        "Golden sample",
        "Live Yes, since 2026-11-25 12:03 UTC",
        "Checks 7 checks passed, with a golden sample",
        "Latency Median 7.4 ms, 95th percentile 9.9 ms 99 requests",
        "At most 403 requests per second (8 clients)",
        "Cost 537 USD per month, 0.736 USD per hour 1 x ml.g4dn.xlarge",
        "Call it modeldrop invoke cat",
    ],
)
def test_page_of_a_success(succeeded: ParsedPage, text: str) -> None:
    assert text in succeeded.visible_text


@pytest.mark.parametrize(
    "text",
    [
        "This version failed its smoke test.",
        "SmokeTestFailed at Smoke Test",
        "the model's top 1 is [904]",
        "Fix If the model is right, correct sample/expected.json",
        "Compared with the live version",
        f"Live Not this version {BEFORE} is live, since",
        "Checks Failed: the golden sample",
    ],
)
def test_page_of_a_failure(failed: ParsedPage, text: str) -> None:
    assert text in failed.visible_text


def test_only_a_live_version_has_client_code(succeeded: ParsedPage, failed: ParsedPage) -> None:
    for language in Language:
        assert f"\n{language}\n" in f"\n{succeeded.text}\n"
    assert "def predict(input_0):" in succeeded.text
    assert "Client code" not in failed.text


def test_failure_has_no_smoke_test_load_or_cost(failed: ParsedPage) -> None:
    assert "Under load" not in failed.visible_text
    assert "Golden sample" not in failed.visible_text
    assert "per month" not in failed.visible_text


def test_pages_are_named_and_the_execution_is_linked(succeeded: ParsedPage) -> None:
    pages = [value for name, value in succeeded.attributes if name == "data-page"]
    assert {"../../_reports.html", f"{BEFORE}.html"} <= set(pages)
    links = [value for name, value in succeeded.attributes if name == "href"]
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
def test_console_depends_on_the_partition(partition: str, region: str, console: str) -> None:
    arn = f"arn:{partition}:states:{region}:123456789012:execution:modeldrop-deploy-model:cat-1"
    page = ParsedPage(report_page(report(ended(execution_arn=arn))))
    links = [value for name, value in page.attributes if name == "href"]
    assert [each for each in links if "console" in each] == [
        f"{console}home?region={region}#/v2/executions/details/{arn}"
    ]


def test_partition_without_a_known_console_has_no_link() -> None:
    arn = "arn:aws-iso:states:us-iso-east-1:123456789012:execution:modeldrop-deploy-model:cat-1"
    page = ParsedPage(report_page(report(ended(execution_arn=arn))))
    assert arn in page.visible_text
    assert not [value for name, value in page.attributes if name == "href" and arn in value]


def test_original_messages_are_folded() -> None:
    text = joined("It crashed.", "Run it.", "Signal (11) <b>", Remedy.RUN_MODEL)
    failed = EVENT.ending.model_copy(
        update={"failure": CaughtError(state="Check Endpoint", error="EndpointFailed", cause=text)}
    )
    page = report_page(report(EVENT.model_copy(update={"ending": failed})))
    folded = page.partition("Original messages of SageMaker and the container</summary>")[2]
    assert folded.partition("</details>")[0].split() == (
        ["<pre", 'tabindex="0">Signal', "(11)", "&lt;b&gt;</pre>"]
    )
    assert "Evidence" not in page
    assert "Remedy" not in page


def test_failure_marks_the_one_check_that_failed(failed: ParsedPage) -> None:
    checks = re.findall(r"<li( class=\"failed\")?>([^<]+)", PAGES["failed"])
    assert [(bool(mark), name.strip()) for mark, name in checks] == [
        (False, "names, dtypes, shapes and values of all outputs"),
        (False, "repeated requests get the same output"),
        (True, "the golden sample"),
    ]
    assert "Passed check" not in failed.visible_text


def test_failure_of_another_state_marks_that_state() -> None:
    assert '<li class="failed">Inspect Model ' in PAGES["rejected"]


def test_code_in_a_fix_is_code() -> None:
    fix = "Set `max_batch_size` in deploy.yaml:\nmax_batch_size: 4\ninputs:\n  - {name: x}"
    failure = CaughtError(state="Inspect Model", error="ModelRejected", cause=f"No.\nFix: {fix}")
    page = report_page(report(ended(FAILED, failure=failure)))
    assert "Set <code>max_batch_size</code> in deploy.yaml:</p>" in page
    assert '<pre tabindex="0">max_batch_size: 4\ninputs:\n  - {name: x}</pre>' in page


def test_a_few_requests_are_dots_without_percentiles() -> None:
    parsed = ParsedPage(PAGES["few-requests"])
    assert "Latency Slowest of 4: 14.6 ms" in parsed.visible_text
    assert "random data only: no golden sample" in parsed.visible_text
    assert PAGES["few-requests"].count('class="dot"') == 4
    assert 'class="bin"' not in PAGES["few-requests"]
    assert "Latency median 9.1 ms slowest of 4: 14.6 ms too few requests" in parsed.visible_text


def test_pipeline_is_folded() -> None:
    assert PAGES["succeeded"].index("<summary>11 states in") < PAGES["succeeded"].index("38 times")


def test_first_version_has_no_previous_version() -> None:
    page = report_page(replace(report(), before=None, before_page=None))
    assert "No previous version." in ParsedPage(page).visible_text


def test_restored_version() -> None:
    restored = ended(EVENT.model_copy(update={"spec_values": ()}), restoring=True)
    visible_text = ParsedPage(report_page(report(restored))).visible_text
    assert "This version was restored, passed its smoke test and is live on" in visible_text
    assert "is in this version's first report" in visible_text


def test_remaining_resources_are_listed() -> None:
    leftover = ended(FAILED, remaining=["endpoint modeldrop-cat"])
    assert (
        "Not deleted: endpoint modeldrop-cat."
        in ParsedPage(report_page(report(leftover))).visible_text
    )


def test_superseded_drop_is_not_a_failure() -> None:
    failure = CaughtError(
        state="Create Endpoint", error="SupersededDrop", cause="A later one is live."
    )
    page = report_page(report(ended(FAILED, failure=failure)))
    assert "A later drop superseded this version." in ParsedPage(page).visible_text
    assert 'class="panel bad"' not in page


@pytest.mark.parametrize(
    ("sample", "remaining", "text"),
    [
        (EVENT, [], "The pool's endpoint changed from 1 x old to 2 x new."),
        (FAILED, [], "The drop requested 2 x new for the pool's endpoint, which keeps 1 x old."),
        (FAILED, ["config"], "requested 2 x new for the pool's endpoint instead of 1 x old."),
    ],
)
def test_change_of_the_pool(sample: WriteReportInput, remaining: list[str], text: str) -> None:
    change = PoolChange(before="1 x old", after="2 x new", contradicted_by=())
    ending = sample.ending.model_copy(update={"pool_change": change, "remaining": remaining})
    page = report_page(report(sample.model_copy(update={"ending": ending})))
    assert text in ParsedPage(page).visible_text


def test_shadow_test_has_both_versions_side_by_side() -> None:
    text = ParsedPage(PAGES["shadow"]).visible_text
    assert "This version failed its shadow test." in text
    assert f"1,402 of 1,864 compared responses agree with those of the live version, {BEFORE}" in (
        text
    )
    assert "2 hours, copies of 20% of the requests; more were captured than are compared" in text
    assert "Failed 3 1" in text
    assert "Model latency median 17.2 ms, p95 31.5 ms mean of 37: 22.4 ms" in text
    assert "Examples of different responses: OUTPUT__0: 7 of 1,000 values differ" in text
    assert "Shadow test" not in ParsedPage(PAGES["succeeded"]).visible_text


@pytest.mark.parametrize("name", ["hostile", "rejected", "hostile-index", "shadow"])
def test_hostile_text_is_escaped(name: str) -> None:
    parsed = ParsedPage(PAGES[name])
    assert "script" not in parsed.tags
    assert HOSTILE in parsed.text
    assert not [value for attr, value in parsed.attributes if attr.startswith("on")]


@pytest.mark.parametrize("name", PAGES)
def test_page_loads_and_runs_nothing(name: str) -> None:
    parsed = ParsedPage(PAGES[name])
    assert not {"script", "iframe", "object", "embed", "form"} & set(parsed.tags)
    sources = [value for attr, value in parsed.attributes if attr in ("src", "srcset", "data")]
    assert all(each.startswith("data:image/jpeg;base64,") for each in sources)
    assert "url(" not in PAGES[name]
    assert "@import" not in PAGES[name]
    policy = next(value for _name, value in parsed.attributes if value.startswith("default-src"))
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")


@pytest.mark.parametrize("name", PAGES)
def test_every_image_has_a_label_and_every_table_a_caption(name: str) -> None:
    page = PAGES[name]
    assert all(
        re.search(r'(aria-label="[^"]+"|aria-hidden="true")', each)
        for each in re.findall(r"<svg[^>]*>", page)
    )
    assert all(re.search(r'alt="[^"]+"', each) for each in re.findall(r"<img[^>]*>", page))
    assert page.count("<table") == page.count("<caption")
    assert page.count("<h1>") == page.count("<main>") == 1
