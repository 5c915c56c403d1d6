from __future__ import annotations

from datetime import UTC, datetime

import pytest
from jinja2 import UndefinedError

from workflow.report.rendering import moment, prose, render, seconds


@pytest.mark.parametrize(
    ("value", "text"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (48.2, "48 s"), (750, "12 min 30 s")]
)
def test_seconds(value: float, text: str) -> None:
    assert seconds(value) == text


def test_moment_is_for_people_and_programs() -> None:
    assert moment(datetime(2026, 8, 1, 15, 12, 24, tzinfo=UTC)) == (
        '<time datetime="2026-08-01T15:12:24+00:00">2026-08-01 15:12 UTC</time>'
    )


def test_what_a_template_lacks_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("index.html.j2", live=[], not_live=[])


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Call `x.eval()`.", '<p class="words">Call <code>x.eval()</code>.</p>'),
        ("Write:\na: 1\n  b: 2", '<p class="words">Write:</p><pre tabindex="0">a: 1\n  b: 2</pre>'),
        ("`<b>`\n<i>", '<p class="words"><code>&lt;b&gt;</code>\n&lt;i&gt;</p>'),
        ("A:\n</pre><b>", '<p class="words">A:</p><pre tabindex="0">&lt;/pre&gt;&lt;b&gt;</pre>'),
    ],
)
def test_code_in_a_sentence_is_code_and_all_text_is_escaped(text: str, html: str) -> None:
    assert prose(text) == html
