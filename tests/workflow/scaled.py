"""Finds the factor of the model that an endpoint serves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.workflow.drops import Cloud


def scaled(cloud: Cloud, model: str) -> float:
    """Return the endpoint's output for input 1."""
    body = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1.0, 1.0]}]}
    content, _ = cloud.invoke(model, json.dumps(body).encode(), "application/json")
    value: float = json.loads(content)["outputs"][0]["data"][0]
    return value
