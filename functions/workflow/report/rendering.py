"""Renders HTML templates. All values are escaped: names and labels are external text."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from model_packager.duration import duration_text

if TYPE_CHECKING:
    from datetime import datetime

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


def milliseconds(value: float) -> str:
    """Format a latency with about three digits: 0.42 ms, 7.3 ms, 112 ms."""
    digits = 2 if value < 1 else 1 if value < 100 else 0
    return f"{value:,.{digits}f} ms"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(moment=moment, seconds=seconds, ms=milliseconds)
    style = (TEMPLATES / "style.css").read_text()
    environment.globals["style"] = Markup(style)  # noqa: S704  # our own file
    return environment
