"""The report pages in a real Chromium: phone and desktop width, light and dark scheme."""

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
    """An open page, with its messages and requests."""

    def __init__(self, browser: Browser, file: Path, width: int, scheme: str) -> None:
        context: Any = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
        self.page: Page = browser.new_context(**context).new_page()
        self.messages: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.on("dialog", lambda dialog: self.messages.append(dialog.message))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri())


@pytest.fixture(
    params=[f"{name} {width} {scheme}" for name in PAGES for width in WIDTHS for scheme in SCHEMES]
)
def opened(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    name, width, scheme = request.param.split()
    file = tmp_path / f"{name}.html"
    file.write_text(PAGES[name])
    result = Opened(browser, file, int(width), scheme)
    yield result
    result.page.context.close()


def test_page_fits_loads_nothing_and_is_accessible(opened: Opened) -> None:
    page = opened.page
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert opened.messages == []
    others = [url for url in opened.requests if not url.startswith(("file:", "data:"))]
    assert others == []
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()


def test_page_follows_the_color_scheme(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "index.html"
    file.write_text(PAGES["index"])
    backgrounds = []
    for scheme in SCHEMES:
        page = Opened(browser, file, 375, scheme).page
        backgrounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.context.close()
    light, dark = (sum(map(int, background[4:-1].split(","))) for background in backgrounds)
    assert light > 700
    assert dark < 100


def test_charts_and_picture_are_visible(browser: Browser, tmp_path: Path) -> None:
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


def test_hostile_text_is_shown_as_text(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "hostile.html"
    file.write_text(PAGES["hostile"])
    opened = Opened(browser, file, 1280, "light")
    assert opened.page.locator("script").count() == 0
    assert HOSTILE in opened.page.locator("li .label").inner_text()
    assert opened.messages == []
    opened.page.context.close()


def test_injected_script_does_not_run(browser: Browser, tmp_path: Path) -> None:
    """The page's Content Security Policy protects it if escaping ever failed."""
    file = tmp_path / "injected.html"
    script = "<script>document.title = 'injected'</script></main>"
    file.write_text(PAGES["succeeded"].replace("</main>", script))
    opened = Opened(browser, file, 1280, "light")
    assert opened.page.title() != "injected"
    assert any("Content Security Policy" in each for each in opened.messages)
    opened.page.context.close()
