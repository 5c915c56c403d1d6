"""The metrics that a test's functions have written into their log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest


def emitted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]


def values(lines: list[dict[str, Any]], metric: str, dimension: str) -> dict[str, float]:
    """A metric's value by its dimension."""
    return {line[dimension]: line[metric][0] for line in lines if metric in line}
