"""The pages of the report in a real Chromium: on phone and desk, in light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.chromium import chromium, needs_chromium
from tests.report_samples import HOSTILE, pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = needs_chromium

PAGES = pages()
WIDTHS = (375, 1280)
SCHEMES = ("light", "dark")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


class Opened:
    """A page in a window, and what it has said and asked for since."""

    def __init__(self, browser: Browser, file: Path, width: int, scheme: str) -> None:
        context: Any = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
        self.page: Page = browser.new_context(**context).new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: self.said.append(dialog.message))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(file.as_uri())


@pytest.fixture(
    params=[f"{name} {width} {scheme}" for name in PAGES for width in WIDTHS for scheme in SCHEMES]
)
def opened(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    name, width, scheme = request.param.split()
    file = tmp_path / f"{name}.html"
    file.write_text(PAGES[name])
    found = Opened(browser, file, int(width), scheme)
    yield found
    found.page.context.close()


def test_page_fits_is_silent_alone_and_accessible(opened: Opened) -> None:
    page = opened.page
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert opened.said == []
    others = [url for url in opened.asked if not url.startswith(("file:", "data:"))]
    assert others == []
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_scheme_is_followed(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "index.html"
    file.write_text(PAGES["index"])
    papers = []
    for scheme in SCHEMES:
        page = Opened(browser, file, 375, scheme).page
        papers.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.context.close()
    light, dark = (sum(map(int, paper[4:-1].split(","))) for paper in papers)
    assert light > 700
    assert dark < 100


def test_charts_and_picture_are_there_to_see(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(PAGES["succeeded"])
    page = Opened(browser, file, 375, "light").page
    assert page.evaluate("document.querySelector('figure img').naturalWidth") > 100
    for chart in page.locator("svg.chart").all():
        box = chart.bounding_box()
        assert box is not None
        assert box["width"] > 300
        assert box["height"] > 140
    bars = page.locator("svg.bars rect")
    assert bars.count() >= 11
    assert page.evaluate("getComputedStyle(document.querySelector('.bars rect')).fill") != "none"
    page.context.close()


def test_hostile_words_are_shown_and_not_run(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "hostile.html"
    file.write_text(PAGES["hostile"])
    opened = Opened(browser, file, 1280, "light")
    assert opened.page.locator("script").count() == 0
    assert HOSTILE in opened.page.locator("li .label").inner_text()
    assert opened.said == []
    opened.page.context.close()


def test_a_script_would_not_run_either(browser: Browser, tmp_path: Path) -> None:
    """The policy of the page holds where escaping ever failed."""
    file = tmp_path / "pierced.html"
    pierced = "<script>document.title = 'pierced'</script></main>"
    file.write_text(PAGES["succeeded"].replace("</main>", pierced))
    opened = Opened(browser, file, 1280, "light")
    assert opened.page.title() != "pierced"
    assert any("Content Security Policy" in each for each in opened.said)
    opened.page.context.close()
