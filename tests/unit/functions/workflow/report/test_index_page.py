from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.report_samples import START, VERSION, model_summaries, pages, stored, summary
from workflow.report.index_page import SHOWN, index_page
from workflow.report.model_summary import ModelSummary

PAGE = pages()["index"]


def row(model: str, page: str = PAGE) -> str:
    found = [
        each for each in re.findall(r"<tr class.*?</tr>", page, re.S) if f">{model}</a>" in each
    ]
    assert len(found) == 1
    return re.sub(r"\s+", " ", found[0])


def article(model: str, page: str = PAGE) -> str:
    found = [
        each
        for each in re.findall(r"<article.*?</article>", page, re.S)
        if re.search(rf">{model}\s*<", each)
    ]
    assert len(found) == 1
    return re.sub(r"\s+", " ", found[0])


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize(
    ("model", "cells"),
    [
        (
            "cat",
            "real-time 20261125T090211Z-51c0a7d5 2026-11-25 7.4 ms 9.7 ms",
        ),
        ("cat", "1 of 6 537 USD failed 2026-11-25"),
        (
            "sentiment",
            f"real-time {VERSION} 2026-11-25 - slowest of 4: 3.4 ms - 0 of 1 537 USD succeeded",
        ),
        ("old-resnet", "real-time none - - - - 0 of 1 nothing succeeded"),
    ],
)
def test_row_shows_mode_version_latency_cost_and_result(model: str, cells: str) -> None:
    assert cells in words(row(model))


def test_failing_models_come_first_then_live_ones() -> None:
    names = re.findall(r'<th scope="row"><a href="#model-\d+" title="([^"]+)"', PAGE)
    assert names == ["cat", "sentiment", "old-resnet"]
    assert '<tr class="failing live">' in row("cat")


def test_failure_has_its_cause_and_the_reports_below() -> None:
    shown = words(article("cat").replace("&#39;", "'"))
    assert "the model's top 1 is [904]" in shown
    assert "endpoint modeldrop-cat" in shown
    assert "6 reports" in shown


def test_filter_counts_each_state_and_offers_those_that_exist() -> None:
    shown = words(PAGE)
    assert "All 3 Failing 1 Live 2 Not live 1" in shown
    assert "Asleep" not in shown
    for state in ("failing", "live", "not-live"):
        assert f"body:has(#show-{state}:checked)" in PAGE
        assert f'id="show-{state}"' in PAGE


def test_trend_has_the_versions_that_passed() -> None:
    trend = "Median latency by version, oldest first: 14.2 ms, 11.9 ms, 12.3 ms, 9.1 ms, 7.4 ms"
    assert trend in row("cat")


def test_a_model_that_sleeps_costs_nothing() -> None:
    (cat, *_rest) = model_summaries()
    assert cat.live is not None
    asleep = replace(cat, live=cat.live.model_copy(update={"asleep_since": START}))
    shown = words(row("cat", index_page([asleep], START)))
    assert "asleep" in shown
    assert "nothing" in shown


def test_price_of_a_pool_is_marked() -> None:
    (cat, *_rest) = model_summaries()
    assert cat.live is not None
    pooled = replace(cat, live=cat.live.model_copy(update={"pool": "small"}))
    assert "537 USD (pool)" in words(row("cat", index_page([pooled], START)))


def test_pages_are_named_relative_to_the_index() -> None:
    assert set(re.findall(r'data-page="([^"]+)"', row("sentiment") + article("sentiment"))) == {
        f"_reports/sentiment/{VERSION}.html"
    }


def test_older_reports_are_not_listed() -> None:
    many = [stored("cat", summary(f"202611{day:02}T090211Z-51c0a7d2")) for day in range(1, 12)]
    page = index_page([ModelSummary("cat", None, None, None, tuple(many))], START)
    assert f"Newest {SHOWN} reports" in page
    assert page.count("<li>") == SHOWN
    assert page.index("20261111T") < page.index("20261110T")


def test_no_model() -> None:
    assert "No models yet." in index_page([], START)


def test_live_model_without_a_report() -> None:
    (cat, *_rest) = model_summaries()
    page = index_page([ModelSummary("cat", cat.live, None, None, ())], START)
    assert "- - - - unknown no report" in words(row("cat", page))
