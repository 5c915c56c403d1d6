"""What a test's functions have written into their log: lines, and metrics."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workflow.step import logger

if TYPE_CHECKING:
    import pytest


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """Lines as Powertools writes them; its tracer tells of errors, too, and is left out."""
    ours = [each for each in caplog.records if each.name == logger.name]
    return [json.loads(logger.registered_formatter.format(each)) for each in ours]


def emitted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Lines with a metric."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]


def values(lines: list[dict[str, Any]], metric: str, dimension: str) -> dict[str, float]:
    """A metric's value by its dimension."""
    return {line[dimension]: line[metric][0] for line in lines if metric in line}
