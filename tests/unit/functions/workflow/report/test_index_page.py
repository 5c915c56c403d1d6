from __future__ import annotations

import re

import pytest

from tests.report_samples import START, VERSION, model_summaries, pages, stored, summary
from workflow.report.index_page import SHOWN, index_page
from workflow.report.model_summary import ModelSummary

PAGE = pages()["index"]


def article(model: str, page: str = PAGE) -> str:
    found = [
        each for each in re.findall(r"<article.*?</article>", page, re.S) if f">{model}<" in each
    ]
    assert len(found) == 1
    return re.sub(r"\s+", " ", found[0])


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize(
    "said",
    [
        "Live version 20261125T090211Z-51c0a7d5",
        "Since 2026-11-25 12:03 UTC",
        "Median 7.4 ms",
        "Hosting 1 x ml.g4dn.xlarge",
        "Endpoint modeldrop-cat",
        "Last result failed 2026-11-25 14:03 UTC",
        "the model's top 1 is [904]",
        "6 reports",
    ],
)
def test_row_shows_live_version_result_latency_and_date(said: str) -> None:
    assert said in words(article("cat").replace("&#39;", "'"))


def test_trend_has_the_versions_that_passed() -> None:
    trend = "Median latency by version, oldest first: 14.2 ms, 11.9 ms, 12.3 ms, 9.1 ms, 7.4 ms"
    assert trend in article("cat")


def test_other_models_are_listed_separately() -> None:
    live, _, rest = PAGE.partition(">Not live<")
    assert "old-resnet" not in live
    assert "Last result: succeeded" in words(article("old-resnet", rest))
    assert "2 live, 1 not live." in words(live)


def test_links_are_relative() -> None:
    links = re.findall(r'href="([^"]+)"', article("sentiment"))
    assert set(links) == {f"_reports/sentiment/{VERSION}.html"}


def test_older_reports_are_not_linked() -> None:
    many = [stored("cat", summary(f"202611{day:02}T090211Z-51c0a7d2")) for day in range(1, 12)]
    page = index_page([ModelSummary("cat", None, None, None, tuple(many))], START)
    assert f"Newest {SHOWN} reports" in page
    assert page.count("<li>") == SHOWN
    assert page.index("20261111T") < page.index("20261110T")


def test_no_live_model() -> None:
    assert "No model is live." in index_page([], START)


def test_live_model_without_a_report() -> None:
    (cat, *_rest) = model_summaries()
    page = index_page([ModelSummary("cat", cat.live, None, None, ())], START)
    assert "Median unknown" in words(article("cat", page))
    assert "no report" in page
