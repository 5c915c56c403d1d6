"""The report pages in a real Chromium, in phone and desktop width, light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.chromium import chromium, needs_chromium
from tests.report_samples import HOSTILE, pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = needs_chromium

PAGES = pages()
WIDTHS = (360, 1280)
SCHEMES = ("light", "dark")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


class Opened:
    """An open page, with its console messages and requests."""

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
    page.locator("summary", has_text="states in").click()
    bars = page.locator("svg.bars rect")
    assert bars.count() >= 11
    assert page.evaluate("getComputedStyle(document.querySelector('.bars rect')).fill") != "none"
    page.context.close()


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Callable[[str, int], Page]]:
    opened: list[Opened] = []

    def show(name: str, width: int) -> Page:
        file = tmp_path / f"{name}.html"
        file.write_text(PAGES[name])
        opened.append(Opened(browser, file, width, "light"))
        return opened[-1].page

    yield show
    for each in opened:
        each.page.context.close()


def bottom(page: Page, selector: str) -> float:
    box = page.locator(selector).last.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


@pytest.mark.parametrize("width", WIDTHS)
def test_first_screen_answers_all_questions(show: Callable[[str, int], Page], width: int) -> None:
    page = show("succeeded", width)
    assert page.locator(".answers dt").all_inner_texts() == [
        *("Live", "Checks", "Latency", "Cost", "Call it", "Version"),
    ]
    assert bottom(page, ".answers") < 850  # the height of a phone


def test_thirty_models_are_on_one_screen(show: Callable[[str, int], Page]) -> None:
    page = show("thirty-models", 1280)
    assert page.locator("tbody tr").count() == 30
    assert bottom(page, "tbody tr") < 800


@pytest.mark.parametrize("name", ["succeeded", "failed", "index", "thirty-models"])
def test_no_text_is_cut_off_on_a_phone(show: Callable[[str, int], Page], name: str) -> None:
    """Wide tables scroll; all other content fits into the page."""
    page = show(name, 360)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    beyond = page.evaluate(
        """[...document.querySelectorAll('main *, header *')]
        .filter(each => !each.closest('.scroll, pre, svg, legend, thead'))
        .filter(each => each.getBoundingClientRect().right > innerWidth)
        .map(each => each.outerHTML.slice(0, 80))"""
    )
    assert beyond == []


def test_filter_needs_no_script(show: Callable[[str, int], Page]) -> None:
    page = show("thirty-models", 1280)
    page.get_by_label("Failing 5").check()
    assert [each.is_visible() for each in page.locator("tbody tr").all()].count(True) == 5
    page.get_by_label("All 30").check()
    assert page.locator("tbody tr").last.is_visible()


def test_hostile_text_is_shown_as_text(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "hostile.html"
    file.write_text(PAGES["hostile"])
    opened = Opened(browser, file, 1280, "light")
    assert opened.page.locator("script").count() == 0
    assert HOSTILE in opened.page.locator("li .label").inner_text()
    assert opened.messages == []
    opened.page.context.close()


def test_injected_script_does_not_run(browser: Browser, tmp_path: Path) -> None:
    """The page's Content Security Policy protects it, even if escaping fails."""
    file = tmp_path / "injected.html"
    script = "<script>document.title = 'injected'</script></main>"
    file.write_text(PAGES["succeeded"].replace("</main>", script))
    opened = Opened(browser, file, 1280, "light")
    assert opened.page.title() != "injected"
    assert any("Content Security Policy" in each for each in opened.messages)
    opened.page.context.close()
