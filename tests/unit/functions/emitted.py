"""The log lines and metrics that functions write during a test."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workflow.step import logger

if TYPE_CHECKING:
    import pytest


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """Return the log lines of Powertools' logger, without those of its tracer."""
    records = [each for each in caplog.records if each.name == logger.name]
    return [json.loads(logger.registered_formatter.format(each)) for each in records]


def emitted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the log lines that contain a metric."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]


def values(lines: list[dict[str, Any]], metric: str, dimension: str) -> dict[str, float]:
    """Return the values of a metric by dimension."""
    return {line[dimension]: line[metric][0] for line in lines if metric in line}
