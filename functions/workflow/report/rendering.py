"""Renders HTML templates. All values are escaped: names and labels are external text."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from model_packager.duration import duration_text
from model_packager.latency_statistics import has_percentiles, milliseconds
from model_packager.names.version import version_text

if TYPE_CHECKING:
    from datetime import datetime

_CODE = re.compile(r"`([^`\n]+)`")

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **content: object) -> str:
    """Render a template; an undefined name is an error."""
    return _environment().get_template(template).render(**content)


def moment(time: datetime) -> Markup:
    """Format a time for people, with its ISO form for programs."""
    return Markup('<time datetime="{}">{:%Y-%m-%d %H:%M} UTC</time>').format(time.isoformat(), time)


def seconds(value: float) -> str:
    """Format a duration: 0.4 s, 48 s, 12 min 30 s."""
    if value < 10:
        return f"{value:.1f} s"
    return duration_text(timedelta(seconds=round(value)))


def prose(text: str) -> Markup:
    """Format a cause or a fix: `code` in backticks, and lines to paste after a colon, as code."""
    sentences, colon, lines = text.partition(":\n")
    inline = _CODE.sub(r"<code>\1</code>", str(escape(sentences + colon.rstrip())))
    block = Markup('<pre tabindex="0">{}</pre>').format(lines) if lines else Markup()
    return Markup('<p class="words">{}</p>').format(Markup(inline)) + block  # noqa: S704  # escaped


def day(time: datetime) -> Markup:
    """Format the day of a time, with the whole time in a tooltip."""
    return Markup('<time datetime="{}" title="{:%Y-%m-%d %H:%M} UTC">{:%Y-%m-%d}</time>').format(
        time.isoformat(), time, time
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        moment=moment, day=day, seconds=seconds, ms=milliseconds, prose=prose, version=version_text
    )
    environment.tests["enough_for_percentiles"] = has_percentiles
    style = (TEMPLATES / "style.css").read_text()
    environment.globals["style"] = Markup(style)  # noqa: S704  # our own file
    return environment
